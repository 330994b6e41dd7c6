#pragma once

#include <almanac/recipe.hpp>

#include <memory>

/// The makers of all recipes, one a file in this folder, for the registry.
namespace almanac::recipes {

std::unique_ptr<Recipe> make_fractional_kernel();
std::unique_ptr<Recipe> make_laplacian();
std::unique_ptr<Recipe> make_fft_wisdom();

}  // namespace almanac::recipes
