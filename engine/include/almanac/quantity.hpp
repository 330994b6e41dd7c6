#pragma once

#include <chrono>
#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace almanac {

/// Sizes as people write them: 500MB, 2GiB, 1e6, 4096 (bytes). nullopt: not a size, negative, or above 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "1.3 MB"
std::string format_size(std::uint64_t bytes);

/// Durations as people write them: 30d, 10min, 1.5s, 20ms. nullopt: not a duration, or negative.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "1.3 ms"
std::string format_duration(std::chrono::nanoseconds duration);

/// A whole number, all of the text; nullopt: not one, or out of range.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// A finite real, all of the text; nullopt: not one, NaN or infinite.
std::optional<double> parse_real(std::string_view text);
/// A finite complex number, all of the text, as 3, -3+4i, 2.5e-1i, -i, 1+2j; nullopt: not one.
std::optional<std::complex<double>> parse_complex(std::string_view text);

}  // namespace almanac
