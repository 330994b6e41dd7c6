#include "recipes/starting_weights.hpp"

#include "artifact_difference.hpp"
#include "recipes/recipes.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace almanac::recipes {
namespace {

constexpr int kStartingVersion = 1;
constexpr std::int64_t kSmallestTable = 1024;
constexpr std::int64_t kTableSegment = std::int64_t{1} << 20;
// About: an estimate is all admission and leases need.
constexpr double kNanosecondsAnExponent = 1e7, kNanosecondsARowAndExponent = 5e3;

/// As many rows as fit into this machine.
std::int64_t most_rows(std::size_t exponents) noexcept {
  const auto limit = static_cast<std::int64_t>(compute::kMaxStartingSteps);
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return limit;
  return std::min<std::int64_t>(limit, std::int64_t{pages} * page / static_cast<std::int64_t>(sizeof(double) * std::max<std::size_t>(1, exponents)));
}

/// What compute::starting_weights refuses, but for the condition, which is known when they are made.
void check_starting(compute::QuadratureRule rule, double alpha, const std::vector<double>& exponents) {
  compute::quadrature_weights(rule, alpha, 0, {});
  if (exponents.empty() || exponents.size() > compute::kMaxStartingExponents) {
    throw compute::ArgumentError("exponents", fmt::format("{} values", exponents.size()),
                                 fmt::format("be 1 to {} values", compute::kMaxStartingExponents));
  }
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    const bool increases = i == 0 || exponents[i] > exponents[i - 1];
    if (increases && exponents[i] >= 0 && exponents[i] <= compute::kMaxStartingExponent) continue;
    throw compute::ArgumentError(fmt::format("exponents[{}]", i), fmt::format("{}", exponents[i]),
                                 fmt::format("lie in [0, {}] and exceed the one before", compute::kMaxStartingExponent));
  }
}

std::int64_t covering_rows(std::int64_t steps, std::int64_t most) noexcept {
  if (steps <= kSmallestTable) return std::min(most, kSmallestTable);
  const std::int64_t rounded = steps <= kTableSegment ? static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(steps)))
                                                      : (steps + kTableSegment - 1) / kTableSegment * kTableSegment;
  return std::min(most, rounded);
}

cache::Artifact make_rows(compute::QuadratureRule rule, double alpha, const std::vector<double>& exponents, std::int64_t rows,
                          const cache::Artifact* prior) {
  compute::StartingWeights starting = compute::starting_weights(rule, alpha, exponents, static_cast<std::uint64_t>(rows));
  if (prior != nullptr) {
    const auto known = prior->at("weights").as<double>();
    std::memcpy(starting.weights.data(), known.data(), std::min(known.size(), starting.weights.size()) * sizeof(double));
  }
  const auto columns = static_cast<std::int64_t>(exponents.size());
  return cache::Artifact({cache::Array::of("weights", {rows, columns}, std::move(starting.weights)),
                          cache::Array::of("exponents", {columns}, exponents)},
                         {{"first_node", std::int64_t{starting.first_node}},
                          {"condition", starting.condition},
                          {"digits_lost", starting.digits_lost},
                          {"error", starting.error},
                          {std::string(cache::kCoverage), rows}});
}

/// Both makers' rows are within their error of the largest weight of the row, and rounded: twice that apart at most.
std::optional<std::string> row_difference(const cache::Artifact& stored, const cache::Artifact& fresh) {
  const cache::Array* weights = stored.find("weights");
  const auto* error = stored.attributes().contains("error") ? std::get_if<double>(&stored.attributes().at("error")) : nullptr;
  if (weights == nullptr || error == nullptr || weights->type() != cache::Type::f64 || weights->shape().size() != 2) {
    return "it has no table of weights with an error";
  }
  const auto columns = static_cast<std::size_t>(weights->shape()[1]);
  const cache::Array& other = fresh.at("weights");
  if (other.shape()[1] != weights->shape()[1] || cache::coverage_of(stored.attributes()) != weights->shape()[0]) {
    return "its table has another shape than it says";
  }
  const double fresh_error = std::get<double>(fresh.attributes().at("error"));
  const double allowed = *error + fresh_error + std::numeric_limits<double>::epsilon();
  const auto a = weights->as<double>(), b = other.as<double>();
  for (std::size_t row = 0; row * columns < std::min(a.size(), b.size()); ++row) {
    double largest = 0;
    for (std::size_t j = 0; j < columns; ++j) largest = std::max(largest, std::abs(b[row * columns + j]));
    for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
      if (std::abs(a[i] - b[i]) <= allowed * largest) continue;
      return fmt::format("weights[{}, {}] = {} is stored, computing it gives {}; {:.3} apart, at most {:.3} is allowed", row, i % columns, a[i],
                         b[i], std::abs(a[i] - b[i]), allowed * largest);
    }
  }
  return std::nullopt;
}

class StartingWeightsRecipe final : public Recipe {
 public:
  StartingWeightsRecipe() : parameters_(starting_weights_parameters()) {
    parameters_.push_back({"steps", ParameterType::integer, "1024", fmt::format("1 … {}", compute::kMaxStartingSteps), "number of rows"});
  }

  std::string_view kind() const noexcept override { return "starting_weights"; }
  int version() const noexcept override { return kStartingVersion; }
  std::string_view summary() const noexcept override {
    return "Starting weights of convolution quadrature, exact for powers of t: one table serves every step and every number of steps";
  }
  std::string_view accuracy() const noexcept override { return "a row within its attribute error of its largest weight, and rounded"; }
  bool portable() const noexcept override { return true; }
  std::span<const Parameter> parameters() const noexcept override { return parameters_; }

