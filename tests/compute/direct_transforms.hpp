#pragma once

#include <almanac/compute/fft.hpp>

#include <complex>
#include <vector>

namespace almanac::compute::direct {

// Transforms by their defining sums in long double: the oracle of fft_test.cpp. Values are logical arrays without
// padding, row-major, the batch slowest; real data has imaginary part zero, the short side of r2c and c2r has
// n_last/2+1 values a row.

using Value = std::complex<long double>;

std::vector<Value> transform(const FftProblem& problem, const std::vector<Value>& input);

/// How many arrays are transformed: the batch, or the batches of the strides together.
std::size_t arrays(const FftProblem& problem);

/// Values of one side of all arrays.
std::size_t input_values(const FftProblem& problem);
std::size_t output_values(const FftProblem& problem);

/// Whether that side holds real numbers.
bool real_input(const FftProblem& problem);
bool real_output(const FftProblem& problem);

/// A random input that the transform can have: for c2r the spectrum of real data, so that every value counts.
std::vector<Value> random_input(const FftProblem& problem, unsigned seed);

/// An upper bound of ‖computed - exact‖₂ / ‖input‖₂ for arithmetic of unit round-off u.
///
/// One axis: a Cooley–Tukey step of radix 2 has relative error η <= (1 + 4√2) u < 7u against its norm (Higham 2002,
/// theorem 24.2); a direct sum over a prime p at most (p + 2) u √p; the errors of the factors of n add up. FFTW makes
/// dct1 (dst1) from a transform of 2(n-1) (2(n+1)) points, dct2–4 and dst2–4 from one of at most 4n counting what is done
/// before and after. Norm: √2 √normalisation bounds every kind (the √2 is the boundary weight of dct1–3 and dst3, and the
/// halved spectrum of c2r and hc2r). Axes: errors add, norms multiply.
///
/// The oracle: an axis of n points sums n products without loss, each off by at most (3√2 + √5 + 1) u of its size in long
/// double (u = 2^-64; factor, product, sum), and the norm of the factors' sizes is at most √2 √n times the transform's: 12 √n u.
double error_bound(const FftProblem& problem, double unit_roundoff);

}  // namespace almanac::compute::direct
