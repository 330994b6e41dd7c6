#pragma once

#include <almanac/compute/fft_wisdom.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace almanac::compute {

/// The form in which FFTW 3.3 exports wisdom, one header and any number of records, byte for byte:
///
///   (fftw-3.3.10 fftw_wisdom #x3c273403 #x192df114 #x4d08727c #xe98e9b9d
///     (fftw_codelet_n1fv_64_avx 0 #x11bdd #x11bdd #x0 #x354d78dd #x0b4d1f88 #xdd45d2b0 #xeee4e5bb)
///   )
///
/// (newline after each line). Header: package and version, name of the precision, hash over the planner's solvers.
/// Record: solver and its number; lower and upper impatience flags, time limit; hash of the problem.
/// Source: FFTW 3.3.10 kernel/planner.c exprt, imprt; kernel/ifftw.h flags_t

/// Splits a header line without its newline and parenthesis ("fftw-3.3.10 fftw_wisdom #x… #x… #x… #x…").
struct WisdomHeader {
  std::string version;      ///< "fftw-3.3.10"
  std::string name;         ///< "fftw_wisdom", "fftwf_wisdom" or "fftwl_wisdom"
  std::string signature;    ///< 32 hexadecimal digits
  friend bool operator==(const WisdomHeader&, const WisdomHeader&) = default;
};

/// The header of an exported text. Precondition: FFTW exported it.
WisdomHeader wisdom_header(std::string_view exported);

/// What a text may be; the default is one problem's bundle.
struct WisdomLimits {
  std::size_t bytes = kMaxWisdomBytes;
  bool timeouts = false;    ///< records of searches that ran out of time are passed over (without_timeouts takes them off)
};

/// Records of one problem, by the first half of its hash: FFTW has some ten, by flags. It finds records by that half, and so
/// searches a text of many such ones over and over.
inline constexpr std::size_t kMostRecordsOfAProblem = 64;

/// Empty when `text` has this header, every record fits the planner's fields, and there are at most kMostRecordsOfAProblem of
/// each problem; else the reason, with its line.
std::string refuse_bundle(std::string_view text, const WisdomHeader& expected, const WisdomLimits& limits = {});

}  // namespace almanac::compute
