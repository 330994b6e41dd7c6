#pragma once

#include "fftw_structures.hpp"

#include <cstddef>

namespace almanac::wrap {

/// Memory in place of a problem's arrays: of the same strides, distances and alignment, and nobody's. Gone with this object.
class ScratchArrays {
 public:
  ScratchArrays() = default;
  ~ScratchArrays();
  ScratchArrays(const ScratchArrays&) = delete;
  ScratchArrays& operator=(const ScratchArrays&) = delete;

  /// How far each side's pointers are to be moved, in bytes. False ← the arrays reach over more than `most` bytes, or there is no place.
  bool move(const FftwProblem& problem, std::size_t bytes_per_real, std::size_t most, std::ptrdiff_t& input, std::ptrdiff_t& output) noexcept;

 private:
  struct Range {
    char *first, *end;
  };
  bool reserve(const Range& range, std::ptrdiff_t& shift) noexcept;

  struct {
    void* start = nullptr;
    std::size_t bytes = 0;
  } regions_[2];
};

}  // namespace almanac::wrap
