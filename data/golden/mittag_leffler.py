#!/usr/bin/env python3
"""Golden values of d^k/dz^k E^gamma_{alpha,beta}(z); writes mittag_leffler.json beside itself.

All parameters are exactly the doubles printed (hexadecimal). With mpmath, by three formulas that share nothing but the
definition:
  series      the power series, with as many digits more as it cancels (small z^(1/alpha));
  contour     the inverse Laplace transform by the trapezoidal rule along a parabola around all its singularities;
  asymptotic  algebraic and exponential series about the origin and the branches, above |z|^(1/alpha) = 130.
Every fourth value is computed by two of them where two apply, which must agree in 22 digits of max(|E|, |z E'|). A row is
[alpha, beta, gamma, k, re z, im z, re E, im E, |z E'|], E with 22 digits, 1e400 for what is above and 0 for what is below
1e-400.
"""
import json
import math
import pathlib
import random
import sys
import time

import mpmath
from mpmath import mp, mpf, mpc

TINY, NEAR = 2.0**-52, 2.0**-40
ALPHAS = [1e-3, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-6, 1 - NEAR, 1 - TINY, 1.0, 1 + TINY, 1 + 1e-6, 1.01, 1.2, 1.5, 1.8,
          1.99, 2 - 1e-9, 2.0, 2.01, 2.5, 3.0, 3.7, 5.0, 8.0]


def branches(alpha, z):
    """Those of z^(1/alpha) with |arg| < pi, as logarithms."""
    logs = [(mpmath.log(z) + 2j * mp.pi * n) / alpha for n in range(-int(alpha / 2) - 2, int(alpha / 2) + 3)]
    return [l for l in logs if abs(l.imag) < mp.pi * (1 - mpf(10) ** (-mp.dps + 5))]


def series(alpha, beta, order, z, digits, most_terms=2500):
    radius = abs(z) ** (1 / alpha) if abs(mpmath.log(abs(z))) < 12 * alpha else (mpf(0) if abs(z) < 1 else mpf(10) ** 9)
    length = min((3.0 * radius + 160 + order) / alpha, 250 / -math.log(abs(z)) if abs(z) < 0.98 else 1e9)
    if length > most_terms:
        return None
    with mp.workdps(digits + 15 + int(min(radius, 100) + radius * 0.44) + int(max(0, -beta))):
        total, factor, j, most = mpf(0), mpf(1), 0, mpf(0)
        while True:
            term = factor * mpmath.rgamma(alpha * j + beta)
            total += term
            most = max(most, abs(term))
            if j > 3 and alpha * j + beta > 2 and j > length / 3 and abs(term) < most * mpf(10) ** (-mp.dps):
                return total
            factor *= z * (order + j) / (j + 1)
            j += 1


def contour(alpha, beta, order, z, digits):
    poles = [mpmath.exp(l) for l in branches(alpha, z)] if abs(mpmath.log(abs(z))) < 8 * alpha or abs(z) < 1 else None
    if poles is None or any(abs(p) > 150 for p in poles):
        return None
    mu = max([mpf(8), beta] + [3 * mpmath.re(mpmath.sqrt(p)) ** 2 for p in poles])
    with mp.workdps(int(digits + 15 + mu * 0.87 + abs(order * mpmath.log10(1 + abs(z))) + abs(beta))):
        reach = mp.dps * mpmath.log(10)
        h = mp.pi * mpf("0.8") / reach
        total, k = mpf(0), 0
        z, step = mpmath.mpmathify(z), 0
        while True:
            u = k * h
            s = mu * mpc(1, u) ** 2
            log_s = mpmath.log(s)
            weight = mpc(1, u) * mpmath.exp(s - beta * log_s)
            power = mpmath.exp(-alpha * log_s)

            def value(argument):
                return weight * mpmath.exp(-order * mpmath.log(1 - argument * power))

            here = value(z)
            term = here + mpmath.conj(value(mpmath.conj(z)))
            total += term if k else here
            if abs(term) < mpf(10) ** (-mp.dps) * abs(total) and mu * (u * u - 1) > reach:
                return total * h * mu / mp.pi
            k += 1


def asymptotic(alpha, beta, order, z, digits):
    log_radius = mpmath.log(abs(z)) / alpha
    if log_radius < math.log(130) or alpha < 0.04 and abs(z) < 4:  # too many terms
        return None
    radius = mpmath.exp(log_radius)
    digits += 20
    with mp.workdps(digits + 40 + (int(mpmath.log10(radius)) if radius < mpf(10) ** 60 else 0)):
        total, factor, least, j = mpf(0), mpf(1), None, 0
        whole = order == int(order)
        front = (-z) ** (-int(order)) if whole else mpmath.exp(-order * mpmath.log(-z))
        while True:
            argument = beta - alpha * (order + j)
            bound = abs(factor) * (mpmath.gamma(1 - argument) if argument < 0.5 else 1)
            if least is not None and (bound > 2 * least and argument < -3) or j > 3 and bound < mpf(10) ** (-digits - 30):
                break
            least = bound if least is None else min(least, bound)
            if j > 6000:
                return None
            total += factor * mpmath.rgamma(argument)
            factor *= (order + j) / (j + 1) / z
            j += 1
        total *= front
        for log_s in branches(alpha, z):
            turn = mpmath.cos(log_s.imag)
            if turn < 0 and -turn * radius > 10**6:
                continue
            s = mpmath.exp(log_s)
            count = int(order) if whole else 60
            with mp.extradps(30):
                p = [-mpmath.binomial(-alpha, i + 1) / alpha for i in range(count)]
                q = [mpf(1)]
                for i in range(1, count):
                    q.append(sum((-order * n - (i - n)) * p[n] * q[i - n] for n in range(1, i + 1)) / i)
                c = [sum(mpmath.binomial(-beta, n) * q[i - n] for n in range(i + 1)) for i in range(count)]
            part = sum(c[i] * mpmath.rgamma(order - i) * s ** (-i) for i in range(count))
            total += alpha ** (-order) * mpmath.exp(s + (order - beta) * log_s) * part
        return total


