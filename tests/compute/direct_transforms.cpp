#include "direct_transforms.hpp"

#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>

namespace almanac::compute::direct {
namespace {

// π part/whole, at most π/4.
long double angle(std::int64_t part, std::int64_t whole) {
  return std::numbers::pi_v<long double> * static_cast<long double>(part) / static_cast<long double>(whole);
}

// cos and sin of 2π m/period, reduced to the first octant in whole numbers: the error is below 3 u
// (three roundings of an angle whose sine is 0.7 at most, and one unit in the last place of the function).
long double cosine(std::int64_t m, std::int64_t period) {
  std::int64_t turn = 2 * (std::abs(m) % period);             // in units of π/period
  if (turn > period) turn = 2 * period - turn;                 // cos(2π - x) = cos x
  if (2 * turn > period) return -cosine(period - turn, 2 * period);
  if (4 * turn > period) return std::sin(angle(period - 2 * turn, 2 * period));
  return std::cos(angle(turn, period));
}
long double sine(std::int64_t m, std::int64_t period) { return cosine(4 * m - period, 4 * period); }

// A sum that keeps what each addition loses (Neumaier).
class LongSum {
 public:
  void add(long double term) {
    const long double sum = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }
  long double value() const { return sum_ + lost_; }

 private:
  long double sum_ = 0;
  long double lost_ = 0;
};

// Element (k, j) of the matrix of a real-to-real kind of n points, as fft.hpp defines it.
long double element(Transform kind, std::int64_t n, std::int64_t k, std::int64_t j) {
  switch (kind) {
    case Transform::r2hc: return k <= n / 2 ? cosine(j * k, n) : -sine(j * (n - k), n);
    case Transform::hc2r:
      if (j == 0) return 1;
      if (j <= n / 2) return (2 * j == n ? 1 : 2) * cosine(j * k, n);
      return -2 * sine((n - j) * k, n);
    case Transform::dct1: return (j == 0 || j == n - 1 ? 1 : 2) * cosine(j * k, 2 * (n - 1));
    case Transform::dct2: return 2 * cosine((2 * j + 1) * k, 4 * n);
    case Transform::dct3: return (j == 0 ? 1 : 2) * cosine(j * (2 * k + 1), 4 * n);
    case Transform::dct4: return 2 * cosine((2 * j + 1) * (2 * k + 1), 8 * n);
    case Transform::dst1: return 2 * sine((j + 1) * (k + 1), 2 * (n + 1));
    case Transform::dst2: return 2 * sine((2 * j + 1) * (k + 1), 4 * n);
    case Transform::dst3:
      if (j == n - 1) return k % 2 == 0 ? 1 : -1;
      return 2 * sine((j + 1) * (2 * k + 1), 4 * n);
    case Transform::dst4: return 2 * sine((2 * j + 1) * (2 * k + 1), 8 * n);
    default: return 0;
  }
}

Value factor(const FftProblem& problem, std::size_t axis, std::int64_t k, std::int64_t j) {
  const std::int64_t n = problem.extent[axis];
  const Transform kind = problem.transform[axis];
  const bool fourier = kind == Transform::c2c || kind == Transform::r2c || kind == Transform::c2r;
  if (!fourier) return element(kind, n, k, j);
  const bool backward = kind == Transform::c2r || (kind == Transform::c2c && problem.direction == Direction::backward);
  return {cosine(j * k, n), backward ? sine(j * k, n) : -sine(j * k, n)};
}

std::size_t product(const std::vector<std::int64_t>& extent, std::size_t from, std::size_t to) {
  std::size_t points = 1;
  for (std::size_t axis = from; axis < to; ++axis) points *= static_cast<std::size_t>(extent[axis]);
  return points;
}

// All full-size arrays of the batch along one axis.
std::vector<Value> along(const FftProblem& problem, std::size_t axis, const std::vector<Value>& in) {
  const auto n = static_cast<std::size_t>(problem.extent[axis]);
  const std::size_t inner = product(problem.extent, axis + 1, problem.extent.size());
  std::vector<Value> factors(n * n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < n; ++j) {
      factors[k * n + j] = factor(problem, axis, static_cast<std::int64_t>(k), static_cast<std::int64_t>(j));
    }
  }
  std::vector<Value> out(in.size());
  for (std::size_t outer = 0; outer < in.size() / (n * inner); ++outer) {
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < inner; ++i) {
        LongSum real, imaginary;
        for (std::size_t j = 0; j < n; ++j) {
          const Value x = in[(outer * n + j) * inner + i];
          const Value w = factors[k * n + j];
          real.add(x.real() * w.real() - x.imag() * w.imag());
          imaginary.add(x.real() * w.imag() + x.imag() * w.real());
        }
        out[(outer * n + k) * inner + i] = {real.value(), imaginary.value()};
      }
    }
  }
  return out;
}

std::size_t full_values(const FftProblem& problem) {
  return arrays(problem) * product(problem.extent, 0, problem.extent.size());
}

