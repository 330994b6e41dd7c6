#pragma once

#include <array>
#include <string_view>

namespace almanac::recipes {

/// The kinds of RecipeRegistry::builtin(), for who reads settings of kinds and knows no recipes.
inline constexpr std::array<std::string_view, 5> kBuiltinKinds{"fractional_kernel", "laplacian", "fft_wisdom", "starting_weights",
                                                               "mittag_leffler_spectrum"};

}  // namespace almanac::recipes
