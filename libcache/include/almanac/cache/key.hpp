#pragma once

#include <almanac/cache/error.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::cache {

/// The XXH3-128 of a key text: what an entry is filed under.
struct Id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const Id&, const Id&) = default;

  std::string hex() const;                                ///< 32 lower-case hex digits, high half first
  static Result<Id> parse(std::string_view hex);          ///< invalid_argument ← not 32 hex digits
  static Id of(std::string_view text) noexcept;           ///< the XXH3-128 of `text`
};

/// One parameter's value in its canonical text. Built from the types a parameter may have:
///   integers        decimal                       512
///   reals           shortest round-trip decimal   0.1, 1e-4; -0.0 is 0
///   text            percent-escaped {};=% and control bytes
///   integer lists   joined by x                   512x512
///   real lists      joined by ,                   1,0.5
///   text lists      joined by ,                   periodic,neumann (a comma inside is escaped)
/// Errors: std::invalid_argument ← a real that is NaN or infinite; an empty list.
class KeyValue {
 public:
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  KeyValue(T value) : text_(std::to_string(value)) {}
  KeyValue(bool value) : text_(value ? "true" : "false") {}
  KeyValue(double value);
  KeyValue(const char* value) : KeyValue(std::string_view(value)) {}
  KeyValue(std::string_view value);
  KeyValue(const std::string& value) : KeyValue(std::string_view(value)) {}
  KeyValue(std::span<const std::int64_t> values);
  KeyValue(std::span<const double> values);
  KeyValue(std::span<const std::string> values);
  KeyValue(const std::vector<std::int64_t>& values) : KeyValue(std::span(values)) {}
  KeyValue(const std::vector<double>& values) : KeyValue(std::span(values)) {}
  KeyValue(const std::vector<std::string>& values) : KeyValue(std::span(values)) {}

  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// A real in the canonical text of keys: the shortest decimal that reads back as the same double.
/// Errors: std::invalid_argument ← NaN or infinite.
std::string canonical_real(double value);

/// The name of one artifact: recipe name, recipe version, canonical parameters in the order of
/// their names, as text; e.g. `laplacian@1{boundary=periodic;extent=512x512;order=2;spacing=1,1}`.
/// Threads: immutable.
class Key {
 public:
  using Parameter = std::pair<std::string, KeyValue>;

  /// Errors: std::invalid_argument ← kind or a parameter name not [a-z][a-z0-9_]*, version < 1,
  ///         or a name given twice.
  Key(std::string_view kind, int version, std::initializer_list<std::pair<std::string_view, KeyValue>> parameters);
  Key(std::string_view kind, int version, std::vector<Parameter> parameters);

  /// Reads a canonical key text back. Errors: invalid_argument ← anything but what text() gives.
  static Result<Key> parse(std::string_view text);

  const std::string& text() const noexcept { return text_; }
  const Id& id() const noexcept { return id_; }
  std::string_view kind() const noexcept { return std::string_view(text_).substr(0, kind_length_); }
  int version() const noexcept { return version_; }

  /// The parameters, unescaped, in the order of their names.
  std::vector<std::pair<std::string, std::string>> parameters() const;

  friend bool operator==(const Key& a, const Key& b) noexcept { return a.id_ == b.id_ && a.text_ == b.text_; }

 private:
  Key() = default;

  std::string text_;
  Id id_;
  std::uint32_t kind_length_ = 0;
  int version_ = 0;
};

/// True for a name that may be a kind or a parameter: [a-z][a-z0-9_]*.
bool is_name(std::string_view text) noexcept;

}  // namespace almanac::cache

template <>
struct std::hash<almanac::cache::Id> {
  std::size_t operator()(const almanac::cache::Id& id) const noexcept { return static_cast<std::size_t>(id.low); }
};