  cache::Request request(const ParameterValues& values) const override {
    return starting_weights_request(starting_rule(values), value_of<double>(values, "alpha"), starting_exponents(values),
                                    value_of<std::int64_t>(values, "steps"));
  }

  cache::Artifact present(const cache::Artifact& stored, const ParameterValues& values) const override {
    const cache::Array& table = stored.at("weights");
    std::vector<cache::Array> arrays;
    arrays.emplace_back("weights", cache::Type::f64, std::vector{value_of<std::int64_t>(values, "steps"), table.shape()[1]}, table.data(),
                        table.owner());
    arrays.push_back(stored.at("exponents"));
    cache::Attributes attributes = stored.attributes();
    attributes.erase(std::string(cache::kCoverage));
    return cache::Artifact(std::move(arrays), std::move(attributes));
  }

  ParameterTexts texts_of(const cache::Key& key, const cache::Attributes& attributes) const override {
    ParameterTexts texts = Recipe::texts_of(key, attributes);
    if (const std::int64_t rows = cache::coverage_of(attributes); rows > 0) texts.emplace_back("steps", fmt::format("{}", rows));
    return texts;
  }

  std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values, bool same_maker) const override {
    const cache::Artifact fresh = request(values).make(nullptr);
    return same_maker ? first_difference(stored, fresh) : row_difference(stored, fresh);
  }

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace

std::vector<Parameter> starting_weights_parameters() {
  using namespace compute;
  Parameter scheme{"scheme", ParameterType::word, "", "", "generating polynomials"};
  for (const QuadratureRule rule : {QuadratureRule::bdf1, QuadratureRule::bdf2, QuadratureRule::bdf3, QuadratureRule::bdf4,
                                    QuadratureRule::bdf5, QuadratureRule::bdf6, QuadratureRule::trapezoidal,
                                    QuadratureRule::newton_gregory}) {
    scheme.choices.emplace_back(to_string(rule));
  }
  return {scheme,
          {"alpha", ParameterType::real, "", fmt::format("{} … {}", kMinQuadratureAlpha, kMaxQuadratureAlpha),
           "order of the derivative; below 0, of the integral"},
          {"exponents", ParameterType::reals, "", fmt::format("increasing, 0 … {}, at most {}", kMaxStartingExponent, kMaxStartingExponents),
           "the powers of t", {}, "i + j |alpha| up to last"},
          {"last", ParameterType::real, "", fmt::format("0 … {}", kMaxStartingExponent), "largest power", {}, "order of the scheme - 1"}};
}

compute::QuadratureRule starting_rule(const ParameterValues& values) {
  return compute::parse_quadrature_rule(value_of<std::string>(values, "scheme")).value();
}

std::vector<double> starting_exponents(const ParameterValues& values) {
  const auto exponents = values.find("exponents"), last = values.find("last");
  if (exponents != values.end() && last != values.end()) throw InputError("starting_weights: give exponents or last, not both");
  if (exponents != values.end()) return std::get<std::vector<double>>(exponents->second);
  const double up_to = last == values.end() ? compute::quadrature_order(starting_rule(values)) - 1.0 : std::get<double>(last->second);
  return compute::starting_exponents(value_of<double>(values, "alpha"), up_to);
}

cache::Request starting_weights_request(compute::QuadratureRule rule, double alpha, std::vector<double> exponents, std::int64_t steps) {
  const std::int64_t most = most_rows(exponents.size());
  if (steps < 1 || steps > most) throw compute::ArgumentError("steps", fmt::format("{}", steps), fmt::format("lie in [1, {}]", most));
  check_starting(rule, alpha, exponents);
  alpha += 0.0;  // -0 and 0 are one artifact
  for (double& exponent : exponents) exponent += 0.0;
  const std::int64_t rows = covering_rows(steps, most);
  const auto count = static_cast<double>(exponents.size());
  const double estimate = count * (kNanosecondsAnExponent + kNanosecondsARowAndExponent * static_cast<double>(rows));
  return {.key = cache::Key("starting_weights", kStartingVersion, {{"alpha", alpha}, {"exponents", exponents}, {"scheme", to_string(rule)}}),
          .coverage = steps,
          .make = [rule, alpha, exponents, rows](const cache::Artifact* prior) { return make_rows(rule, alpha, exponents, rows, prior); },
          .estimate = std::chrono::nanoseconds(static_cast<std::int64_t>(estimate)),
          .host_binding = {},
          .dependencies = {},
          .expected_bytes = static_cast<std::uint64_t>(rows) * exponents.size() * sizeof(double)};
}

compute::StartingWeights starting_weights_of(const cache::Artifact& artifact, std::int64_t steps) {
  const auto exponents = artifact.at("exponents").as<double>();
  const auto rows = artifact.at("weights").as<double>().first(static_cast<std::size_t>(steps) * exponents.size());
  compute::StartingWeights starting;
  starting.exponents.assign(exponents.begin(), exponents.end());
  starting.steps = static_cast<std::uint64_t>(steps);
  starting.first_node = static_cast<int>(std::get<std::int64_t>(artifact.attributes().at("first_node")));
  starting.weights.assign(rows.begin(), rows.end());
  starting.condition = std::get<double>(artifact.attributes().at("condition"));
  starting.digits_lost = std::get<double>(artifact.attributes().at("digits_lost"));
  starting.error = std::get<double>(artifact.attributes().at("error"));
  return starting;
}

std::unique_ptr<Recipe> make_starting_weights() { return std::make_unique<StartingWeightsRecipe>(); }

}  // namespace almanac::recipes
