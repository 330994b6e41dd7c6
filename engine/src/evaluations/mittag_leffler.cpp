#include "evaluations/evaluations.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac::evaluations {
namespace {

using Complex = std::complex<double>;

std::string text_of(Complex z) {
  return z.imag() == 0 ? fmt::format("{}", z.real()) : fmt::format("{}{:+}i", z.real(), z.imag());
}

/// What a value does not show by itself; empty: nothing.
std::string note_of(Complex z, Complex value) {
  if (std::isinf(value.real()) || std::isinf(value.imag())) {
    return fmt::format("z = {}: overflow, the value is above the largest double", text_of(z));
  }
  const double size = std::max(std::abs(value.real()), std::abs(value.imag()));
  if (z != Complex(0) && size < std::numeric_limits<double>::min()) {
    return fmt::format("z = {}: underflow, the value is below the smallest normal double", text_of(z));
  }
  return {};
}

Evaluated evaluate_mittag_leffler(const ParameterValues& values) {
  const auto derivative = value_of<std::int64_t>(values, "derivative");
  if (derivative < 0 || derivative > compute::kMaxMittagLefflerDerivative)
    throw compute::ArgumentError("derivative", fmt::format("{}", derivative), fmt::format("lie in [0, {}]", compute::kMaxMittagLefflerDerivative));
  const compute::MittagLeffler function{.alpha = value_of<double>(values, "alpha"),
                                        .beta = value_of<double>(values, "beta"),
                                        .gamma = value_of<double>(values, "gamma"),
                                        .derivative = static_cast<int>(derivative)};
  const auto& arguments = value_of<std::vector<Complex>>(values, "z");
  std::vector<Complex> results;
  Evaluated evaluated{{"value"}, {}};
  for (const Complex z : arguments) {
    results.push_back(z.imag() == 0 ? Complex(compute::mittag_leffler(function, z.real())) : compute::mittag_leffler(function, z));
    if (std::string note = note_of(z, results.back()); !note.empty()) evaluated.notes.push_back(std::move(note));
  }
  if (std::ranges::all_of(arguments, [](Complex z) { return z.imag() == 0; })) {
    std::vector<double> reals;
    for (const Complex result : results) reals.push_back(result.real());
    evaluated.values = std::move(reals);
  } else {
    evaluated.values = std::move(results);
  }
  return evaluated;
}

}  // namespace

Evaluation mittag_leffler() {
  using namespace compute;
  return {"mittag_leffler", "E^gamma_{alpha,beta}(z) = Σ (gamma)_j z^j / (j! Gamma(alpha j + beta)), or a derivative of it by z",
          "within 1e-14 max(|E|, |z E'|)",
          {{"alpha", ParameterType::real, "", fmt::format("above 0, up to {}", kMaxMittagLefflerAlpha), "first parameter"},
           {"beta", ParameterType::real, "1", fmt::format("-{0} … {0}", kMaxMittagLefflerBeta), "second parameter"},
           {"gamma", ParameterType::real, "1", fmt::format("above 0, up to {}", kMaxMittagLefflerGamma), "third: Prabhakar's"},
           {"derivative", ParameterType::integer, "0", fmt::format("0 … {}", kMaxMittagLefflerDerivative), "which, by z"},
           {"z", ParameterType::complexes, "", "finite", "one argument or several"}},
          evaluate_mittag_leffler};
}

}  // namespace almanac::evaluations
