#!/usr/bin/env python3
"""Solutions of linear fractional equations with a forcing, by the inverse Laplace transform in 40 digits, twice: Talbot's and de
Hoog's method must agree to 20. With Y(s) = (sum of what the initial values bring + F(s)) / (sum of c_i s^alpha_i + c_0).

bagley_torvik: y'' + D^(3/2)/2 y + y/2 = 8 for t < 1, 0 after that; y(0) = y'(0) = 0
oscillation:   D^1.8 y + 0.4 D^0.6 y + 2^1.8 y = 0.5 sin(3 t + 0.25); y(0) = 1, y'(0) = -0.5
Writes driven_equations.json."""
import json
from mpmath import mp, mpf, cos, exp, invertlaplace, sin

mp.dps = 40


def plate_step(s):
    return 8 / s / (s**2 + s**1.5 / 2 + mpf(1) / 2)


def value(transform, t):
    a = invertlaplace(transform, t, method='talbot', degree=80)
    b = invertlaplace(transform, t, method='dehoog', degree=80)
    assert abs(a - b) < mpf(10)**-20 * max(1, abs(a)), (t, a, b)
    return a


def plate(t):
    return value(plate_step, t) - (value(plate_step, t - 1) if t > 1 else 0)


def oscillation(t):
    alpha, beta, c, stiffness = mpf('1.8'), mpf('0.6'), mpf('0.4'), mpf(2)**mpf('1.8')
    y0, y1, omega, phase = 1, mpf('-0.5'), 3, mpf('0.25')

    def transform(s):
        force = mpf('0.5') * (s * sin(phase) + omega * cos(phase)) / (s**2 + omega**2)
        start = y0 * s**(alpha - 1) + y1 * s**(alpha - 2) + c * y0 * s**(beta - 1)
        return (force + start) / (s**alpha + c * s**beta + stiffness)

    return value(transform, t)


text = lambda x: mp.nstr(x, 25)
json.dump({'about': __doc__,
           'bagley_torvik': {str(t): text(plate(mpf(t))) for t in (0.5, 1, 2, 5, 10)},
           'oscillation': {str(t): text(oscillation(mpf(t))) for t in (0.5, 1, 2, 5)}},
          open('driven_equations.json', 'w'), indent=1)
