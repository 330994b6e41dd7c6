"""Implicit Grünwald-Letnikov relaxation by direct sums in NumPy: prints the seconds of the loop and u(1)."""
import sys
import time

import numpy as np

steps, alpha, rate = int(sys.argv[1]), 0.5, -1.0
w = np.cumprod(np.concatenate(([1.0], 1.0 - (alpha + 1.0) / np.arange(1, steps + 1))))
v = np.zeros(steps + 1)
rate *= steps**-alpha
begin = time.perf_counter()
for n in range(1, steps + 1):
    v[n] = (rate - w[1 : n + 1] @ v[n - 1 :: -1]) / (1.0 - rate)
print(time.perf_counter() - begin, 1.0 + v[steps])
