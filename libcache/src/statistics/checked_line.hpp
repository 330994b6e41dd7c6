#pragma once

#include <almanac/cache/key.hpp>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace almanac::cache {

inline constexpr std::size_t kLineSumDigits = 8;

inline std::string sum_of_line(std::string_view line) { return Id::of(line).hex().substr(0, kLineSumDigits); }

/// One line on its way into a text: words, then its checksum.
class CheckedLine {
 public:
  CheckedLine(std::string& text, std::string_view first) : text_(text), begin_(text.size()) { text_ += first; }
  ~CheckedLine() {
    const std::string sum = sum_of_line(std::string_view(text_).substr(begin_));
    text_.append(" #").append(sum).append("\n");
  }
  CheckedLine(const CheckedLine&) = delete;
  CheckedLine& operator=(const CheckedLine&) = delete;

  CheckedLine& word(std::string_view text) {
    text_.append(" ").append(text);
    return *this;
  }
  template <class Number>
  CheckedLine& named(std::string_view name, Number value) {
    text_.append(" ").append(name).append("=");
    return number(value);
  }
  CheckedLine& named(std::string_view name, std::chrono::nanoseconds time) { return named(name, time.count()); }
  CheckedLine& named(std::string_view name, std::chrono::system_clock::time_point time) {
    return named(name, std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
  }
  CheckedLine& pair(std::uint64_t first, std::uint64_t second) {
    text_ += ' ';
    number(first);
    text_ += ':';
    return number(second);
  }

 private:
  template <class Number>
  CheckedLine& number(Number value) {
    char digits[32];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }

  std::string& text_;
  const std::size_t begin_;
};

/// A line without its end, as it was before the checksum; nullopt: it is not whole.
inline std::optional<std::string_view> unchecked(std::string_view line) {
  const std::size_t sign = line.rfind(" #");
  if (sign == std::string_view::npos || line.substr(sign + 2) != sum_of_line(line.substr(0, sign))) return std::nullopt;
  return line.substr(0, sign);
}

/// The next word; empty: there is none.
inline std::string_view take_word(std::string_view& line) {
  const std::size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
  return word;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace almanac::cache
