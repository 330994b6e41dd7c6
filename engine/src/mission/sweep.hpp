#pragma once

#include "mission_text.hpp"
#include "models/model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace almanac::mission {

/// One combination of a sweep's values.
struct Combination {
  std::string name;             ///< "alpha=0.5,dt=0.001"; "" where nothing is swept
  std::vector<Choice> choices;
};

/// Every combination of the lists in [sweep] and of the model's own list, in the order of the file; the last changes fastest.
/// Errors: InputError ← a list that is empty, holds anything but numbers and words, or a value twice; more than kMostCases
std::vector<Combination> read_sweep(const std::filesystem::path& file, const toml::table& root,
                                    const models::Model::ImpliedSweep& implied);
inline constexpr std::size_t kMostCases = 10'000;

}  // namespace almanac::mission
