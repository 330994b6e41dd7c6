#include <almanac/compute/convolution.hpp>

#include "compensated_sum.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <string>

namespace almanac::compute {
namespace {

constexpr std::int64_t kLargestSignal = std::int64_t{1} << 59;

double mean_of(std::span<const double> values) noexcept {
  CompensatedSum<double> sum;
  for (double value : values) sum.add(value);
  return sum.value() / static_cast<double>(values.size());
}

void expect_plan(const char* parameter, const FftPlan<double>& plan, const FftProblem& wanted) {
  const FftProblem& given = plan.problem();
  if (given.extent == wanted.extent && given.transform[0] == wanted.transform[0] && given.batch == 1 && given.in_place) {
    return;
  }
  std::string value(to_string(given.transform[0]));
  for (std::int64_t points : given.extent) value += " " + std::to_string(points);
  throw ArgumentError(parameter, value + (given.in_place ? " in place" : " out of place"),
                      "be " + std::string(to_string(wanted.transform[0])) + " " + std::to_string(wanted.extent[0]) +
                          " in place, batch 1");
}

void expect_size(const char* parameter, std::size_t given, std::size_t expected) {
  if (given == expected) return;
  throw ArgumentError(std::string(parameter) + ".size()", std::to_string(given), "be " + std::to_string(expected));
}

// An array of Complex read as the Reals it is made of ([complex.numbers.general] of the standard allows it).
std::span<double> as_reals(std::vector<std::complex<double>>& values) noexcept {
  return {reinterpret_cast<double*>(values.data()), 2 * values.size()};
}

// The product as numbers: operator* of std::complex calls a library function that looks for infinities.
std::complex<double> product(std::complex<double> a, std::complex<double> b) noexcept {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

std::int64_t CausalConvolution::padded_size(std::int64_t n) {
  if (n < 1 || n > kLargestSignal) throw ArgumentError("n", std::to_string(n), "lie in [1, 2^59]");
  const std::int64_t least = 2 * n - 1;
  std::int64_t best = 2;
  while (best < least) best *= 2;
  // Every 3^b 5^c 7^d, doubled until it is large enough.
  for (std::int64_t seven = 1; seven < best; seven *= 7) {
    for (std::int64_t five = seven; five < best; five *= 5) {
      for (std::int64_t three = five; three < best; three *= 3) {
        std::int64_t size = 2 * three;
        while (size < least) size *= 2;
        best = std::min(best, size);
      }
    }
  }
  return best;
}

FftProblem CausalConvolution::forward_problem(std::int64_t padded, Rigor rigor, int threads) {
  return {.extent = {padded}, .transform = Transform::r2c, .in_place = true, .rigor = rigor, .threads = threads};
}

FftProblem CausalConvolution::backward_problem(std::int64_t padded, Rigor rigor, int threads) {
  return {.extent = {padded}, .transform = Transform::c2r, .in_place = true, .rigor = rigor, .threads = threads};
}

CausalConvolution::CausalConvolution(std::span<const double> signal, const FftPlan<double>& forward,
                                     const FftPlan<double>& backward)
    : forward_(forward), backward_(backward), size_(signal.size()) {
  if (signal.empty()) throw ArgumentError("signal.size()", "0", "be at least 1");
  const std::int64_t padded = padded_size(static_cast<std::int64_t>(size_));
  expect_plan("forward", forward, forward_problem(padded));
  expect_plan("backward", backward, backward_problem(padded));

  mean_ = mean_of(signal);
  spectrum_.resize(static_cast<std::size_t>(padded) / 2 + 1);
  const std::span<double> reals = as_reals(spectrum_);
  std::transform(signal.begin(), signal.end(), reals.begin(), [this](double value) { return value - mean_; });
  forward_.execute(reals);
  for (auto& value : spectrum_) value /= static_cast<double>(padded);
}

void CausalConvolution::apply(std::span<const double> weights, std::span<double> out) const {
  expect_size("weights", weights.size(), size_);
  expect_size("out", out.size(), size_);
  std::vector<std::complex<double>> work(spectrum_.size());
  const std::span<double> reals = as_reals(work);
  std::copy(weights.begin(), weights.end(), reals.begin());
  forward_.execute(reals);
  for (std::size_t k = 0; k < work.size(); ++k) work[k] = product(work[k], spectrum_[k]);
  backward_.execute(reals);

  CompensatedSum<double> share_of_mean;
  for (std::size_t n = 0; n < size_; ++n) {
    share_of_mean.add(weights[n]);
    out[n] = reals[n] + mean_ * share_of_mean.value();
  }
}

}  // namespace almanac::compute
