#include "fft/known_problems.hpp"

#include "fft/planned_log.hpp"
#include "recipes/fft_key.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/error.hpp>
#include <almanac/recipe.hpp>
#include <almanac/warmup.hpp>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace almanac::fft {
namespace {

using compute::Direction;
using compute::FftProblem;
using compute::Rigor;
using compute::Transform;

constexpr std::string_view kKind = "fft_wisdom";
constexpr std::int64_t kLargestCanonical = std::int64_t{1} << 20;

/// Problems in the order they came, each once.
class EachOnce {
 public:
  explicit EachOnce(std::string_view precision) : precision_(precision) {}

  void add(FftProblem problem) {
    problem.rigor = Rigor::measure;
    const std::string name = recipes::fft_wisdom_key(problem, precision_, {}, {}).text() + (problem.split ? " split" : "");
    if (seen_.insert(name).second) problems_.push_back(std::move(problem));
  }
  std::vector<FftProblem> take() { return std::move(problems_); }

 private:
  std::string precision_;
  std::set<std::string> seen_;
  std::vector<FftProblem> problems_;
};

void add_canonical(EachOnce& problems) {
  for (const std::int64_t base : {std::int64_t{2}, std::int64_t{10}}) {
    for (std::int64_t n = base; n <= kLargestCanonical; n *= base) {
      std::vector<std::int64_t> extent;
      for (std::int64_t points = n; extent.size() < 3 && points <= kLargestCanonical; points *= n) {
        extent.push_back(n);
        for (const bool in_place : {false, true}) {
          problems.add({.extent = extent, .direction = Direction::forward, .in_place = in_place});
          problems.add({.extent = extent, .direction = Direction::backward, .in_place = in_place});
          problems.add({.extent = extent, .transform = Transform::r2c, .in_place = in_place});
          problems.add({.extent = extent, .transform = Transform::c2r, .in_place = in_place});
        }
      }
    }
  }
}

void add_those_of_the_catalog(EachOnce& problems) try {
  for (const Catalog::Item& item : Catalog::standard().items) {
    if (item.recipe->kind() == kKind) problems.add(recipes::problem_of(item.values));
  }
} catch (const EnvironmentError&) {  // it is not installed
}

}  // namespace

std::optional<FftProblem> problem_named_by(const cache::Key& key) {
  if (key.kind() != kKind) return std::nullopt;
  try {
    const Recipe& recipe = RecipeRegistry::builtin().at(kKind);
    return recipes::problem_of(recipe.parse(recipe.texts_of(key, {})));
  } catch (const std::invalid_argument&) {
    return std::nullopt;    // of a version with other parameters, or a rigor that is no more
  }
}

std::vector<FftProblem> known_problems(const cache::DiskTier& disk, std::string_view precision, std::span<const FftProblem> named) {
  EachOnce problems(precision);
  for (const FftProblem& problem : named) problems.add(problem);
  const auto has_precision = [&](const cache::Key& key) {
    for (const auto& [name, value] : key.parameters()) {
      if (name == "precision") return value == precision;
    }
    return false;
  };
  const auto add = [&](const cache::EntryInfo& entry) {
    if (entry.key.kind() != kKind || !has_precision(entry.key)) return true;
    if (auto problem = problem_named_by(entry.key)) problems.add(std::move(*problem));
    return true;
  };
  [[maybe_unused]] const cache::Status listed = disk.for_each(add);    // if it cannot be, there are those that follow
  for (PlannedProblem& planned : PlannedLog::read(disk.root() / PlannedLog::kFolder)) {
    if (planned.precision == precision) problems.add(std::move(planned.spec));
  }
  add_those_of_the_catalog(problems);
  add_canonical(problems);
  return problems.take();
}

}  // namespace almanac::fft
