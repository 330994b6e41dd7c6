#pragma once

#include <string_view>

namespace almanac::compute {

/// The instruction set libcompute's kernels run on here: "AVX3", "AVX2", "SSE4", "SSSE3" or "SCALAR".
/// Threads: thread-safe; the same for the life of the process.
std::string_view instruction_set() noexcept;

}  // namespace almanac::compute
