#include <almanac/compute/fft.hpp>

#include "fft_layout.hpp"
#include "fftw_memory.hpp"
#include "fftw_planner.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <functional>

namespace almanac::compute {
namespace {

template <class Real>
FftwPlanHandle<Real> plan_with(const FftLayout& layout, const FftProblem& problem, std::string_view wisdom) {
  const bool estimated = problem.rigor == Rigor::estimate;
  if (estimated && !wisdom.empty()) throw WisdomError("an estimated plan takes no wisdom");
  if (!estimated) {
    const std::string reason = refuse_wisdom<Real>(wisdom);
    if (!reason.empty()) throw WisdomError("FFT wisdom refused: " + reason);
  }

  FftwPlanHandle<Real> plan;
  {
    FftwPlannerSession<Real> session(problem.threads);
    if (!estimated && !session.import(std::string(wisdom))) {
      throw WisdomError("FFT wisdom refused: it names solvers that this FFTW does not have");
    }
    plan.reset(session.plan(layout, problem, fftw_flag(problem.rigor) | (estimated ? 0U : FFTW_WISDOM_ONLY)));
  }
  if (!plan) throw WisdomError("the FFT wisdom does not hold a plan of this problem at this rigor");
  return plan;
}

// Half-open ranges of addresses.
bool overlap(const void* a, std::size_t a_bytes, const void* b, std::size_t b_bytes) noexcept {
  const auto* first = static_cast<const char*>(a);
  const auto* second = static_cast<const char*>(b);
  const std::less<> before;
  return before(first, second + b_bytes) && before(second, first + a_bytes);
}

}  // namespace

template <class Real>
struct FftPlan<Real>::State {
  State(const FftProblem& wanted, std::string_view wisdom)
      : problem(wanted),
        normalisation(compute::normalisation(wanted)),
        layout(lay_out(wanted, sizeof(Real))),
        plan(plan_with<Real>(layout, wanted, wisdom)),
        scratch(std::max(layout.input_reals, layout.output_reals)) {}

  void expect(FftFamily family, bool in_place) const {
    if (layout.family == family && problem.in_place == in_place) return;
    const std::string_view kind = to_string(layout.kinds.front());
    throw ArgumentError("plan", std::string(kind) + (problem.in_place ? " in place" : " out of place"),
                        "be of the transform and placement that these arrays ask for");
  }

  void expect_size(const char* parameter, std::size_t given, std::size_t expected) const {
    if (given == expected) return;
    throw ArgumentError(std::string(parameter) + ".size()", std::to_string(given), "be " + std::to_string(expected));
  }

  template <class In, class Out>
  void run(FftFamily family, std::span<const In> in, std::span<Out> out) const {
    expect(family, false);
    expect_size("in", in.size(), layout.input_size);
    expect_size("out", out.size(), layout.output_size);
    if (overlap(in.data(), in.size_bytes(), out.data(), out.size_bytes())) {
      throw ArgumentError("out", "an array that overlaps in", "not overlap it: plan in place instead");
    }
    // FFTW takes its input as non-const; where it would write to it (destroys_input) it gets a copy.
    auto* input = const_cast<Real*>(reinterpret_cast<const Real*>(in.data()));
    auto* output = reinterpret_cast<Real*>(out.data());
    const auto input_copy = loan_if(layout.destroys_input || !aligned(input));
    if (input_copy.data() != nullptr) {
      std::copy_n(input, layout.input_reals, input_copy.data());
      input = input_copy.data();
    }
    const auto output_copy = loan_if(!aligned(output));
    if (output_copy.data() != nullptr) {
      execute_plan(input, output_copy.data());
      std::copy_n(output_copy.data(), layout.output_reals, output);
    } else {
      execute_plan(input, output);
    }
  }

  template <class Element>
  void run_in_place(std::span<Element> data) const {
    expect_size("data", data.size(), layout.input_size);
    auto* reals = reinterpret_cast<Real*>(data.data());
    const auto copy = loan_if(!aligned(reals));
    if (copy.data() == nullptr) {
      execute_plan(reals, reals);
      return;
    }
    std::copy_n(reals, layout.input_reals, copy.data());
    execute_plan(copy.data(), copy.data());
    std::copy_n(copy.data(), layout.input_reals, reals);
  }

  static bool aligned(Real* memory) noexcept { return Fftw<Real>::alignment_of(memory) == 0; }

  typename FftwScratch<Real>::Loan loan_if(bool needed) const {
    return needed ? scratch.lend() : typename FftwScratch<Real>::Loan();
  }

  void execute_plan(Real* in, Real* out) const noexcept {
    using Api = Fftw<Real>;
    using FftwComplex = typename Api::Complex;
    switch (layout.family) {
      case FftFamily::c2c:
        Api::execute_dft(plan.get(), reinterpret_cast<FftwComplex*>(in), reinterpret_cast<FftwComplex*>(out));
        break;
      case FftFamily::r2c: Api::execute_r2c(plan.get(), in, reinterpret_cast<FftwComplex*>(out)); break;
      case FftFamily::c2r: Api::execute_c2r(plan.get(), reinterpret_cast<FftwComplex*>(in), out); break;
      case FftFamily::r2r: Api::execute_r2r(plan.get(), in, out); break;
    }
  }

  const FftProblem problem;
  const double normalisation;
  const FftLayout layout;
  const FftwPlanHandle<Real> plan;
  mutable FftwScratch<Real> scratch;
};

template <class Real>
FftPlan<Real>::FftPlan(const FftProblem& problem, std::string_view wisdom)
    : state_(std::make_unique<State>(problem, wisdom)) {}

template <class Real>
FftPlan<Real>::~FftPlan() = default;
template <class Real>
FftPlan<Real>::FftPlan(FftPlan&&) noexcept = default;
template <class Real>
FftPlan<Real>& FftPlan<Real>::operator=(FftPlan&&) noexcept = default;

template <class Real>
const FftProblem& FftPlan<Real>::problem() const noexcept {
  return state_->problem;
}
template <class Real>
double FftPlan<Real>::normalisation() const noexcept {
  return state_->normalisation;
}
template <class Real>
std::size_t FftPlan<Real>::input_size() const noexcept {
  return state_->layout.input_size;
}
template <class Real>
std::size_t FftPlan<Real>::output_size() const noexcept {
  return state_->layout.output_size;
}

template <class Real>
void FftPlan<Real>::execute(std::span<const Complex> in, std::span<Complex> out) const {
  state_->run(FftFamily::c2c, in, out);
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Real> in, std::span<Complex> out) const {
  state_->run(FftFamily::r2c, in, out);
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Complex> in, std::span<Real> out) const {
  state_->run(FftFamily::c2r, in, out);
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Real> in, std::span<Real> out) const {
  state_->run(FftFamily::r2r, in, out);
}
template <class Real>
void FftPlan<Real>::execute(std::span<Complex> data) const {
  state_->expect(FftFamily::c2c, true);
  state_->run_in_place(data);
}
template <class Real>
void FftPlan<Real>::execute(std::span<Real> data) const {
  const FftFamily family = state_->layout.family;
  state_->expect(family == FftFamily::c2c ? FftFamily::r2r : family, true);
  state_->run_in_place(data);
}

template class FftPlan<float>;
template class FftPlan<double>;
template class FftPlan<long double>;

}  // namespace almanac::compute
