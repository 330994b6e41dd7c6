#pragma once

#include <cstddef>

namespace almanac {

/// How much memory this process could still take before somebody is in need of it: what the machine has available, what the
/// groups that the process is in leave it (control groups of either version; what a group could drop counts as free), and what
/// its own limits leave it (`ulimit -v`, `ulimit -d`).
/// `root` stands before the names of all files that are read. Where nothing is said: half of what the machine has.
std::size_t free_memory(const char* root = "") noexcept;

}  // namespace almanac
