#include <almanac/cache/artifact.hpp>

#include "artifact_rules.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace almanac::cache {
namespace {

void check_array_name(const std::string& name) {
  if (is_array_name(name)) return;
  throw std::invalid_argument("array name \"" + name + "\" must have 1 to 255 bytes, no '/' or NUL, and not be \".\"");
}

std::string written(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

void check_attribute(const std::string& name, const Attribute& value) {
  if (!is_attribute_name(name)) throw std::invalid_argument("attribute name \"" + name + "\" must have 1 to 255 bytes and no NUL");
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && has_nul(*text)) throw std::invalid_argument("the text of attribute \"" + name + "\" must not hold NUL");
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Equal in every bit: NaN equals itself, and 0.0 is not -0.0.
bool same_bits(const Attribute& a, const Attribute& b) noexcept {
  if (a.index() != b.index()) return false;
  if (const auto* real = std::get_if<double>(&a)) return std::memcmp(real, std::get_if<double>(&b), sizeof *real) == 0;
  if (const auto* reals = std::get_if<std::vector<double>>(&a)) return same_bits(*reals, *std::get_if<std::vector<double>>(&b));
  return a == b;
}

}  // namespace

std::size_t size_of(Type type) noexcept {
  switch (type) {
    case Type::f32: return 4;
    case Type::f64: return 8;
    case Type::c64: return 8;
    case Type::c128: return 16;
    case Type::i32: return 4;
    case Type::i64: return 8;
    case Type::u8: return 1;
  }
  return 0;
}

std::string_view to_string(Type type) noexcept {
  switch (type) {
    case Type::f32: return "f32";
    case Type::f64: return "f64";
    case Type::c64: return "c64";
    case Type::c128: return "c128";
    case Type::i32: return "i32";
    case Type::i64: return "i64";
    case Type::u8: return "u8";
  }
  return "unknown";
}

Array::Array(std::string name, Type type, std::vector<std::int64_t> shape, const void* data, std::shared_ptr<const void> owner)
    : name_(std::move(name)), type_(type), shape_(std::move(shape)), size_(0), data_(static_cast<const std::byte*>(data)), owner_(std::move(owner)) {
  check_array_name(name_);
  if (size_of(type_) == 0) throw std::invalid_argument("array \"" + name_ + "\" has an unknown type");
  const auto elements = volume(shape_, size_of(type_));
  if (!elements) {
    throw std::invalid_argument("array \"" + name_ + "\" has shape " + written(shape_) +
                                "; a shape has 1 to 32 extents, none negative, and less than 2^63 bytes");
  }
  size_ = static_cast<std::size_t>(*elements);
  if (size_ > 0 && data_ == nullptr) throw std::invalid_argument("array \"" + name_ + "\" has no data");
}

void Array::throw_wrong_type(Type wanted) const {
  throw std::invalid_argument("array \"" + name_ + "\" holds " + std::string(to_string(type_)) + ", not " + std::string(to_string(wanted)));
}

void Array::check_size(std::size_t given) const {
  if (given == size_) return;
  throw std::invalid_argument("array \"" + name_ + "\" of shape " + written(shape_) + " needs " + std::to_string(size_) +
                              " values, not " + std::to_string(given));
}

Artifact::Artifact(std::vector<Array> arrays, Attributes attributes) {
  std::vector<std::string_view> names;
  std::size_t bytes = 0;
  for (const Array& array : arrays) {
    names.push_back(array.name());
    bytes += array.bytes();
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    throw std::invalid_argument("array name \"" + std::string(*twice) + "\" is used twice");
  }
  for (const auto& [name, value] : attributes) check_attribute(name, value);
  state_ = std::make_shared<const State>(State{std::move(arrays), std::move(attributes), bytes});
}

const Array* Artifact::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(state_->arrays, name, &Array::name);
  return found == state_->arrays.end() ? nullptr : &*found;
}

const Array& Artifact::at(std::string_view name) const {
  if (const Array* found = find(name)) return *found;
  std::string names;
  for (const Array& array : state_->arrays) names += (names.empty() ? "" : ", ") + array.name();
  throw std::out_of_range("no array \"" + std::string(name) + "\"; there " + (names.empty() ? "are none" : "is " + names));
}

bool identical(const Artifact& a, const Artifact& b) noexcept {
  const bool same_arrays = std::ranges::equal(a.arrays(), b.arrays(), [](const Array& x, const Array& y) {
    return x.name() == y.name() && x.type() == y.type() && x.shape() == y.shape() &&
           (x.bytes() == 0 || x.data() == y.data() || std::memcmp(x.data(), y.data(), x.bytes()) == 0);
  });
  return same_arrays && std::ranges::equal(a.attributes(), b.attributes(), [](const auto& x, const auto& y) {
           return x.first == y.first && same_bits(x.second, y.second);
         });
}

std::int64_t coverage_of(const Attributes& attributes) noexcept {
  const auto found = attributes.find(kCoverage);
  if (found == attributes.end()) return 0;
  const auto* coverage = std::get_if<std::int64_t>(&found->second);
  return coverage == nullptr ? 0 : *coverage;
}

}  // namespace almanac::cache
