#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace almanac::compute {

struct HistoryMemoryFree {
  void operator()(double* memory) const noexcept { std::free(memory); }
};

/// Doubles that begin on a cache line, not initialised.
using HistoryMemory = std::unique_ptr<double[], HistoryMemoryFree>;

/// Large arrays lie in large pages where the system has them: a state of 100 MB is otherwise 25 000 page faults.
/// Errors: std::bad_alloc
HistoryMemory history_memory(std::size_t doubles);

}  // namespace almanac::compute
