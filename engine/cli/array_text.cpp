#include "array_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <complex>

namespace almanac::cli {
namespace {

/// Calls `use` with the elements in their own type.
template <class Use>
void with_elements(const cache::Array& array, Use use) {
  switch (array.type()) {
    case cache::Type::f32: return use(array.as<float>());
    case cache::Type::f64: return use(array.as<double>());
    case cache::Type::c64: return use(array.as<std::complex<float>>());
    case cache::Type::c128: return use(array.as<std::complex<double>>());
    case cache::Type::i32: return use(array.as<std::int32_t>());
    case cache::Type::i64: return use(array.as<std::int64_t>());
    case cache::Type::u8: return use(array.as<std::uint8_t>());
  }
}

template <class T>
void append(std::string& text, const T& value) {
  fmt::format_to(std::back_inserter(text), "{}", value);
}

template <class T>
void append(std::string& text, const std::complex<T>& value) {
  fmt::format_to(std::back_inserter(text), "{}{:+}j", value.real(), value.imag());
}

template <class T>
Json number(const T& value) {
  return value;
}

template <class T>
Json number(const std::complex<T>& value) {
  return Json::array({value.real(), value.imag()});
}

template <class T>
Json nested(std::span<const T> values, std::span<const std::int64_t> shape) {
  Json list = Json::array();
  if (shape.size() == 1) {
    for (const T& value : values) list.push_back(number(value));
    return list;
  }
  const auto rows = static_cast<std::size_t>(shape.front());
  const std::size_t stride = rows == 0 ? 0 : values.size() / rows;
  for (std::size_t row = 0; row < rows; ++row) list.push_back(nested(values.subspan(row * stride, stride), shape.subspan(1)));
  return list;
}

std::string_view npy_type(cache::Type type) {
  switch (type) {
    case cache::Type::f32: return "<f4";
    case cache::Type::f64: return "<f8";
    case cache::Type::c64: return "<c8";
    case cache::Type::c128: return "<c16";
    case cache::Type::i32: return "<i4";
    case cache::Type::i64: return "<i8";
    case cache::Type::u8: return "|u1";
  }
  return "";
}

}  // namespace

std::string to_csv(const cache::Artifact& artifact) {
  std::string text;
  for (const cache::Array& array : artifact.arrays()) {
    text += fmt::format("# {} {} {}\n", array.name(), cache::to_string(array.type()), fmt::join(array.shape(), "x"));
    const auto columns = array.shape().size() == 1 ? 1 : static_cast<std::size_t>(array.shape().back());
    with_elements(array, [&](auto values) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        append(text, values[i]);
        text += (i + 1) % columns == 0 ? '\n' : ',';
      }
    });
  }
  return text;
}

Json to_json(const cache::Artifact& artifact) {
  Json arrays = Json::object();
  for (const cache::Array& array : artifact.arrays()) {
    with_elements(array, [&](auto values) { arrays[array.name()] = nested(values, std::span(array.shape())); });
  }
  Json attributes = Json::object();
  for (const auto& [name, value] : artifact.attributes()) attributes[name] = describe(value);
  return {{"arrays", arrays}, {"attributes", attributes}};
}

std::string to_npy(const cache::Array& array) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}", npy_type(array.type()),
                                   fmt::join(array.shape(), ", "));
  constexpr std::size_t kPrefix = 10;
  header.append(63 - (kPrefix + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data()), array.bytes());
  return bytes;
}

}  // namespace almanac::cli
