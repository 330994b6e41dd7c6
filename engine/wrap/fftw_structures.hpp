#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

// What FFTW 3.3 hands from its planners to its one entry into planning, as far as it is read here. The precision shows in
// nothing but the size of what the pointers point to.
// Source: FFTW 3.3.10 kernel/ifftw.h, dft/dft.h, rdft/rdft.h, api/fftw3.h

namespace almanac::wrap {

/// Strides count Reals, also of complex arrays.
struct FftwDimension {
  std::ptrdiff_t count, input, output;
};

/// `rank` dimensions follow.
struct FftwTensor {
  int rank;

  bool is_finite() const noexcept { return rank >= 0 && rank < INT_MAX; }
  std::span<const FftwDimension> dimensions() const noexcept {
    const auto* first = reinterpret_cast<const char*>(this) + sizeof(FftwDimension::count);
    return {reinterpret_cast<const FftwDimension*>(first), static_cast<std::size_t>(rank)};
  }
};

enum FftwProblemKind : int { kUnsolvable = 0, kDft = 1, kRdft = 2, kRdft2 = 3 };

struct FftwProblem {
  const int* kind;
};

/// Complex to complex. Of interleaved arrays the imaginary parts are one Real on; backward is with the two exchanged.
struct FftwDft : FftwProblem {
  FftwTensor *size, *repeats;
  char *real_in, *imaginary_in, *real_out, *imaginary_out;
};

/// Real to real, a kind an axis.
struct FftwRdft : FftwProblem {
  FftwTensor *size, *repeats;
  char *in, *out;

  std::span<const int> kinds() const noexcept {
    return {reinterpret_cast<const int*>(this + 1), static_cast<std::size_t>(size->rank)};
  }
};

/// Between real and half complex. The real array is given as its even and odd elements along the last axis.
struct FftwRdft2 : FftwProblem {
  FftwTensor *size, *repeats;
  char *even, *odd, *real, *imaginary;
  int direction;
};

/// Of FftwRdft2::direction and FftwRdft::kinds().
enum FftwRealKind : int { kR2hc = 0, kHc2r = 4, kRedft00 = 9, kRedft01, kRedft10, kRedft11, kRodft00, kRodft01, kRodft10, kRodft11 };

/// What a planner holds, by its own counts. In some other 3.3 they may lie elsewhere: they are held against what is exported.
struct FftwPlannerCounts {
  unsigned solvers = 0;   ///< threads bring more of them, and another signature
  unsigned records = 0;   ///< of wisdom
  friend bool operator==(const FftwPlannerCounts&, const FftwPlannerCounts&) = default;

  static FftwPlannerCounts of(const void* planner) noexcept {
    constexpr std::size_t kSolvers = 56, kRecords = 124;  // on 64-bit machines
    FftwPlannerCounts counts;
    std::memcpy(&counts.solvers, static_cast<const char*>(planner) + kSolvers, sizeof counts.solvers);
    std::memcpy(&counts.records, static_cast<const char*>(planner) + kRecords, sizeof counts.records);
    return counts;
  }

  /// Whether its searches are limited: less than no time is no limit.
  static bool has_time_limit(const void* planner) noexcept {
    constexpr std::size_t kTimeLimit = 240;
    double seconds = -1;
    std::memcpy(&seconds, static_cast<const char*>(planner) + kTimeLimit, sizeof seconds);
    return seconds >= 0;
  }
};

// The planner's flags.
inline constexpr unsigned kDestroyInput = 1U << 0;
inline constexpr unsigned kUnaligned = 1U << 1;
inline constexpr unsigned kConserveMemory = 1U << 2;
inline constexpr unsigned kExhaustive = 1U << 3;
inline constexpr unsigned kPreserveInput = 1U << 4;
inline constexpr unsigned kPatient = 1U << 5;
inline constexpr unsigned kEstimate = 1U << 6;
inline constexpr unsigned kWisdomOnly = 1U << 21;
inline constexpr unsigned kKnownFlags =
    kDestroyInput | kUnaligned | kConserveMemory | kExhaustive | kPreserveInput | kPatient | kEstimate | kWisdomOnly;

/// FFTW marks pointers whose alignment is not to be relied on in their lowest bits.
inline char* untainted(char* pointer) noexcept {
  return reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(pointer) & ~std::uintptr_t{3});
}

}  // namespace almanac::wrap
