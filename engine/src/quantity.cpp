#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace almanac {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

/// A number followed by one of the units; spaces between are allowed.
template <std::size_t N>
std::optional<double> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& [name, factor] : units) {
    if (unit == name) return number * factor;
  }
  return std::nullopt;
}

constexpr std::array<Unit, 14> kSizes{{{"", 1},
                                       {"B", 1},
                                       {"kB", 1e3},
                                       {"KB", 1e3},
                                       {"MB", 1e6},
                                       {"GB", 1e9},
                                       {"TB", 1e12},
                                       {"KiB", 1024.0},
                                       {"MiB", 1048576.0},
                                       {"GiB", 1073741824.0},
                                       {"TiB", 1099511627776.0},
                                       {"K", 1024.0},
                                       {"M", 1048576.0},
                                       {"G", 1073741824.0}}};

constexpr std::array<Unit, 9> kDurations{{{"ns", 1},
                                          {"us", 1e3},
                                          {"ms", 1e6},
                                          {"s", 1e9},
                                          {"min", 60e9},
                                          {"h", 3600e9},
                                          {"d", 86400e9},
                                          {"w", 604800e9},
                                          {"m", 60e9}}};

/// The number with three significant digits in the largest unit that leaves at least one before the point.
template <std::size_t N>
std::string format_with_unit(double value, const std::array<Unit, N>& units) {
  Unit chosen = units.front();
  for (const Unit& unit : units) {
    if (value >= unit.factor) chosen = unit;
  }
  const double number = value / chosen.factor;
  const int decimals = chosen.factor == 1 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", number, decimals, chosen.name);
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = parse_with_unit(text, kSizes);
  if (!bytes || *bytes > 0x1p63) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

std::string format_size(std::uint64_t bytes) {
  static constexpr std::array<Unit, 5> kUnits{{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
  return format_with_unit(static_cast<double>(bytes), kUnits);
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto nanoseconds = parse_with_unit(text, kDurations);
  if (!nanoseconds || *nanoseconds > 0x1p62) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(*nanoseconds));
}

std::string format_duration(std::chrono::nanoseconds duration) {
  static constexpr std::array<Unit, 6> kUnits{
      {{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}}};
  return format_with_unit(static_cast<double>(duration.count()), kUnits);
}

std::optional<std::int64_t> parse_integer(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<double> parse_real(std::string_view text) {
  const auto value = parse_whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::complex<double>> parse_complex(std::string_view text) {
  if (!text.ends_with('i') && !text.ends_with('j')) {
    const auto real = parse_real(text);
    return real ? std::optional<std::complex<double>>(*real) : std::nullopt;
  }
  text.remove_suffix(1);
  // The imaginary part begins at the last sign that is none of an exponent.
  std::size_t cut = text.find_last_of("+-");
  while (cut != std::string_view::npos && cut > 0 && (text[cut - 1] == 'e' || text[cut - 1] == 'E')) {
    cut = text.find_last_of("+-", cut - 1);
  }
  if (cut == std::string_view::npos) cut = 0;
  std::string_view imaginary = text.substr(cut);
  if (imaginary.starts_with('+')) imaginary.remove_prefix(1);
  const auto real = cut == 0 ? 0.0 : parse_real(text.substr(0, cut));
  const auto size = imaginary.empty() ? 1.0 : imaginary == "-" ? -1.0 : parse_real(imaginary);
  if (!real || !size) return std::nullopt;
  return std::complex<double>(*real, *size);
}

}  // namespace almanac
