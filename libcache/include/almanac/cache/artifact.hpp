#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace almanac::cache {

/// Element types an array may have; the values are those of the on-disk format.
enum class Type : std::uint8_t { f32 = 1, f64 = 2, c64 = 3, c128 = 4, i32 = 5, i64 = 6, u8 = 7 };

std::size_t size_of(Type type) noexcept;            ///< bytes an element
std::string_view to_string(Type type) noexcept;     ///< "f64", "c128" …

template <class T> inline constexpr Type kTypeOf = Type{};
template <> inline constexpr Type kTypeOf<float> = Type::f32;
template <> inline constexpr Type kTypeOf<double> = Type::f64;
template <> inline constexpr Type kTypeOf<std::complex<float>> = Type::c64;
template <> inline constexpr Type kTypeOf<std::complex<double>> = Type::c128;
template <> inline constexpr Type kTypeOf<std::int32_t> = Type::i32;
template <> inline constexpr Type kTypeOf<std::int64_t> = Type::i64;
template <> inline constexpr Type kTypeOf<std::uint8_t> = Type::u8;

/// One named N-d array, row-major and contiguous: element (i, j, …) at ((i·shape[1] + j)·shape[2] + …).
/// The memory is shared: the owner is whatever keeps it alive (a vector, an aligned block, a file
/// mapping), and it is never written once the array is part of an artifact.
class Array {
 public:
  /// `data` points to volume(shape) elements of `type` that live at least as long as `owner`.
  /// Errors: std::invalid_argument ← empty or over-long name (255 bytes), a name with '/' or NUL, or ".";
  ///         an unknown type; rank 0 or above 32, a negative extent, 2^63 bytes or more; no data for elements.
  Array(std::string name, Type type, std::vector<std::int64_t> shape, const void* data,
        std::shared_ptr<const void> owner);

  /// Takes a vector over, without a copy.
  template <class T>
  static Array of(std::string name, std::vector<std::int64_t> shape, std::vector<T> values);

  const std::string& name() const noexcept { return name_; }
  Type type() const noexcept { return type_; }
  const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return size_; }                            ///< elements
  std::size_t bytes() const noexcept { return size_ * size_of(type_); }
  const std::byte* data() const noexcept { return data_; }
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

  /// The elements. Errors: std::invalid_argument ← T is not the array's type.
  template <class T>
  std::span<const T> as() const;

 private:
  [[noreturn]] void throw_wrong_type(Type wanted) const;
  void check_size(std::size_t given) const;

  std::string name_;
  Type type_;
  std::vector<std::int64_t> shape_;
  std::size_t size_;
  const std::byte* data_;
  std::shared_ptr<const void> owner_;
};

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;
using Attributes = std::map<std::string, Attribute, std::less<>>;

/// An immutable set of named arrays and attributes. Copies share everything.
/// Threads: immutable.
class Artifact {
 public:
  Artifact() : Artifact({}, {}) {}

  /// Errors: std::invalid_argument ← two arrays of one name; an attribute name that is empty,
  ///         longer than 255 bytes or holds NUL; a text attribute that holds NUL.
  explicit Artifact(std::vector<Array> arrays, Attributes attributes = {});

  std::span<const Array> arrays() const noexcept { return state_->arrays; }
  const Attributes& attributes() const noexcept { return state_->attributes; }

  /// The array of that name; nullptr when there is none.
  const Array* find(std::string_view name) const noexcept;
  /// The array of that name. Errors: std::out_of_range ← there is none; the message lists the names.
  const Array& at(std::string_view name) const;
  /// The attribute of that name, if it is there and of that type.
  template <class T>
  const T* attribute(std::string_view name) const noexcept {
    auto found = state_->attributes.find(name);
    return found == state_->attributes.end() ? nullptr : std::get_if<T>(&found->second);
  }

  std::size_t bytes() const noexcept { return state_->bytes; }  ///< of all arrays

 private:
  struct State {
    std::vector<Array> arrays;
    Attributes attributes;
    std::size_t bytes;
  };
  std::shared_ptr<const State> state_;
};

/// True when both have the same arrays (names, types, shapes, bytes, order) and equal attributes.
bool identical(const Artifact& a, const Artifact& b) noexcept;

/// The attribute that says how far a growing artifact reaches (an i64; absent: not a growing one).
inline constexpr std::string_view kCoverage = "coverage";

/// How far an artifact with these attributes reaches; 0 where it does not say.
std::int64_t coverage_of(const Attributes& attributes) noexcept;

template <class T>
Array Array::of(std::string name, std::vector<std::int64_t> shape, std::vector<T> values) {
  auto held = std::make_shared<const std::vector<T>>(std::move(values));
  const void* data = held->data();
  const std::size_t given = held->size();
  Array array(std::move(name), kTypeOf<T>, std::move(shape), data, std::move(held));
  array.check_size(given);
  return array;
}

template <class T>
std::span<const T> Array::as() const {
  if (kTypeOf<T> != type_) throw_wrong_type(kTypeOf<T>);
  return {reinterpret_cast<const T*>(data_), size_};
}

}  // namespace almanac::cache
