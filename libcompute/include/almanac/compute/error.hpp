#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace almanac::compute {

/// An argument outside its range. what() reads "alpha = 7: must lie in [-2, 4]".
class ArgumentError : public std::invalid_argument {
 public:
  ArgumentError(std::string_view parameter, std::string_view value, std::string_view range)
      : std::invalid_argument(std::string(parameter).append(" = ").append(value).append(": must ").append(range)),
        parameter_(parameter),
        value_(value),
        range_(range) {}

  const std::string& parameter() const noexcept { return parameter_; }
  const std::string& value() const noexcept { return value_; }
  const std::string& range() const noexcept { return range_; }  ///< continues the sentence "must …"

 private:
  std::string parameter_, value_, range_;
};

}  // namespace almanac::compute
