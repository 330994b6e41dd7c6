#pragma once

#include "temporary_folder.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::bench {

inline constexpr double kAlpha = 0.7;
inline constexpr std::int64_t kSmall = 1 << 10;       ///< weights: 8 kB
inline constexpr std::int64_t kLarge = 10 * (1 << 20);  ///< weights: 84 MB

/// The folder of this run; every competitor keeps its files in it.
const std::filesystem::path& folder();

/// The table all competitors store and fetch: Grünwald–Letnikov weights of kAlpha.
const std::vector<double>& table(std::int64_t length);

/// What a user of the table does: here one number from each page, so that a mapping is really there.
double touch(std::span<const double> values);

/// Ends the program with a message when a competitor does not give back the table's bits.
void verify(std::string_view competitor, std::span<const double> values, std::int64_t length);

}  // namespace almanac::bench
