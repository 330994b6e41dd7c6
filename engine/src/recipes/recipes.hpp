#pragma once

#include <almanac/recipe.hpp>

#include <memory>

/// The makers of all recipes, one a file in this folder, for the registry.
namespace almanac::recipes {

std::unique_ptr<Recipe> make_fractional_kernel();
std::unique_ptr<Recipe> make_laplacian();
std::unique_ptr<Recipe> make_fft_wisdom();
std::unique_ptr<Recipe> make_starting_weights();
std::unique_ptr<Recipe> make_mittag_leffler_spectrum();

}  // namespace almanac::recipes
