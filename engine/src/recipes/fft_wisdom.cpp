#include "recipes/fft_wisdom.hpp"

#include "recipes/fft_key.hpp"
#include "recipes/recipes.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace almanac::recipes {
namespace {

using compute::FftProblem;
using compute::Rigor;
using compute::Transform;

const std::array<Parameter, 10> kWisdomParameters{{
    {"extent", ParameterType::integers, "", "1 or more an axis", "logical extents of the real-space array, slowest first"},
    {"transform", ParameterType::words, "c2c", "one; real-to-real kinds also one an axis", "what is computed",
     {"c2c", "r2c", "c2r", "r2hc", "hc2r", "dct1", "dct2", "dct3", "dct4", "dst1", "dst2", "dst3", "dst4"}},
    {"direction", ParameterType::word, "forward", "of c2c", "sign of the exponent", {"forward", "backward"}},
    {"batch", ParameterType::integer, "1", ">= 1", "transforms at once, one behind the other"},
    {"strides", ParameterType::word, std::string(kContiguous), "contiguous, or input:output an axis / count*input:output a batch",
     "where the elements lie: 1024:1024,2:1/3*524288:524288"},
    {"split", ParameterType::flag, "false", "", "real and imaginary parts are arrays of their own"},
    {"in_place", ParameterType::flag, "false", "", "the output overwrites the input"},
    {"precision", ParameterType::word, "double", "", "of the data", {"single", "double", "long_double"}},
    {"rigor", ParameterType::word, "measure", "", "how hard the planner looks; adaptive: the best plan known",
     {"measure", "patient", "exhaustive", "adaptive"}},
    {"threads", ParameterType::integer, "1", "1 … 1024", "threads of one execution"},
}};

/// Asked each time: a program that cleans FFTW up changes the signature.
template <class Real>
FftHost this_host() {
  return {compute::cpu_model(), std::string(compute::instruction_set()), compute::fftw_signature<Real>()};
}

/// The rigor to plan at where an adaptive entry is begun.
FftProblem begun(FftProblem problem) {
  if (problem.rigor == Rigor::adaptive) problem.rigor = Rigor::measure;
  return problem;
}

/// What the engine's own plans are: on aligned arrays, without flags but the one that their transforms want.
template <class Real>
FftVariant engine_variant(const FftProblem& problem) {
  FftVariant variant;
  const auto destroys = [](Transform transform) { return transform == Transform::c2r || transform == Transform::hc2r; };
  if (!problem.in_place && std::ranges::any_of(problem.transform.values(), destroys)) variant.flags = "destroy_input";
  if (problem.split) {
    const compute::SplitDistances distances = compute::split_distances<Real>(begun(problem));
    variant.input_distance = static_cast<std::ptrdiff_t>(distances.input);
    variant.output_distance = static_cast<std::ptrdiff_t>(distances.output);
  }
  return variant;
}

/// Before anything is searched for that would get the key of another FFTW, and once more before it is stored.
template <class Real>
void expect_fftw(const FftHost& host) {
  if (compute::fftw_signature<Real>() == host.signature) return;
  throw compute::WisdomError("the program has cleaned FFTW up, which has other solvers now than when this was asked for");
}

template <class Real>
cache::Artifact make_bundle(const FftProblem& problem) {
  if (problem.rigor != Rigor::adaptive) return bundle_artifact(compute::make_wisdom<Real>(problem));
  const FftProblem measured = begun(problem);
  return bundle_artifact(compute::make_wisdom<Real>(measured), {{std::string(cache::kCoverage), kMeasuredCoverage},
                                                                {std::string(kBundleRigor), std::string(to_string(measured.rigor))}});
}

class FftWisdomRecipe final : public Recipe {
 public:
  std::string_view kind() const noexcept override { return "fft_wisdom"; }
  int version() const noexcept override { return kFftWisdomVersion; }
  std::string_view summary() const noexcept override {
    return "FFTW wisdom: what planning one transform measured, so that later processes plan it at once and alike";
  }
  std::string_view accuracy() const noexcept override { return "the plan gives the bits of the plan first measured"; }
  bool portable() const noexcept override { return false; }
  std::span<const Parameter> parameters() const noexcept override { return kWisdomParameters; }

