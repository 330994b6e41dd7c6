#pragma once

#include <almanac/cache/key.hpp>
#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace almanac::recipes {

/// What else FFTW's planner takes into account; the defaults are what the engine's own plans have.
struct FftVariant {
  int input_alignment = 0;             ///< addresses modulo 16
  int output_alignment = 0;
  std::ptrdiff_t input_distance = 0;   ///< of a split side, Reals from real to imaginary part; 0: not split
  std::ptrdiff_t output_distance = 0;
  std::string flags{};                 ///< names of FFTW's algorithm flags in order, with '+' between: "destroy_input+unaligned"
};

/// What wisdom is bound to.
struct FftHost {
  std::string cpu;                     ///< compute::cpu_model()
  std::string isa;                     ///< compute::instruction_set()
  std::string signature;               ///< compute::fftw_signature<Real>()
};

inline constexpr int kFftWisdomVersion = 2;

/// The key of one problem's bundle; `precision` is "single", "double" or "long_double".
/// Precondition: compute::check takes the problem, or FFTW planned it. Knows no library but the two headers above: the
/// shim that is loaded into other programs uses it too.
///
/// A key names what FFTW plans, not how it was asked for: transforms that agree are one word; batches are sorted, joined where
/// they run on, and left out where there is one; and strides that are those of contiguous arrays are `contiguous`. Else
/// `strides` is the input and output stride of each axis, then count and strides of each batch:
///     1024:2048,1:1/3*524288:1048576
cache::Key fft_wisdom_key(const compute::FftProblem& problem, std::string_view precision, const FftVariant& variant,
                          const FftHost& host);

/// The strides of such a text; nullopt where it is none. `contiguous` has none, see kContiguous.
std::optional<compute::FftStrides> parse_fft_strides(std::string_view text);

/// How far an adaptive entry reaches: the bundle has been measured; has been held against the one of a patient search; and, where
/// somebody made one, against that of an exhaustive search.
inline constexpr std::int64_t kMeasuredCoverage = 1;
inline constexpr std::int64_t kPatientCoverage = 2;
inline constexpr std::int64_t kExhaustiveCoverage = 3;
inline constexpr std::string_view kBundleRigor = "rigor";  ///< attribute of an adaptive entry: what its bundle was planned at

inline constexpr std::string_view kContiguous = "contiguous";
inline constexpr std::string_view kNoDirection = "none";   ///< `direction` of transforms that have none
inline constexpr std::string_view kNotSplit = "none";
inline constexpr std::string_view kNoFlags = "none";
inline constexpr std::string_view kAligned = "16";

}  // namespace almanac::recipes
