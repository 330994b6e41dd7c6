#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::compute {

inline constexpr std::size_t kMaxMixedWisdomBytes = std::size_t{16} << 20;

/// Wisdom of any number of problems in one text, as fftw-wisdom(1) and other programs write it, taken apart. Its records name
/// problems by a hash alone: whose they are is found out by planning.
/// Threads: as the functions of fft_wisdom.hpp
template <class Real>
class MixedWisdom {
 public:
  /// Takes what FFTW exports; records of searches that ran out of time are left out.
  /// Errors: WisdomError ← refuse_wisdom would refuse it (but for timeouts, and up to kMaxMixedWisdomBytes), or it names solvers
  ///         that this FFTW does not have; what() has the reason, with the line
  explicit MixedWisdom(std::string_view text);

  /// How many records FFTW keeps of it: what another record makes superfluous is not among them.
  std::size_t records() const noexcept { return records_.size(); }

  /// The records that the plan of this problem comes from, as a bundle of its own; empty where there is no plan of it. A
  /// record of a higher rigor serves a lower one.
  /// Errors: ArgumentError ← check, or Rigor::estimate
  /// Cost:   without a plan one look-up; else some ten plans a record of the bundle
  std::string bundle_of(const FftProblem& problem) const;

 private:
  std::string head_;
  std::vector<std::string> records_;
};

extern template class MixedWisdom<float>;
extern template class MixedWisdom<double>;
extern template class MixedWisdom<long double>;

}  // namespace almanac::compute
