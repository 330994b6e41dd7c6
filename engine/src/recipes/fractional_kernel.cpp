#include "recipes/fractional_kernel.hpp"

#include "artifact_difference.hpp"
#include "recipes/recipes.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>

namespace almanac::recipes {
namespace {

constexpr int kKernelVersion = 1;
constexpr std::int64_t kSmallest = 1024;
constexpr std::int64_t kSegment = std::int64_t{1} << 20;
constexpr double kNanosecondsAWeight = 5;  // into fresh memory, as a process that starts meets it; an estimate is all admission and leases need

const std::array<Parameter, 3> kKernelParameters{{
    {"alpha", ParameterType::real, "", fmt::format("{} … {}", compute::kMinGrunwaldAlpha, compute::kMaxGrunwaldAlpha),
     "order of the fractional difference"},
    {"n", ParameterType::integer, "1024", fmt::format("1 … {}", compute::kMaxGrunwaldIndex), "number of weights"},
    {"dt", ParameterType::real, "1", "> 0", "step of the grid; the scale is dt^-alpha"},
}};

std::int64_t most_weights() noexcept {
  const auto limit = static_cast<std::int64_t>(compute::kMaxGrunwaldIndex);
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return limit;
  return std::min<std::int64_t>(limit, std::int64_t{pages} * page / static_cast<std::int64_t>(sizeof(double)));
}

std::shared_ptr<double[]> allocate(std::int64_t count) {
  const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(double) + 63) / 64 * 64;
  auto* const block = static_cast<double*>(std::aligned_alloc(64, bytes));
  if (block == nullptr) throw std::bad_alloc();
  return {block, [](double* memory) { std::free(memory); }};
}

cache::Artifact make_table(double alpha, std::int64_t length, const cache::Artifact* prior) {
  const auto table = allocate(length);
  std::size_t known = 0;
  if (prior != nullptr) {
    const auto prefix = prior->at("weights").as<double>();
    known = std::min(prefix.size(), static_cast<std::size_t>(length));
    std::memcpy(table.get(), prefix.data(), known * sizeof(double));
  }
  const int threads = length < kSegment ? 1 : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  compute::grunwald_weights(alpha, known, std::span(table.get() + known, static_cast<std::size_t>(length) - known), threads);
  std::vector<cache::Array> arrays;
  arrays.emplace_back("weights", cache::Type::f64, std::vector{length}, table.get(), table);
  return cache::Artifact(std::move(arrays), {{"alpha", alpha}, {std::string(cache::kCoverage), length}});
}

class FractionalKernelRecipe final : public Recipe {
 public:
  std::string_view kind() const noexcept override { return "fractional_kernel"; }
  int version() const noexcept override { return kKernelVersion; }
  std::string_view summary() const noexcept override {
    return "Grünwald–Letnikov weights (-1)^k binom(alpha, k): one table an alpha serves every dt and every n";
  }
  std::string_view accuracy() const noexcept override { return "at most 1 ulp from the exact value"; }
  bool portable() const noexcept override { return true; }
  std::span<const Parameter> parameters() const noexcept override { return kKernelParameters; }

  cache::Request request(const ParameterValues& values) const override {
    cache::Request request =
        fractional_kernel_request(std::get<double>(values.at("alpha")), std::get<std::int64_t>(values.at("n")));
    fractional_scale(std::get<double>(values.at("alpha")), std::get<double>(values.at("dt")));
    return request;
  }

  cache::Artifact present(const cache::Artifact& stored, const ParameterValues& values) const override {
    const double alpha = std::get<double>(values.at("alpha")) + 0.0;
    const double dt = std::get<double>(values.at("dt"));
    const std::int64_t n = std::get<std::int64_t>(values.at("n"));
    const cache::Array& table = stored.at("weights");
    std::vector<cache::Array> arrays;
    arrays.emplace_back("weights", cache::Type::f64, std::vector{n}, table.data(), table.owner());
    return cache::Artifact(std::move(arrays), {{"alpha", alpha}, {"dt", dt}, {"scale", fractional_scale(alpha, dt)}});
  }

