#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>

namespace almanac::compute {

/// A number as error messages write it: the shortest decimal that reads back as the same value.
template <class Number>
requires std::integral<Number> || std::floating_point<Number> std::string written(Number value) {
  char text[64];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// Extents as keys and messages write them: 512x512.
inline std::string written(std::span<const std::int64_t> extent) {
  std::string text;
  for (const std::int64_t n : extent) text.append(text.empty() ? "" : "x").append(written(n));
  return text;
}

}  // namespace almanac::compute
