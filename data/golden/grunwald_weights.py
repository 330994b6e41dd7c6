#!/usr/bin/env python3
"""Golden values of the Grünwald–Letnikov weights w_k = (-1)^k binom(alpha, k); writes grunwald_weights.json beside itself.

alpha is exactly the double printed. 60 digits (mpmath): the product of (j-1-alpha)/j up to k = 2048; above,
w_k = exp(lnGamma(k-alpha) - lnGamma(k+1)) / Gamma(-alpha), checked against the product at k = 2048. Each value is the nearest
double (hexadecimal) and the rest in units of its last place, to 4 decimals: exact = value + rest * ulp.
"""
import json
import math
import pathlib
import random
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 60
LAST = 100_000_000
PRODUCT_END = 2048


def alphas():
    near = [math.nextafter(x, y) for x in (-2.0, -1.0, 1.0, 2.0, 3.0, 4.0) for y in (-9.0, 9.0)]
    near += [x + d for x in (-1.0, 1.0, 2.0, 3.0) for d in (-1e-10, 1e-10, -1e-5)]
    tiny = [s * x for x in (5e-324, 1.5e-310, 2.0**-1022, 1e-300, 2.0**-101, 2.0**-100, 1e-20, 1e-10) for s in (1, -1)]
    plain = [-2.0, -1.9, -1.5, -1.0, -0.999, -0.5, -0.3, 0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 1.5, 1.8, 1.9,
             1.99, 2.0, 2.5, 2.7, 3.0, 3.1, 3.5, 3.9, 3.99, 4.0]
    drawn = random.Random(1)
    plain += [drawn.uniform(-2, 4) for _ in range(12)]
    return sorted(x for x in {*near, *tiny, *plain} if -2 <= x <= 4)


def indices(seed):
    """Dense at first, about the edges of octaves and of their 64 blocks, and drawn log-uniformly."""
    drawn = random.Random(seed)
    ks = set(range(0, 17)) | {31, 32, 33, 63, 64, 65, 511, 512, 513, 1022, LAST - 1, LAST}
    for p in range(10, 27):
        ks |= {2**p - 1, 2**p, 2**p + 1}
        edge = 2**p + drawn.randrange(64) * 2 ** (p - 6)
        ks |= {edge, edge + 2 ** (p - 7), edge + 2 ** (p - 6) - 1}
    ks |= {int(math.exp(drawn.uniform(math.log(17), math.log(LAST)))) for _ in range(30)}
    return sorted(k for k in ks if k <= LAST)


def split(x):
    """The nearest double, subnormal ones too, and the rest in its units in the last place."""
    if x == 0:
        return 0.0, mpf(0)
    unit = max(int(mpmath.frexp(x)[1]) - 53, -1074)
    scaled = mpmath.ldexp(x, -unit)
    whole = mpmath.nint(scaled)
    return math.ldexp(int(whole), unit), scaled - whole


def weights(alpha, ks):
    exact, product, values = mpf(alpha), mpf(1), {}
    wanted = set(ks) | {PRODUCT_END}
    for k in range(PRODUCT_END + 1):
        if k:
            product *= (k - 1 - exact) / k
        if k in wanted:
            values[k] = product
    integer = alpha >= 0 and alpha == int(alpha)
    scale = None if integer else mpmath.rgamma(-exact)
    by_gamma = lambda k: mpmath.exp(mpmath.loggamma(k - exact) - mpmath.loggamma(mpf(k) + 1)) * scale
    if not integer:
        assert abs(by_gamma(PRODUCT_END) / values[PRODUCT_END] - 1) < mpf(10) ** -45, alpha
    for k in ks:
        if k > PRODUCT_END:
            values[k] = mpf(0) if integer else by_gamma(k)
    return [values[k] for k in ks]


def main():
    tables = []
    for seed, alpha in enumerate(alphas()):
        ks = indices(seed)
        pairs = [split(w) for w in weights(alpha, ks)]
        tables.append({"alpha": alpha.hex(), "k": ks, "value": [v.hex() for v, _ in pairs],
                       "rest": [round(float(r), 4) for _, r in pairs]})
        print(alpha, len(ks), file=sys.stderr)
    path = pathlib.Path(__file__).with_suffix(".json")
    rows = ",\n".join(json.dumps(t, separators=(",", ":")) for t in tables)
    about = "made by grunwald_weights.py, mpmath " + mpmath.__version__
    path.write_text('{"about":"%s","tables":[\n%s\n]}\n' % (about, rows))


main()
