#include "artifact_difference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <vector>

namespace almanac {
namespace {

using cache::Array;
using cache::Attribute;
using cache::Attributes;

std::string shape_text(const Array& array) {
  return fmt::format("{} {}", cache::to_string(array.type()), fmt::join(array.shape(), "x"));
}

/// "[3, 17]": where element `at` of a row-major array lies.
std::string index_text(const Array& array, std::size_t at) {
  std::vector<std::size_t> index(array.shape().size());
  for (std::size_t axis = index.size(); axis-- > 0;) {
    const auto n = static_cast<std::size_t>(array.shape()[axis]);
    index[axis] = at % n;
    at /= n;
  }
  return fmt::format("[{}]", fmt::join(index, ", "));
}

template <class T>
std::string text_of(const T& value) {
  return fmt::format("{}", value);
}
template <class T>
std::string text_of(const std::complex<T>& value) {
  return fmt::format("{}{:+}j", value.real(), value.imag());
}

std::string text_of(const Attribute& attribute) {
  struct Writer {
    std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", value); }
    std::string operator()(const std::vector<std::int64_t>& values) const { return fmt::format("[{}]", fmt::join(values, ", ")); }
    std::string operator()(const std::vector<double>& values) const { return fmt::format("[{}]", fmt::join(values, ", ")); }
  };
  return std::visit(Writer{}, attribute);
}

std::optional<std::string> attribute_difference(const Attributes& stored, const Attributes& fresh) {
  for (const auto& [name, value] : stored) {
    const auto made = fresh.find(name);
    if (made == fresh.end()) return fmt::format("attribute {} = {} is stored, computing it gives none", name, text_of(value));
    if (made->second != value) {
      return fmt::format("attribute {} = {} is stored, computing it gives {}", name, text_of(value), text_of(made->second));
    }
  }
  for (const auto& [name, value] : fresh) {
    if (!stored.contains(name)) return fmt::format("attribute {} is missing, computing it gives {}", name, text_of(value));
  }
  return std::nullopt;
}

template <class T>
std::optional<std::string> element_difference(const Array& stored, const Array& fresh, const Allowance& allowance) {
  const auto old_values = stored.as<T>();
  const auto new_values = fresh.as<T>();
  for (std::size_t i = 0; i < old_values.size(); ++i) {
    if (std::memcmp(&old_values[i], &new_values[i], sizeof(T)) == 0) continue;
    std::string allowed;
    if constexpr (std::is_same_v<T, double>) {
      if (allowance) {
        const double most = allowance(stored.name(), old_values[i], new_values[i]);
        if (std::abs(old_values[i] - new_values[i]) <= most) continue;
        allowed = fmt::format("; {} apart, at most {:.3} is allowed", std::abs(old_values[i] - new_values[i]), most);
      }
    }
    return fmt::format("{}{} = {} is stored, computing it gives {}{}", stored.name(), index_text(stored, i),
                       text_of(old_values[i]), text_of(new_values[i]), allowed);
  }
  return std::nullopt;
}

std::optional<std::string> array_difference(const Array& stored, const Array& fresh, const Allowance& allowance) {
  if (stored.name() != fresh.name()) {
    return fmt::format("array {} is stored, computing it gives {} in its place", stored.name(), fresh.name());
  }
  if (stored.type() != fresh.type() || stored.shape() != fresh.shape()) {
    return fmt::format("{} is {}, computing it gives {}", stored.name(), shape_text(stored), shape_text(fresh));
  }
  if (stored.bytes() == 0 || std::memcmp(stored.data(), fresh.data(), stored.bytes()) == 0) return std::nullopt;
  switch (stored.type()) {
    case cache::Type::f32: return element_difference<float>(stored, fresh, allowance);
    case cache::Type::f64: return element_difference<double>(stored, fresh, allowance);
    case cache::Type::c64: return element_difference<std::complex<float>>(stored, fresh, allowance);
    case cache::Type::c128: return element_difference<std::complex<double>>(stored, fresh, allowance);
    case cache::Type::i32: return element_difference<std::int32_t>(stored, fresh, allowance);
    case cache::Type::i64: return element_difference<std::int64_t>(stored, fresh, allowance);
    case cache::Type::u8: return element_difference<std::uint8_t>(stored, fresh, allowance);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> first_difference(const cache::Artifact& stored, const cache::Artifact& fresh,
                                            const Allowance& allowance) {
  if (auto difference = attribute_difference(stored.attributes(), fresh.attributes())) return difference;
  if (stored.arrays().size() != fresh.arrays().size()) {
    return fmt::format("{} arrays are stored, computing it gives {}", stored.arrays().size(), fresh.arrays().size());
  }
  for (std::size_t i = 0; i < stored.arrays().size(); ++i) {
    if (auto difference = array_difference(stored.arrays()[i], fresh.arrays()[i], allowance)) return difference;
  }
  return std::nullopt;
}

double ulp(double value) noexcept {
  const double size = std::abs(value);
  return std::nextafter(size, std::numeric_limits<double>::infinity()) - size;
}

}  // namespace almanac