std::size_t half_values(const FftProblem& problem) {
  const auto last = static_cast<std::size_t>(problem.extent.back());
  return full_values(problem) / last * (last / 2 + 1);
}

// The whole spectrum of real data from the kept half of its last axis: X(-k) = conj X(k).
std::vector<Value> completed(const FftProblem& problem, const std::vector<Value>& half) {
  const auto& extent = problem.extent;
  const auto last = static_cast<std::size_t>(extent.back());
  const std::size_t kept = last / 2 + 1;
  const std::size_t rows = product(extent, 0, extent.size() - 1);
  std::vector<Value> full(full_values(problem));
  for (std::size_t point = 0; point < full.size(); ++point) {
    const std::size_t k = point % last;
    const std::size_t row = point / last % rows;
    const std::size_t array = point / last / rows;
    if (k < kept) {
      full[point] = half[(array * rows + row) * kept + k];
      continue;
    }
    std::size_t mirrored = 0;
    std::size_t rest = row;
    std::size_t weight = 1;
    for (std::size_t axis = extent.size() - 1; axis-- > 0;) {
      const auto n = static_cast<std::size_t>(extent[axis]);
      mirrored += (n - rest % n) % n * weight;
      rest /= n;
      weight *= n;
    }
    full[point] = std::conj(half[(array * rows + mirrored) * kept + (last - k)]);
  }
  return full;
}

std::vector<Value> shortened(const FftProblem& problem, const std::vector<Value>& full) {
  const auto last = static_cast<std::size_t>(problem.extent.back());
  std::vector<Value> half;
  for (std::size_t point = 0; point < full.size(); ++point) {
    if (point % last < last / 2 + 1) half.push_back(full[point]);
  }
  return half;
}

double axis_error(std::int64_t n, double unit_roundoff) {
  double error = 0;
  for (std::int64_t prime = 2; n > 1; ++prime) {
    for (; n % prime == 0; n /= prime) {
      const auto p = static_cast<double>(prime);
      error += (prime == 2 ? 7 : (p + 2) * std::sqrt(p)) * unit_roundoff;
    }
  }
  return error;
}

}  // namespace

std::vector<Value> transform(const FftProblem& problem, const std::vector<Value>& input) {
  std::vector<Value> values = problem.transform[0] == Transform::c2r ? completed(problem, input) : input;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) values = along(problem, axis, values);
  return problem.transform[0] == Transform::r2c ? shortened(problem, values) : values;
}

std::size_t arrays(const FftProblem& problem) {
  auto count = static_cast<std::size_t>(problem.batch);
  if (!problem.strides) return count;
  for (const auto& batch : problem.strides->batches) count *= static_cast<std::size_t>(batch.count);
  return count;
}

std::size_t input_values(const FftProblem& problem) {
  return problem.transform[0] == Transform::c2r ? half_values(problem) : full_values(problem);
}

std::size_t output_values(const FftProblem& problem) {
  return problem.transform[0] == Transform::r2c ? half_values(problem) : full_values(problem);
}

bool real_input(const FftProblem& problem) {
  return problem.transform[0] != Transform::c2c && problem.transform[0] != Transform::c2r;
}

bool real_output(const FftProblem& problem) {
  return problem.transform[0] != Transform::c2c && problem.transform[0] != Transform::r2c;
}

std::vector<Value> random_input(const FftProblem& problem, unsigned seed) {
  if (problem.transform[0] == Transform::c2r) {
    FftProblem forward = problem;
    forward.transform = Transform::r2c;
    return transform(forward, random_input(forward, seed));
  }
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);    // floats: exact in both precisions
  std::vector<Value> values(input_values(problem));
  for (Value& value : values) {
    const float re = uniform(generator);
    value = {re, real_input(problem) ? 0.0F : uniform(generator)};
  }
  return values;
}

double error_bound(const FftProblem& problem, double unit_roundoff) {
  double error = 0;
  double norm = 1;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    const std::int64_t n = problem.extent[axis];
    const Transform kind = problem.transform[axis];
    FftProblem one{.extent = {n}, .transform = kind};
    norm *= std::sqrt(2 * normalisation(one));
    switch (kind) {
      case Transform::dct1: error += axis_error(2 * (n - 1), unit_roundoff); break;
      case Transform::dst1: error += axis_error(2 * (n + 1), unit_roundoff); break;
      case Transform::c2c:
      case Transform::r2c:
      case Transform::c2r:
      case Transform::r2hc:
      case Transform::hc2r: error += axis_error(n, unit_roundoff); break;
      default: error += axis_error(4 * n, unit_roundoff); break;
    }
  }
  double sums = 0;    // of the oracle itself
  for (const std::int64_t n : problem.extent) sums += 12 * std::sqrt(static_cast<double>(n)) * 0x1p-64;
  // An input that is not exact in this precision (a spectrum for c2r) is rounded once.
  return (error + sums + unit_roundoff) * norm;
}

}  // namespace almanac::compute::direct
