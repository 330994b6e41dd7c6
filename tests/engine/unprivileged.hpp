#pragma once

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace almanac::testing {

/// For its life root is nobody: permissions hold for everybody else.
class Unprivileged {
 public:
  Unprivileged() {
    if (geteuid() == 0 && seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~Unprivileged() {
    if (getuid() == 0 && seteuid(0) != 0) std::abort();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
};

}  // namespace almanac::testing
