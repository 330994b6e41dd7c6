#!/usr/bin/env python3
"""Golden values of the weights of quadrature in time; writes quadrature_weights.json beside itself.

alpha and meshes are exactly the doubles printed. Convolution quadrature: Miller's recurrence in whole numbers scaled by 2^480,
started from mpmath; the others: their definitions as they stand, in 120 digits. Each value is the nearest double (hexadecimal)
and the rest in units of its last place, to 4 decimals: exact = value + rest * ulp.
"""
import json
import math
import pathlib
import random
import sys
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

mp.dps = 180
BITS = 480


def split(x):
    """The nearest double, subnormal ones too, and the rest in its units in the last place."""
    if x == 0:
        return 0.0, mpf(0)
    unit = max(int(mpmath.frexp(x)[1]) - 53, -1074)
    scaled = mpmath.ldexp(x, -unit)
    whole = mpmath.nint(scaled)
    return math.ldexp(int(whole), unit), scaled - whole


def columns(values):
    pairs = [split(v) for v in values]
    return {"value": [v.hex() for v, _ in pairs], "rest": [round(float(r), 4) for _, r in pairs]}


# ---- convolution quadrature

def bdf(p):
    """60 delta(z): Σ_k 60/k (1-z)^k."""
    out = [0] * (p + 1)
    for k in range(1, p + 1):
        for i in range(k + 1):
            out[i] += 60 // k * math.comb(k, i) * (-1) ** i
    return out


def fixed(x):
    return int(mpmath.nint(mpmath.ldexp(x, BITS)))


