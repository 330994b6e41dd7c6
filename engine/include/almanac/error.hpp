#pragma once

#include <stdexcept>
#include <string>

namespace almanac {

/// Something the user wrote is wrong: a mission, a catalog, a setting, a parameter. what() is one line that
/// names the place (file and line, or command-line word), the field, the value and what is allowed.
class InputError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// The surroundings do not allow it: no permission, no space, no such folder. what() names the path and the cause.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked to stop, and it stopped at a clean point.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace almanac
