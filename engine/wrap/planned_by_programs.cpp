#include "planned_by_programs.hpp"

#include "fft/known_problems.hpp"
#include "recipes/fft_wisdom.hpp"

#include <exception>
#include <filesystem>
#include <string>

namespace almanac::wrap {
namespace {

std::filesystem::path folder_of(Engine& engine) {
  cache::DiskTier* const disk = engine.disk();
  return disk != nullptr && !disk->problem() ? disk->root() / PlannedLog::kFolder : std::filesystem::path();
}

std::string precision_in(const cache::Key& key) {
  for (auto& [name, value] : key.parameters()) {
    if (name == "precision") return value;
  }
  return {};
}

}  // namespace

PlannedByPrograms::PlannedByPrograms(Engine& engine) : log_(folder_of(engine)) {}

void PlannedByPrograms::note(const cache::Key& key, std::chrono::nanoseconds planning) noexcept try {
  const auto problem = fft::problem_named_by(key);
  if (!problem) return;
  recipes::in_precision(precision_in(key), [&](auto real) {
    using Real = decltype(real);
    if (recipes::fft_wisdom_request<Real>(*problem).key == key) log_.note(*problem, recipes::precision_of<Real>(), planning);
  });
} catch (const std::exception&) {  // what the engine has no plan for
}

}  // namespace almanac::wrap
