#include "recipes/fft_wisdom.hpp"

#include "recipes/recipes.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace almanac::recipes {
namespace {

constexpr int kVersion = 1;
constexpr const char* kNoDirection = "none";  // in keys of transforms that have none

const std::array<Parameter, 8> kParameters{{
    {"extent", ParameterType::integers, "", "1 or more an axis", "logical extents of the real-space array, slowest first"},
    {"transform", ParameterType::words, "c2c", "one; real-to-real kinds also one an axis", "what is computed",
     {"c2c", "r2c", "c2r", "r2hc", "hc2r", "dct1", "dct2", "dct3", "dct4", "dst1", "dst2", "dst3", "dst4"}},
    {"direction", ParameterType::word, "forward", "of c2c", "sign of the exponent", {"forward", "backward"}},
    {"batch", ParameterType::integer, "1", ">= 1", "transforms at once, one behind the other"},
    {"in_place", ParameterType::flag, "false", "", "the output overwrites the input"},
    {"precision", ParameterType::word, "double", "", "of the data", {"single", "double"}},
    {"rigor", ParameterType::word, "measure", "", "how hard the planner looks",
     {"measure", "patient", "exhaustive"}},
    {"threads", ParameterType::integer, "1", "1 … 1024", "threads of one execution"},
}};

/// What planning may take, from the size and the rigor alone; only its order of magnitude matters.
std::chrono::nanoseconds planning_estimate(const compute::FftProblem& problem) {
  double points = static_cast<double>(problem.batch);
  for (const std::int64_t n : problem.extent) points *= static_cast<double>(n);
  const double execution = 2.0 * points * std::log2(points + 2);
  switch (problem.rigor) {
    case compute::Rigor::estimate: return std::chrono::microseconds(100);
    case compute::Rigor::measure: return std::chrono::nanoseconds(static_cast<std::int64_t>(20e6 + 50 * execution));
    case compute::Rigor::patient: return std::chrono::nanoseconds(static_cast<std::int64_t>(100e6 + 1000 * execution));
    case compute::Rigor::exhaustive: return std::chrono::nanoseconds(static_cast<std::int64_t>(200e6 + 3000 * execution));
  }
  return {};
}

/// One word where all axes agree, else one an axis.
std::vector<std::string> transform_words(const compute::FftProblem& problem) {
  std::vector<std::string> words;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) words.emplace_back(to_string(problem.transform[axis]));
  if (std::ranges::all_of(words, [&](const std::string& word) { return word == words.front(); })) words.resize(1);
  return words;
}

template <class Real>
cache::Artifact make_bundle(const compute::FftProblem& problem) {
  const std::string wisdom = compute::make_wisdom<Real>(problem);
  std::vector<std::uint8_t> bytes(wisdom.begin(), wisdom.end());
  const auto size = static_cast<std::int64_t>(bytes.size());
  return cache::Artifact({cache::Array::of("wisdom", {size}, std::move(bytes))});
}

class FftWisdomRecipe final : public Recipe {
 public:
  std::string_view kind() const noexcept override { return "fft_wisdom"; }
  int version() const noexcept override { return kVersion; }
  std::string_view summary() const noexcept override {
    return "FFTW wisdom: what planning one transform measured, so that later processes plan it at once and alike";
  }
  std::string_view accuracy() const noexcept override { return "the plan gives the bits of the plan first measured"; }
  bool portable() const noexcept override { return false; }
  std::span<const Parameter> parameters() const noexcept override { return kParameters; }

  cache::Request request(const ParameterValues& values) const override {
    const compute::FftProblem problem = problem_of(values);
    return is_single(values) ? fft_wisdom_request<float>(problem) : fft_wisdom_request<double>(problem);
  }

  ParameterTexts texts_of(const cache::Key& key, const cache::Attributes& attributes) const override {
    ParameterTexts texts = Recipe::texts_of(key, attributes);
    std::erase(texts, std::pair<std::string, std::string>("direction", kNoDirection));
    return texts;
  }

  /// Measured again, FFTW may well choose another plan: what counts is that the bundle still plans this problem, alone.
  std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values, bool) const override {
    const compute::FftProblem problem = problem_of(values);
    const cache::Array* bundle = stored.find("wisdom");
    if (bundle == nullptr || bundle->type() != cache::Type::u8) return "there is no u8 array wisdom";
    try {
      if (is_single(values)) {
        const compute::FftPlan<float> plan(problem, bundle_of(stored));
      } else {
        const compute::FftPlan<double> plan(problem, bundle_of(stored));
      }
    } catch (const compute::WisdomError& refusal) {
      return fmt::format("wisdom does not plan this problem: {}", refusal.what());
    }
    return std::nullopt;
  }

 private:
  static bool is_single(const ParameterValues& values) { return std::get<std::string>(values.at("precision")) == "single"; }

  static compute::FftProblem problem_of(const ParameterValues& values) {
    std::vector<compute::Transform> transform;
    for (const std::string& word : std::get<std::vector<std::string>>(values.at("transform"))) {
      transform.push_back(compute::parse_transform(word).value());
    }
    return {
        .extent = std::get<std::vector<std::int64_t>>(values.at("extent")),
        .transform = transform,
        .direction = compute::parse_direction(std::get<std::string>(values.at("direction"))).value(),
        .batch = std::get<std::int64_t>(values.at("batch")),
        .in_place = std::get<bool>(values.at("in_place")),
        .rigor = compute::parse_rigor(std::get<std::string>(values.at("rigor"))).value(),
        .threads = static_cast<int>(std::clamp<std::int64_t>(std::get<std::int64_t>(values.at("threads")), -1, 1 << 20))};
  }
};

}  // namespace

template <class Real>
cache::Request fft_wisdom_request(const compute::FftProblem& problem) {
  compute::check(problem);
  const bool has_direction = problem.transform[0] == compute::Transform::c2c;
  std::string host = fmt::format("{}; {}; {}", compute::cpu_model(), compute::instruction_set(),
                                 compute::fftw_signature<Real>());
  return {.key = cache::Key("fft_wisdom", kVersion,
                            {{"alignment", 16},
                             {"batch", problem.batch},
                             {"cpu", compute::cpu_model()},
                             {"direction", has_direction ? to_string(problem.direction) : kNoDirection},
                             {"extent", problem.extent},
                             {"in_place", problem.in_place},
                             {"isa", compute::instruction_set()},
                             {"precision", sizeof(Real) == sizeof(float) ? "single" : "double"},
                             {"rigor", to_string(problem.rigor)},
                             {"signature", compute::fftw_signature<Real>()},
                             {"strides", "contiguous"},
                             {"threads", problem.threads},
                             {"transform", transform_words(problem)}}),
          .coverage = 0,
          .make = [problem](const cache::Artifact*) { return make_bundle<Real>(problem); },
          .estimate = planning_estimate(problem),
          .host_binding = std::move(host),
          .dependencies = {}};
}

template cache::Request fft_wisdom_request<float>(const compute::FftProblem&);
template cache::Request fft_wisdom_request<double>(const compute::FftProblem&);

std::string_view bundle_of(const cache::Artifact& artifact) {
  const auto bytes = artifact.at("wisdom").as<std::uint8_t>();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unique_ptr<Recipe> make_fft_wisdom() { return std::make_unique<FftWisdomRecipe>(); }

}  // namespace almanac::recipes
