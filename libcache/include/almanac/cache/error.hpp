#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace almanac::cache {

/// What went wrong in the store. A miss is not among them: it is an empty result.
enum class ErrorCode {
  invalid_argument,  ///< the caller asked for something no entry can be
  corrupt,           ///< torn, flipped, or not what its own header says
  foreign,           ///< not an Almanac entry
  newer_format,      ///< an entry of a format version this build does not read
  collision,         ///< another key text under the same id
  no_space,          ///< ENOSPC, EDQUOT, or over the tier's byte budget
  denied,            ///< EACCES, EPERM, EROFS
  io,                ///< any other failing system or library call
};

/// The word for a code, as it appears in messages and counters ("corrupt", "no_space" …).
std::string_view to_string(ErrorCode code) noexcept;

struct Error {
  ErrorCode code;
  std::string message;  ///< one line; names the file or field, the value and what was expected
};

/// A value, or why there is none. libcache throws nothing of its own across its public doors.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const { return std::get<1>(state_); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

/// For operations that give nothing back.
using Status = Result<std::monostate>;
inline Status success() { return Status(std::monostate{}); }

}  // namespace almanac::cache
