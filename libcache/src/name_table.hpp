#pragma once

#include <almanac/cache/error.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace almanac::cache {

/// One value of an enumeration, and how it is written in settings and messages.
template <class Enum>
struct Named {
  std::string_view name;
  Enum value;
};

template <class Enum, std::size_t N>
constexpr std::array<Enum, N> values_of(const std::array<Named<Enum>, N>& table) {
  std::array<Enum, N> values{};
  for (std::size_t place = 0; place < N; ++place) values[place] = table[place].value;
  return values;
}

template <class Enum, std::size_t N>
constexpr std::string_view name_of(const std::array<Named<Enum>, N>& table, Enum value) noexcept {
  for (const Named<Enum>& one : table) {
    if (one.value == value) return one.name;
  }
  return {};
}

/// Errors: invalid_argument ← no such name; the message says what was to be named, and lists the names.
template <class Enum, std::size_t N>
Result<Enum> value_of(const std::array<Named<Enum>, N>& table, std::string_view what, std::string_view name) {
  std::string names;
  for (const Named<Enum>& one : table) {
    if (one.name == name) return one.value;
    names.append(names.empty() ? "" : ", ").append(one.name);
  }
  return Error{ErrorCode::invalid_argument,
               std::string(what) + " '" + std::string(name.substr(0, 100)) + "': must be one of " + names};
}

}  // namespace almanac::cache
