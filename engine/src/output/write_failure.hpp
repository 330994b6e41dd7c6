#pragma once

#include <stdexcept>

namespace almanac::output {

/// A file could not be written. what() is the cause; who knows the file's final name adds it.
class WriteFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace almanac::output
