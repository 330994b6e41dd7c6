#include "artifact_difference.hpp"
#include "recipes/recipes.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace almanac::recipes {
namespace {

constexpr int kSpectrumRecipeVersion = 2;

const std::array<Parameter, 4> kSpectrumParameters{{
    {"alpha", ParameterType::real, "", fmt::format("above 0, up to {}", compute::kMaxMittagLefflerAlpha), "first parameter"},
    {"beta", ParameterType::real, "1", fmt::format("-{0} … {0}", compute::kMaxMittagLefflerBeta), "second parameter"},
    {"gamma", ParameterType::real, "1", fmt::format("above 0, up to {}", compute::kMaxMittagLefflerGamma), "third: Prabhakar's"},
    {"derivative", ParameterType::integer, "0", fmt::format("0 … {}", compute::kMaxMittagLefflerDerivative), "which, by the argument"},
}};

compute::MittagLeffler function_of(const ParameterValues& values) {
  const auto derivative = value_of<std::int64_t>(values, "derivative");
  if (derivative < 0 || derivative > compute::kMaxMittagLefflerDerivative)
    throw compute::ArgumentError("derivative", fmt::format("{}", derivative), fmt::format("lie in [0, {}]", compute::kMaxMittagLefflerDerivative));
  // -0 and 0 are one artifact
  return {.alpha = value_of<double>(values, "alpha"),
          .beta = value_of<double>(values, "beta") + 0.0,
          .gamma = value_of<double>(values, "gamma"),
          .derivative = static_cast<int>(derivative)};
}

cache::Artifact make_spectrum(const compute::MittagLeffler& function) {
  const compute::MittagLefflerSpectrum spectrum(function);
  const auto table = spectrum.table();
  return cache::Artifact({cache::Array::of("table", {static_cast<std::int64_t>(table.size())}, std::vector(table.begin(), table.end()))});
}

/// Where the values of a table are held against single ones: seven a factor of two on either side of zero, and zero.
std::vector<double> sample_arguments() {
  std::vector<double> arguments{0.0};
  for (int exponent = -30; exponent < 30; ++exponent) {
    for (int part = 0; part < 7; ++part) {
      const double size = std::ldexp(1.0 + part / 7.0, exponent);
      arguments.push_back(-size);
      arguments.push_back(size);
    }
  }
  return arguments;
}

/// Where a table of another maker, which may cut its intervals elsewhere, gives something else: a table and a single value are both
/// within 1e-14 max(|E|, |x E'|) of E, so they are at most 2e-14 of it apart. As much again is for the slope, which is taken
/// from values beside x.
std::optional<std::string> wrong_value(const compute::MittagLefflerSpectrum& spectrum) {
  for (const double x : sample_arguments()) {
    const double exact = compute::mittag_leffler(spectrum.function(), x);
    if (!std::isfinite(exact)) continue;
    double value = 0;
    spectrum.evaluate({&x, 1}, {&value, 1});
    constexpr double kBeside = 1e-6;
    const double rise = compute::mittag_leffler(spectrum.function(), x * (1 + kBeside)) - compute::mittag_leffler(spectrum.function(), x * (1 - kBeside));
    if (!std::isfinite(rise)) continue;
    const double size = std::max({std::abs(exact), std::abs(rise) / (2 * kBeside), std::numeric_limits<double>::min()});
    if (!(std::abs(value - exact) <= 4e-14 * size)) {
      return fmt::format("the stored table gives {} at {}, computing it gives {}", value, x, exact);
    }
  }
  return std::nullopt;
}

class MittagLefflerSpectrumRecipe final : public Recipe {
 public:
  std::string_view kind() const noexcept override { return "mittag_leffler_spectrum"; }
  int version() const noexcept override { return kSpectrumRecipeVersion; }
  std::string_view summary() const noexcept override {
    return "A Mittag-Leffler function of real arguments as polynomials, for whole spectra: what MittagLefflerSpectrum takes back";
  }
  std::string_view accuracy() const noexcept override { return "values within 1e-14 max(|E|, |x E'|)"; }
  bool portable() const noexcept override { return true; }
  std::span<const Parameter> parameters() const noexcept override { return kSpectrumParameters; }

  cache::Request request(const ParameterValues& values) const override {
    const compute::MittagLeffler function = function_of(values);
    (void)compute::mittag_leffler(function, 0.0);  // refuses what is out of range
    return {.key = cache::Key(kind(), version(),
                              {{"alpha", function.alpha}, {"beta", function.beta}, {"derivative", function.derivative}, {"gamma", function.gamma}}),
            .coverage = 0,
            .make = [function](const cache::Artifact*) { return make_spectrum(function); },
            .estimate = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(
                1e3 * compute::MittagLefflerSpectrum::making_seconds(function)))),
            .host_binding = {},
            .dependencies = {}};
  }

  std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values, bool same_maker) const override {
    if (same_maker) return first_difference(stored, request(values).make(nullptr));
    const cache::Array* table = stored.find("table");
    if (table == nullptr || stored.arrays().size() != 1 || table->type() != cache::Type::f64) return "it is not one array of doubles named table";
    const auto numbers = table->as<double>();
    try {
      return wrong_value(compute::MittagLefflerSpectrum(function_of(values), std::vector(numbers.begin(), numbers.end())));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  }
};

}  // namespace

std::unique_ptr<Recipe> make_mittag_leffler_spectrum() { return std::make_unique<MittagLefflerSpectrumRecipe>(); }

}  // namespace almanac::recipes