def miller(polynomial, alpha, start, ks):
    """Coefficients ks of (polynomial / polynomial[0])^alpha start."""
    a = Fraction(alpha)
    num, den = a.numerator, a.denominator
    values, recent, wanted = {0: start}, [fixed(start)], set(ks)
    for n in range(1, max(ks) + 1):
        total = 0
        for k in range(1, min(n, len(polynomial) - 1) + 1):
            total += (k * num + (k - n) * den) * polynomial[k] * recent[-k]
        recent.append(total // (n * polynomial[0] * den))
        if n in wanted:
            # truncation adds up to 2^-440: what is below is an exact zero of a whole alpha
            values[n] = mpf(0) if abs(recent[-1]) < 1 << 60 else mpmath.ldexp(mpf(recent[-1]), -BITS)
        del recent[:-len(polynomial)]
    return [values[k] for k in ks]


def quadrature(rule, alpha, ks):
    if rule.startswith("bdf"):
        polynomial = bdf(int(rule[3]))
        return miller(polynomial, alpha, (mpf(polynomial[0]) / 60) ** mpf(alpha), ks)
    if rule == "trapezoidal":  # (2 (1-z)/(1+z))^alpha as a product of two binomial series
        last = max(ks)
        up = miller([1, -1], alpha, mpf(1), range(last + 1))
        down = miller([1, 1], -alpha, mpf(1), range(last + 1))
        return [2 ** mpf(alpha) * mpmath.fdot(up[:k + 1], down[k::-1]) for k in ks]
    every = sorted({k for n in ks for k in (n, n - 1) if k >= 0})
    g = dict(zip(every, miller([1, -1], alpha, mpf(1), every)))
    half = mpf(alpha) / 2
    return [(1 + half) * g[k] - half * g.get(k - 1, mpf(0)) for k in ks]


def quadrature_tables():
    near = [math.nextafter(x, y) for x in (1.0, 2.0, 3.0) for y in (-9.0, 9.0)] + [1.0 - 1e-10, 2.0 + 1e-7]
    plain = [-2.0, -1.5, -1.0, -0.7, -0.5, -1e-10, 0.0, 2.0**-60, 0.1, 0.3, 0.5, 0.8, 0.9, 1.0, 1.3, 1.5, 1.9, 2.0, 2.5, 3.0,
             3.7, 4.0]
    dense = list(range(0, 28)) + [31, 32, 33, 63, 64, 100, 255, 256]
    for rule in ("bdf2", "bdf3", "bdf4", "bdf5", "bdf6", "trapezoidal", "newton_gregory"):
        for alpha in sorted(near + plain):
            ks = dense + ([509] if rule == "trapezoidal" else [400, 509, 510, 511, 512, 513, 514, 600, 1000, 3000])
            if alpha in (-0.7, 0.5, 1.3):
                ks = ks + ([20_000, 100_001] if rule == "trapezoidal" else [10_000, 65_536, 99_999, 1_000_000])
            yield {"rule": rule, "alpha": alpha.hex(), "k": ks, **columns(quadrature(rule, alpha, ks))}
            print(rule, alpha, file=sys.stderr)


# ---- L schemes and product integration on uniform meshes

INDICES = list(range(0, 24)) + [31, 32, 33, 100, 317, 1000, 10_000, 99_999, 1_000_000, 10_000_000, 99_999_999, 100_000_000]


def l_tables():
    plain = [2.0**-60, 1e-10, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-10, 1 - 2.0**-53]
    for scheme in ("l1", "l1_2", "l2_1_sigma"):
        for alpha in plain + ([1 + 2.0**-52, 1.01, 1.3, 1.5, 1.8, 2 - 2.0**-52] if scheme == "l1" else []):
            s = 1 - mpf(alpha) + (1 if alpha > 1 else 0)
            sigma = 1 - mpf(alpha) / 2
            scale = mpmath.rgamma(s + 1)
            power = lambda y, e: mpf(0) if y == 0 else mpf(y) ** e
            a = lambda y: power(y + 1, s) - power(y, s)
            b = lambda y: (power(y + 1, s + 1) - power(y, s + 1)) / (s + 1) - (power(y + 1, s) + power(y, s)) / 2
            if scheme == "l1":
                beta, c = lambda n: mpf(0), a
            elif scheme == "l1_2":
                beta = lambda n: b(n - 1) if n else mpf(0)
                c = lambda k: a(k) + beta(k + 1) - beta(k)
            else:
                beta = lambda n: b(n - 1 + sigma) if n else mpf(0)
                c = lambda k: (a(k - 1 + sigma) if k else power(sigma, s)) + beta(k + 1) - beta(k)
            table = {"scheme": scheme, "alpha": alpha.hex(), "k": INDICES}
            table["weight"] = columns([scale * c(k) for k in INDICES])
            table["nodal"] = columns([scale * (c(k) - (c(k - 1) if k else 0)) for k in INDICES])
            table["correction"] = columns([scale * beta(k) for k in INDICES])
            yield table


def integration_tables():
    for alpha in (2.0**-60, 1e-10, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0, 1 + 2.0**-52, 1.3, 1.5, 2.0, 2.4, 3.0, 3.7, 4.0):
        a = mpf(alpha)
        power = lambda y, e: mpf(0) if y == 0 else mpf(y) ** e
        yield {
            "alpha": alpha.hex(), "k": INDICES,
            "rectangle": columns([mpmath.rgamma(a + 1) * (power(k + 1, a) - power(k, a)) for k in INDICES]),
            "trapezoid": columns([mpmath.rgamma(a + 2) * (power(k + 1, a + 1) - 2 * power(k, a + 1) + power(k - 1, a + 1) if k else
                                                          mpf(1)) for k in INDICES]),
            "start": columns([mpmath.rgamma(a + 2) * (power(k - 1, a + 1) - power(k, a) * (k - a - 1)) if k else mpf(0)
                              for k in INDICES])}


# ---- any mesh

def meshes():
    drawn = random.Random(7)
    yield "graded", [(n / 24) ** 3.0 for n in range(25)]
    yield "steep", [0.5 * (n / 12) ** 9.0 for n in range(13)]
    yield "uniform", [n / 16 for n in range(17)]
    t, mesh = 3.25, [3.25]
    for _ in range(20):
        t += math.exp(drawn.uniform(-9, 0))
        mesh.append(t)
    yield "drawn", mesh


def mesh_tables():
    for name, mesh in meshes():
        t = [mpf(x) for x in mesh]
        tau = [None] + [t[j] - t[j - 1] for j in range(1, len(t))]
        for alpha in (0.01, 0.2, 0.5, 0.8, 0.99, 1.5, 2.0):
            a = mpf(alpha)
            table = {"mesh": name, "t": [x.hex() for x in mesh], "alpha": alpha.hex(), "rows": []}
            for n in (1, 2, 3, 7, len(mesh) - 1):
                row = {"step": n}
                power = lambda y, e: mpf(0) if y == 0 else y ** e
                moment = lambda j, e: (power(t[n] - t[j - 1], e) - power(t[n] - t[j], e)) / e  # ∫ y^(e-1) over interval j
                row["rectangle"] = columns([mpmath.rgamma(a) * moment(j, a) for j in range(1, n + 1)])
                trapezoid = [mpf(0)] * (n + 1)
                for j in range(1, n + 1):
                    d1, d0 = t[n] - t[j], t[n] - t[j - 1]
                    trapezoid[j - 1] += mpmath.rgamma(a) * (moment(j, a + 1) - d1 * moment(j, a)) / tau[j]
                    trapezoid[j] += mpmath.rgamma(a) * (d0 * moment(j, a) - moment(j, a + 1)) / tau[j]
                row["trapezoid"] = columns(trapezoid)
                if alpha < 1:
                    for scheme in ("l1", "l1_2", "l2_1_sigma"):
                        at = t[n] if scheme != "l2_1_sigma" else t[n - 1] + (1 - a / 2) * tau[n]
                        out, largest = [mpf(0)] * (n + 1), [mpf(0)] * (n + 1)

                        def add(j, value):
                            out[j] += value
                            largest[j] = max(largest[j], abs(value))

                        for j in range(1, n + 1):
                            d0, d1 = at - t[j - 1], at - t[j] if at > t[j] else mpf(0)
                            flat = mpmath.rgamma(1 - a) * (power(d0, 1 - a) - power(d1, 1 - a)) / (1 - a)
                            add(j, flat / tau[j])
                            middle = at - (t[j - 1] + t[j]) / 2
                            bend = mpmath.rgamma(1 - a) * (middle * (power(d0, 1 - a) - power(d1, 1 - a)) / (1 - a) -
                                                           (power(d0, 2 - a) - power(d1, 2 - a)) / (2 - a))
                            other = j - 1 if scheme == "l1_2" else j + 1
                            if scheme == "l1" or other < 1 or other > n or (scheme == "l2_1_sigma" and j == n):
                                continue
                            # u' = d_j + 2 (x - middle) (d_later - d_earlier) / (tau_j + tau_other)
                            factor = 2 * bend / (tau[j] + tau[other])
                            add(max(j, other), factor / tau[max(j, other)])
                            add(min(j, other), -factor / tau[min(j, other)])
                        row[scheme] = {**columns(out[1:]), "largest": [float(x) for x in largest[1:]]}
                table["rows"].append(row)
            yield table


def main():
    path = pathlib.Path(__file__).with_suffix(".json")
    parts = {"quadrature": quadrature_tables, "l_schemes": l_tables, "integration": integration_tables, "meshes": mesh_tables}
    text = []
    for name, tables in parts.items():
        rows = ",\n".join(json.dumps(t, separators=(",", ":")) for t in tables())
        text.append('"%s":[\n%s\n]' % (name, rows))
        print(name, file=sys.stderr)
    about = "made by quadrature_weights.py, mpmath " + mpmath.__version__
    path.write_text('{"about":"%s",\n%s}\n' % (about, ",\n".join(text)))


if __name__ == "__main__":
    main()
