#pragma once

#include <almanac/compute/fft.hpp>
#include <almanac/provenance.hpp>

#include <memory>
#include <utility>

namespace almanac {

using compute::Direction;
using compute::Rigor;
using compute::Transform;
using FftSpec = compute::FftProblem;

/// A live FFT plan, shared by all who asked for the same problem in this process. Cheap to copy.
/// Threads: thread-safe; any number may execute at once.
template <class Real>
class FftPlan {
 public:
  FftPlan(cache::Answer answer, std::shared_ptr<const compute::FftPlan<Real>> plan)
      : answer_(std::move(answer)), plan_(std::move(plan)) {}

  /// Unnormalised, as FFTW; the overloads of compute::FftPlan.
  template <class... Spans>
  void execute(Spans&&... spans) const {
    plan_->execute(std::forward<Spans>(spans)...);
  }

  const compute::FftPlan<Real>& plan() const noexcept { return *plan_; }
  /// At the rigor that the plan in use was planned at, also where it was asked for as adaptive.
  const FftSpec& spec() const noexcept { return plan_->problem(); }
  Provenance provenance() const {
    Provenance provenance = provenance_of(answer_);
    provenance.rigor = to_string(spec().rigor);
    return provenance;
  }

 private:
  cache::Answer answer_;
  std::shared_ptr<const compute::FftPlan<Real>> plan_;
};

}  // namespace almanac
