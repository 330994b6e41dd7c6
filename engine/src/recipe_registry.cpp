#include <almanac/error.hpp>
#include <almanac/recipe.hpp>

#include "recipes/recipes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace almanac {

// The kinds this build knows: one line each.
RecipeRegistry::RecipeRegistry() {
  recipes_.push_back(recipes::make_fractional_kernel());
  recipes_.push_back(recipes::make_laplacian());
  recipes_.push_back(recipes::make_fft_wisdom());
  recipes_.push_back(recipes::make_starting_weights());
  recipes_.push_back(recipes::make_mittag_leffler_spectrum());
}

const RecipeRegistry& RecipeRegistry::builtin() {
  static const RecipeRegistry registry;
  return registry;
}

const Recipe* RecipeRegistry::find(std::string_view kind) const noexcept {
  const auto found = std::ranges::find_if(recipes_, [&](const auto& recipe) { return recipe->kind() == kind; });
  return found == recipes_.end() ? nullptr : found->get();
}

const Recipe& RecipeRegistry::at(std::string_view kind) const {
  if (const Recipe* recipe = find(kind)) return *recipe;
  std::vector<std::string_view> known;
  for (const auto& recipe : recipes_) known.push_back(recipe->kind());
  throw InputError(fmt::format("unknown kind '{}'; known kinds: {}", kind, fmt::join(known, ", ")));
}

}  // namespace almanac