  cache::Request request(const ParameterValues& values) const override {
    return in_precision(precision(values), [&](auto real) { return fft_wisdom_request<decltype(real)>(problem_of(values)); });
  }

  ParameterTexts texts_of(const cache::Key& key, const cache::Attributes& attributes) const override {
    ParameterTexts texts = Recipe::texts_of(key, attributes);
    std::erase(texts, std::pair<std::string, std::string>("direction", kNoDirection));
    for (auto& [name, text] : texts) {
      if (name == "split") text = text == kNotSplit ? "false" : "true";
    }
    return texts;
  }

  /// Measured again, FFTW may well choose another plan: what counts is that the bundle still plans this problem, alone.
  std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values, bool) const override {
    const cache::Array* bundle = stored.find("wisdom");
    if (bundle == nullptr || bundle->type() != cache::Type::u8) return "there is no u8 array wisdom";
    const FftProblem problem = planned_with(stored, problem_of(values));
    try {
      in_precision(precision(values), [&](auto real) { const compute::FftPlan<decltype(real)> plan(problem, bundle_of(stored)); });
    } catch (const compute::WisdomError& refusal) {
      return fmt::format("wisdom does not plan this problem: {}", refusal.what());
    }
    return std::nullopt;
  }

  std::string why_not_made(const cache::Key& key) const override {
    return is_of_this_host(key) ? "a program planned it with arrays or flags of its own, which plans of this one do not have"
                                : Recipe::why_not_made(key);
  }

  /// Of a problem that only a wrapped program plans: whether FFTW would read the bundle at all.
  std::optional<std::string> refusal(const cache::Artifact& stored, const cache::Key& key) const override {
    if (!is_of_this_host(key)) return std::nullopt;
    const cache::Array* bundle = stored.find("wisdom");
    if (bundle == nullptr || bundle->type() != cache::Type::u8) return "there is no u8 array wisdom";
    const std::string reason =
        in_precision(value_of(key, "precision"), [&](auto real) { return compute::refuse_wisdom<decltype(real)>(bundle_of(stored)); });
    return reason.empty() ? std::nullopt : std::optional("FFT wisdom refused: " + reason);
  }

 private:
  static std::string value_of(const cache::Key& key, std::string_view wanted) {
    for (const auto& [name, value] : key.parameters()) {
      if (name == wanted) return value;
    }
    return {};
  }

  static bool is_of_this_host(const cache::Key& key) {
    const FftHost host = in_precision(value_of(key, "precision"), [](auto real) { return this_host<decltype(real)>(); });
    return value_of(key, "cpu") == host.cpu && value_of(key, "isa") == host.isa && value_of(key, "signature") == host.signature;
  }

  static const std::string& precision(const ParameterValues& values) { return std::get<std::string>(values.at("precision")); }
};

}  // namespace

std::chrono::nanoseconds planning_estimate(const FftProblem& problem) {
  double points = static_cast<double>(problem.batch);
  for (const std::int64_t n : problem.extent) points *= static_cast<double>(n);
  if (problem.strides) {
    for (const auto& batch : problem.strides->batches) points *= static_cast<double>(batch.count);
  }
  const double execution = 2.0 * points * std::log2(points + 2);
  switch (problem.rigor) {
    case Rigor::estimate: return std::chrono::microseconds(100);
    case Rigor::adaptive:
    case Rigor::measure: return std::chrono::nanoseconds(static_cast<std::int64_t>(20e6 + 50 * execution));
    case Rigor::patient: return std::chrono::nanoseconds(static_cast<std::int64_t>(100e6 + 1000 * execution));
    case Rigor::exhaustive: return std::chrono::nanoseconds(static_cast<std::int64_t>(200e6 + 3000 * execution));
  }
  return {};
}