def short_series(alpha, beta, order, z, digits):
    return series(alpha, beta, order, z, digits, 400)


def function(alpha, beta, gamma, k, z, twice):
    """The value, by the cheapest formula that can, and by a second where that is wanted."""
    mp.dps = 60
    alpha, gamma = mpf(alpha), mpf(gamma)
    order, shifted = gamma + k, mpf(beta) + alpha * k
    z = mpc(z) if z.imag else mpf(z.real)
    digits = 45
    if abs(alpha - 1) < 0.1 or abs(alpha - 2) < 1e-3:
        digits += 25
    found = []
    for formula in (asymptotic, short_series, contour, series):
        if found and formula is series and done is short_series:
            break
        value = formula(alpha, shifted, order, z, digits)
        if value is not None:
            found.append(mpmath.re(value) if isinstance(z, mpf) else value)
            done = formula
        if len(found) == 1 + twice:
            break
    if not found:
        return None
    return found, mpmath.rf(gamma, k)


def row(alpha, beta, gamma, k, z, twice):
    try:
        got, slope = function(alpha, beta, gamma, k, z, twice), function(alpha, beta, gamma, k + 1, z, False)
    except (OverflowError, ZeroDivisionError, ValueError) as problem:
        print("left out:", alpha, beta, gamma, k, z, problem, file=sys.stderr)
        return None
    if got is None or slope is None:
        return None
    (values, factor), (slopes, next_factor) = got, slope
    size = max(abs(factor * values[0]), abs(z) * abs(next_factor * slopes[0]))
    if len(values) == 2:
        off = abs(factor) * abs(values[0] - values[1])
        if off > size * mpf(10) ** -22:
            raise SystemExit("the formulas disagree at %r: %s" % ((alpha, beta, gamma, k, z), values))
    value = factor * values[-1]
    clip = lambda x: x if x == 0 or mpf("1e-400") < abs(x) < mpf("1e400") else mpmath.sign(x) * mpf("1e400" if abs(x) > 1 else 0)
    text = lambda x: mpmath.nstr(clip(x), 22, min_fixed=1, max_fixed=0)
    return [alpha.hex(), beta.hex(), gamma.hex(), k, z.real.hex(), z.imag.hex(), text(mpmath.re(value)), text(mpmath.im(value)),
            text(abs(z) * abs(next_factor * slopes[-1]))], len(values)


def arguments(alpha, drawn, count):
    """About the radii where the library changes its method, and over twenty magnitudes; on the rays that matter."""
    radii = [1e-10, 1e-4, 0.3, 0.49, 0.51, 0.89, 0.91, 1.01, 10.0, 1e3, 1e6, 1e10]
    radii += [r**alpha for r in (0.9, 2.0, 4.0, 6.0, 10.0, 20.0, 35.0, 43.5, 44.5, 60.0, 90.0)]
    radii += [math.exp(drawn.uniform(-3, 6)) for _ in range(4)]
    real = [complex(s * r) for r in radii for s in (1, -1)]
    rays = [t for t in (alpha * math.pi, alpha * math.pi / 2, math.pi / 2, 0.9 * math.pi, math.pi - 1e-3, 0.3) if t <= math.pi]
    rays += [drawn.uniform(0, math.pi) for _ in range(3)]
    turned = [complex(r * math.cos(t), s * r * math.sin(t)) for r in radii for t in rays for s in (1, -1)]
    return drawn.sample(real, count) + drawn.sample(turned, (count + 1) // 2)


def main():
    drawn, started = random.Random(1903), time.time()
    rows, twice, missing = [], 0, 0
    for alpha in ALPHAS:
        kinds = [(1.0, 1.0, 0, 30), (alpha, 1.0, 0, 16)]
        kinds += [(b, 1.0, 0, 3) for b in (2.0, 0.3, 0.0, -1.0, -2.5, alpha + 1, 12.0, 40.0, -9.0)]
        kinds += [(1.0, 1.0, k, 3) for k in (1, 2, 3, 4, 5)] + [(alpha, 1.0, 2, 3), (0.4, 1.0, 5, 3)]
        kinds += [(1.0, 2.0, 0, 3), (0.7, 3.0, 1, 3), (1.3, 2.5, 0, 3), (1.0, 0.5, 0, 3), (alpha, 0.7, 2, 3)]
        for beta, gamma, k, count in kinds:
            for z in arguments(alpha, drawn, count):
                made = row(alpha, beta, gamma, k, z, drawn.random() < 0.25)
                if made is None:
                    missing += 1
                    continue
                rows.append(made[0])
                twice += made[1] == 2
        print("%g: %d values, %d by two formulas, %d by none, %.0f s" % (alpha, len(rows), twice, missing, time.time() - started),
              file=sys.stderr, flush=True)
    about = "made by mittag_leffler.py, mpmath %s; %d of %d by two formulas" % (mpmath.__version__, twice, len(rows))
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows)
    pathlib.Path(__file__).with_suffix(".json").write_text('{"about":"%s","values":[\n%s\n]}\n' % (about, lines))


main()
