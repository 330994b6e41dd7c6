#pragma once

#include <almanac/recipe.hpp>

#include <optional>
#include <string>

namespace almanac {

/// How this build makes what a key names.
struct Making {
  const Recipe* recipe = nullptr;
  ParameterValues values{};
  std::optional<cache::Request> request{};  ///< nullopt: nobody here can
  std::string why_not{};
};

/// `attributes` are those of the stored artifact, which say how far it reaches; without them, as far as the recipe's defaults.
Making making_of(const cache::Key& key, const cache::Attributes& attributes);

}  // namespace almanac