FftProblem problem_of(const ParameterValues& values) {
  std::vector<Transform> transform;
  for (const std::string& word : std::get<std::vector<std::string>>(values.at("transform"))) {
    transform.push_back(compute::parse_transform(word).value());
  }
  std::optional<compute::FftStrides> strides;
  if (const std::string& text = std::get<std::string>(values.at("strides")); text != kContiguous) {
    strides = parse_fft_strides(text);
    if (!strides) {
      throw InputError(fmt::format("fft_wisdom: strides = '{}': must be contiguous, or input:output an axis with commas between, "
                                   "then / and count*input:output a batch: 1024:1024,2:1/3*524288:524288", text));
    }
  }
  return {.extent = std::get<std::vector<std::int64_t>>(values.at("extent")),
          .transform = transform,
          .direction = compute::parse_direction(std::get<std::string>(values.at("direction"))).value(),
          .batch = std::get<std::int64_t>(values.at("batch")),
          .strides = std::move(strides),
          .split = std::get<bool>(values.at("split")),
          .in_place = std::get<bool>(values.at("in_place")),
          .rigor = compute::parse_rigor(std::get<std::string>(values.at("rigor"))).value(),
          .threads = static_cast<int>(std::clamp<std::int64_t>(std::get<std::int64_t>(values.at("threads")), -1, 1 << 20))};
}

ParameterTexts texts_of(const FftProblem& problem, std::string_view precision) {
  // Its key says all of it in words that the parameters have, but for what is not theirs.
  const cache::Key key = fft_wisdom_key(problem, precision, {}, {});
  ParameterTexts texts;
  for (const Parameter& parameter : kWisdomParameters) {
    for (const auto& [name, text] : key.parameters()) {
      if (name == parameter.name && name != "split" && text != kNoDirection) texts.emplace_back(name, text);
    }
  }
  texts.emplace_back("split", problem.split ? "true" : "false");
  return texts;
}

FftProblem planned_with(const cache::Artifact& artifact, FftProblem problem) {
  if (problem.rigor != Rigor::adaptive) return problem;
  const auto* name = artifact.attribute<std::string>(kBundleRigor);
  const auto rigor = name == nullptr ? std::nullopt : compute::parse_rigor(*name);
  problem.rigor = rigor.value_or(Rigor::measure);
  return problem;
}

template <class Real>
cache::Request fft_wisdom_request(const FftProblem& problem) {
  compute::check(begun(problem), sizeof(Real));
  const FftHost host = this_host<Real>();
  return {.key = fft_wisdom_key(problem, precision_of<Real>(), engine_variant<Real>(problem), host),
          .coverage = problem.rigor == Rigor::adaptive ? kMeasuredCoverage : 0,
          .make = [problem, host](const cache::Artifact*) {
            look_at_fftw<Real>();
            expect_fftw<Real>(host);
            cache::Artifact bundle = make_bundle<Real>(problem);
            expect_fftw<Real>(host);
            return bundle;
          },
          .estimate = planning_estimate(problem),
          .host_binding = fmt::format("{}; {}; {}", host.cpu, host.isa, host.signature),
          .dependencies = {}};
}

template cache::Request fft_wisdom_request<float>(const FftProblem&);
template cache::Request fft_wisdom_request<double>(const FftProblem&);
template cache::Request fft_wisdom_request<long double>(const FftProblem&);

template <class Real>
void look_at_fftw() {
  const compute::FftPlan<Real> smallest({.extent = {1}, .rigor = Rigor::estimate}, {});
}

template void look_at_fftw<float>();
template void look_at_fftw<double>();
template void look_at_fftw<long double>();

cache::Artifact bundle_artifact(std::string_view wisdom, cache::Attributes attributes) {
  std::vector<std::uint8_t> bytes(wisdom.begin(), wisdom.end());
  const auto size = static_cast<std::int64_t>(bytes.size());
  return cache::Artifact({cache::Array::of("wisdom", {size}, std::move(bytes))}, std::move(attributes));
}

std::string_view bundle_of(const cache::Artifact& artifact) {
  const cache::Array* bundle = artifact.find("wisdom");
  if (bundle == nullptr || bundle->type() != cache::Type::u8) throw compute::WisdomError("it holds no wisdom");
  const auto bytes = bundle->as<std::uint8_t>();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unique_ptr<Recipe> make_fft_wisdom() { return std::make_unique<FftWisdomRecipe>(); }

}  // namespace almanac::recipes
