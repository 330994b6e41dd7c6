"""A patient plan in single precision. Argument: the file for the result."""
import sys
import time

import numpy
import pyfftw

given = pyfftw.empty_aligned((1000, 600), dtype="complex64")
result = pyfftw.empty_aligned((1000, 600), dtype="complex64")
start = time.perf_counter()
transform = pyfftw.FFTW(given, result, axes=(0, 1), flags=("FFTW_PATIENT",))
print(f"planning {time.perf_counter() - start:.9f}")
at = numpy.arange(given.size).reshape(given.shape)
given[:] = (at * 7919 % 1009) + 1j * (at * 6007 % 997)
transform.execute()
result.tofile(sys.argv[1])
