#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::compute {

/// Some 40 000 records. FFTW looks each up among the others as it reads them.
inline constexpr std::size_t kMaxMixedWisdomBytes = std::size_t{4} << 20;

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

  /// The records that the plan of this problem comes from, as a bundle of its own; empty where there is no plan of it. Of
  /// records of several rigors those of the highest one: it serves lower ones.
  /// Errors: ArgumentError ← check, or Rigor::estimate
  /// Cost:   one to three look-ups; FFTW reads all of it first, while an FftPlanningScope is open only when it was not what
  ///         was asked last. Where there is a plan, some ten plans a record of the bundle, and FFTW reads half of it for each
  std::string bundle_of(const FftProblem& problem) const;

 private:
  // The text of the fewest records with which there is a plan.
  std::string fewest(const std::function<bool(const std::string&)>& plan_it) const;

  std::string head_;
  std::vector<std::string> records_;
  std::shared_ptr<const std::string> text_;    // all of them; shared with the planner, which may hold it beyond this
};

extern template class MixedWisdom<float>;
extern template class MixedWisdom<double>;
extern template class MixedWisdom<long double>;

}  // namespace almanac::compute