  ParameterTexts texts_of(const cache::Key& key, const cache::Attributes& attributes) const override {
    ParameterTexts texts = Recipe::texts_of(key, attributes);
    if (const std::int64_t length = cache::coverage_of(attributes); length > 0) texts.emplace_back("n", fmt::format("{}", length));
    return texts;
  }

  /// A table of another maker holds other roundings of the same numbers w. Both values lie within 1 ulp of w, so they are at
  /// most 2 ulp(w) apart. That is no more than 2 ulp of the greater of them: its ulp is below ulp(w) only where both lie
  /// under the power of two 2^e <= |w|, and then both are in the interval of 1 ulp(w) below it.
  std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values,
                                        bool same_maker) const override {
    const cache::Artifact fresh = request(values).make(nullptr);
    const Allowance two_ulp = [](std::string_view, double a, double b) { return 2 * ulp(std::max(std::abs(a), std::abs(b))); };
    return first_difference(stored, as_long_as(stored, fresh), same_maker ? Allowance() : two_ulp);
  }

 private:
  /// The beginning of a fresh table that is longer than the stored one.
  static cache::Artifact as_long_as(const cache::Artifact& stored, const cache::Artifact& fresh) {
    const cache::Array& table = fresh.at("weights");
    const cache::Array* old = stored.find("weights");
    const std::int64_t length = cache::coverage_of(stored.attributes());
    if (old == nullptr || old->shape() != std::vector{length} || old->size() >= table.size()) return fresh;
    std::vector<cache::Array> arrays;
    arrays.emplace_back(table.name(), table.type(), old->shape(), table.data(), table.owner());
    cache::Attributes attributes = fresh.attributes();
    attributes[std::string(cache::kCoverage)] = length;
    return cache::Artifact(std::move(arrays), std::move(attributes));
  }
};

}  // namespace

double fractional_scale(double alpha, double dt) {
  if (!(dt > 0) || !std::isfinite(dt)) throw compute::ArgumentError("dt", fmt::format("{}", dt), "be finite and above 0");
  const double scale = std::pow(dt, -alpha);
  if (!std::isnormal(scale)) {
    throw compute::ArgumentError("dt", fmt::format("{}", dt), fmt::format("leave dt^-alpha = {} within the range of doubles", scale));
  }
  return scale;
}

std::int64_t covering_length(std::int64_t n) noexcept {
  if (n <= kSmallest) return kSmallest;
  if (n <= kSegment) return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(n)));
  const std::int64_t rounded = (n + kSegment - 1) / kSegment * kSegment;
  return std::max(n, std::min(rounded, static_cast<std::int64_t>(compute::kMaxGrunwaldIndex)));
}

cache::Request fractional_kernel_request(double alpha, std::int64_t n) {
  if (!(alpha >= compute::kMinGrunwaldAlpha && alpha <= compute::kMaxGrunwaldAlpha)) {
    throw compute::ArgumentError("alpha", fmt::format("{}", alpha),
                                 fmt::format("lie in [{}, {}]", compute::kMinGrunwaldAlpha, compute::kMaxGrunwaldAlpha));
  }
  static const std::int64_t most = most_weights();
  if (n < 1 || n > most) {
    throw compute::ArgumentError("n", fmt::format("{}", n), fmt::format("lie in [1, {}]", most));
  }
  alpha += 0.0;  // -0 and 0 are one artifact
  const std::int64_t length = covering_length(n);
  return {.key = cache::Key("fractional_kernel", kKernelVersion, {{"alpha", alpha}}),
          .coverage = n,
          .make = [alpha, length](const cache::Artifact* prior) { return make_table(alpha, length, prior); },
          .estimate = std::chrono::nanoseconds(static_cast<std::int64_t>(kNanosecondsAWeight * static_cast<double>(length))),
          .host_binding = {},
          .dependencies = {},
          .expected_bytes = static_cast<std::uint64_t>(length) * sizeof(double)};
}

std::unique_ptr<Recipe> make_fractional_kernel() { return std::make_unique<FractionalKernelRecipe>(); }

}  // namespace almanac::recipes
