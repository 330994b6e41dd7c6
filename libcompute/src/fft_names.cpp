#include <almanac/compute/fft.hpp>

#include <algorithm>
#include <array>

namespace almanac::compute {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 13> kTransforms{"c2c",  "r2c",  "c2r",  "r2hc", "hc2r", "dct1", "dct2",
                                                       "dct3", "dct4", "dst1", "dst2", "dst3", "dst4"};
constexpr std::array<std::string_view, 2> kDirections{"forward", "backward"};
constexpr std::array<std::string_view, 5> kRigors{"estimate", "measure", "patient", "exhaustive", "adaptive"};

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : "unknown";
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(Transform transform) noexcept { return name_of(kTransforms, transform); }
std::string_view to_string(Direction direction) noexcept { return name_of(kDirections, direction); }
std::string_view to_string(Rigor rigor) noexcept { return name_of(kRigors, rigor); }

std::optional<Transform> parse_transform(std::string_view name) noexcept { return value_of<Transform>(kTransforms, name); }
std::optional<Direction> parse_direction(std::string_view name) noexcept { return value_of<Direction>(kDirections, name); }
std::optional<Rigor> parse_rigor(std::string_view name) noexcept { return value_of<Rigor>(kRigors, name); }

Transform inverse(Transform transform) noexcept {
  switch (transform) {
    case Transform::r2c: return Transform::c2r;
    case Transform::c2r: return Transform::r2c;
    case Transform::r2hc: return Transform::hc2r;
    case Transform::hc2r: return Transform::r2hc;
    case Transform::dct2: return Transform::dct3;
    case Transform::dct3: return Transform::dct2;
    case Transform::dst2: return Transform::dst3;
    case Transform::dst3: return Transform::dst2;
    case Transform::c2c:
    case Transform::dct1:
    case Transform::dct4:
    case Transform::dst1:
    case Transform::dst4: break;
  }
  return transform;
}

}  // namespace almanac::compute
