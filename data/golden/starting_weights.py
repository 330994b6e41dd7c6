#!/usr/bin/env python3
"""Golden values of Lubich's starting weights; writes starting_weights.json beside itself.

Their definition as it stands, in 180 digits: convolution sums of the weights of quadrature_weights.py, and a system of equations.
alpha and exponents are exactly the doubles printed. Columns as in quadrature_weights.json.
"""
import json
import pathlib
import sys

import mpmath
from mpmath import mpf

import quadrature_weights as golden

ROWS = [1, 2, 3, 5, 10, 50, 127, 128, 129, 160, 201, 202, 203, 288, 399, 400, 401, 640, 1100]
HALVES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]
CASES = [
    ("bdf1", 0.5, [0.0, 0.5]), ("bdf2", 0.5, HALVES[:3]), ("bdf3", -0.3, [0.0, 0.3, 0.6, 1.0, 1.3, 1.6, 2.0]), ("bdf4", 0.5, HALVES[:7]),
    ("bdf4", 1.3, [0.0, 1.0, 1.3, 2.0, 2.3, 2.6, 3.0]), ("bdf5", -0.5, HALVES[:9]), ("bdf6", 0.5, HALVES), ("bdf6", -1.0, [1.0, 2.0, 3.0, 4.0]),
    ("bdf2", 0.1, [0.1 * j for j in range(11)]), ("bdf2", 0.5, [0.5, 1.0]), ("trapezoidal", -0.5, HALVES[:3]),
    ("trapezoidal", 0.4, [0.4, 0.8, 1.0]), ("newton_gregory", -0.7, [0.0, 0.7, 1.0]), ("bdf2", 2.0, [0.0, 1.0]),
    ("bdf3", 0.3333333, [0.0, 0.3333333, 0.6666666, 0.9999999, 1.0, 1.3333333, 1.6666666, 2.0])]


def main():
    tables = []
    for rule, alpha, exponents in CASES:
        last = max(ROWS)
        omega = golden.miller([1, -1], alpha, mpf(1), range(last + 1)) if rule == "bdf1" else \
            golden.quadrature(rule, alpha, range(last + 1))
        first = 0 if exponents[0] == 0 else 1
        count = len(exponents)
        system = mpmath.matrix(count, count)
        for i, gamma in enumerate(exponents):
            for j in range(count):
                system[i, j] = mpf(first + j) ** mpf(gamma) if first + j else mpf(gamma == 0)
        inverse = system ** -1
        power = {gamma: [mpf(gamma == 0)] + [mpf(k) ** mpf(gamma) for k in range(1, last + 1)] for gamma in exponents}
        values = []
        for n in ROWS:
            right = mpmath.matrix(count, 1)
            for i, gamma in enumerate(exponents):
                g = mpf(gamma)
                exact = mpmath.gamma(g + 1) * mpmath.rgamma(g - mpf(alpha) + 1) * mpf(n) ** (g - mpf(alpha))
                right[i] = exact - mpmath.fdot(omega[n::-1], power[gamma][:n + 1])
            values += list(inverse * right)
        tables.append({"rule": rule, "alpha": alpha.hex(), "exponents": [x.hex() for x in exponents], "n": ROWS,
                       **golden.columns(values)})
        print(rule, alpha, file=sys.stderr)
    path = pathlib.Path(__file__).with_suffix(".json")
    rows = ",\n".join(json.dumps(t, separators=(",", ":")) for t in tables)
    path.write_text('{"about":"made by starting_weights.py, mpmath %s","tables":[\n%s\n]}\n' % (mpmath.__version__, rows))


main()
