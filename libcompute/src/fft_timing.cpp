#include <almanac/compute/fft_timing.hpp>

#include "fft_layout.hpp"
#include "fftw_memory.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace almanac::compute {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLeastRounds = 3;
constexpr double kShortest = 20e-6;    // seconds on the clock: shorter executions are timed many at once
constexpr double kTick = 1e-9;

// What tells two problems apart, but for their rigor; nullptr: nothing. A direction is looked at for c2c only.
const char* difference_of(const FftProblem& a, const FftProblem& b) {
  const std::size_t rank = a.extent.size();
  if (a.extent != b.extent) return "another extent";
  if (a.transform.expand(rank) != b.transform.expand(rank)) return "another transform";
  if (a.transform[0] == Transform::c2c && a.direction != b.direction) return "another direction";
  if (a.batch != b.batch) return "another batch";
  if (a.strides != b.strides) return "other strides";
  if (a.split != b.split) return "another split";
  if (a.in_place != b.in_place) return "another placement";
  return a.threads == b.threads ? nullptr : "other threads";
}

// The arrays that all the plans run on. Zeros, as FFTW's own measurements: they stay zeros, however often they go through.
template <class Real>
class Workbench {
 public:
  explicit Workbench(const FftPlan<Real>& plan)
      : family_(family_of(plan.problem().transform[0])),
        input_size_(plan.input_size()),
        output_size_(plan.output_size()),
        input_distance_(plan.input_split_distance()),
        output_distance_(plan.output_split_distance()),
        input_(zeros(reals(input_size_, input_distance_, has_complex_input(family_)))),
        output_(zeros(plan.problem().in_place ? 1 : reals(output_size_, output_distance_, has_complex_output(family_)))) {}

  void run(const FftPlan<Real>& plan) const {
    if (plan.problem().in_place) {
      run_in_place(plan);
    } else if (plan.problem().split) {
      run_split(plan);
    } else {
      switch (family_) {
        case FftFamily::c2c: plan.execute(complex_input(), complex_output()); break;
        case FftFamily::r2c: plan.execute(real_input(), complex_output()); break;
        case FftFamily::c2r: plan.execute(complex_input(), real_output()); break;
        case FftFamily::r2r: plan.execute(real_input(), real_output()); break;
      }
    }
  }

 private:
  using Complex = std::complex<Real>;

  static std::size_t reals(std::size_t size, std::size_t distance, bool complex) {
    return distance != 0 ? distance + size : size * (complex ? 2 : 1);
  }

  static FftwMemory<Real> zeros(std::size_t count) {
    FftwMemory<Real> memory = fftw_memory<Real>(count);
    std::fill_n(memory.get(), count, Real(0));
    return memory;
  }

  void run_in_place(const FftPlan<Real>& plan) const {
    if (plan.problem().split) {
      plan.execute(SplitSpan<Real>{{input_.get(), input_size_}, {input_.get() + input_distance_, input_size_}});
    } else if (family_ == FftFamily::c2c) {
      plan.execute(std::span(reinterpret_cast<Complex*>(input_.get()), input_size_));
    } else {
      plan.execute(std::span<Real>(input_.get(), input_size_));
    }
  }

  void run_split(const FftPlan<Real>& plan) const {
    const SplitSpan<const Real> in{{input_.get(), input_size_}, {input_.get() + input_distance_, input_size_}};
    const SplitSpan<Real> out{{output_.get(), output_size_}, {output_.get() + output_distance_, output_size_}};
    switch (family_) {
      case FftFamily::c2c: plan.execute(in, out); break;
      case FftFamily::r2c: plan.execute(real_input(), out); break;
      case FftFamily::c2r: plan.execute(in, real_output()); break;
      case FftFamily::r2r: break;    // has no split form
    }
  }

  std::span<const Real> real_input() const { return {input_.get(), input_size_}; }
  std::span<Real> real_output() const { return {output_.get(), output_size_}; }
  std::span<const Complex> complex_input() const { return {reinterpret_cast<const Complex*>(input_.get()), input_size_}; }
  std::span<Complex> complex_output() const { return {reinterpret_cast<Complex*>(output_.get()), output_size_}; }

  FftFamily family_;
  std::size_t input_size_, output_size_;
  std::size_t input_distance_, output_distance_;
  FftwMemory<Real> input_, output_;
};

}  // namespace

template <class Real>
std::vector<double> execution_seconds(std::span<const FftPlan<Real>* const> plans, std::chrono::nanoseconds budget,
                                      const std::function<bool()>& stop) {
  if (plans.empty()) return {};
  for (std::size_t i = 1; i < plans.size(); ++i) {
    if (const char* const difference = difference_of(plans.front()->problem(), plans[i]->problem())) {
      throw ArgumentError("plans[" + std::to_string(i) + "]", std::string("a plan of ") + difference,
                          "be of the first one's problem, at whatever rigor");
    }
  }
  const Workbench<Real> workbench(*plans.front());
  std::vector<double> least(plans.size(), std::numeric_limits<double>::infinity());
  const auto start = Clock::now();
  for (int round = 0; round < kLeastRounds || Clock::now() - start < budget; ++round) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (stop && stop()) return {};
      const int executions = round < kLeastRounds ? 1 : 1 + static_cast<int>(kShortest / least[i]);
      const auto begin = Clock::now();
      for (int execution = 0; execution < executions; ++execution) workbench.run(*plans[i]);
      const std::chrono::duration<double> taken = Clock::now() - begin;
      least[i] = std::min(least[i], std::max(taken.count(), kTick) / executions);
    }
  }
  return least;
}

template std::vector<double> execution_seconds<float>(std::span<const FftPlan<float>* const>, std::chrono::nanoseconds,
                                                      const std::function<bool()>&);
template std::vector<double> execution_seconds<double>(std::span<const FftPlan<double>* const>, std::chrono::nanoseconds,
                                                       const std::function<bool()>&);
template std::vector<double> execution_seconds<long double>(std::span<const FftPlan<long double>* const>,
                                                            std::chrono::nanoseconds, const std::function<bool()>&);

}  // namespace almanac::compute
