#include <almanac/compute/fft.hpp>

#include "fft_array.hpp"
#include "fft_layout.hpp"
#include "fftw_memory.hpp"
#include "fftw_planner.hpp"
#include "wisdom_grammar.hpp"

#include <almanac/compute/error.hpp>

namespace almanac::compute {
namespace {

template <class Real>
FftwPlanHandle<Real> plan_with(const FftLayout& layout, const FftProblem& problem, std::string_view wisdom) {
  const bool estimated = problem.rigor == Rigor::estimate;
  if (estimated && !wisdom.empty()) throw WisdomError("an estimated plan takes no wisdom");

  FftwPlanHandle<Real> plan;
  {
    FftwPlannerSession<Real> session(problem.threads);
    if (!estimated) {
      const std::string reason = refuse_bundle(wisdom, session.header());
      if (!reason.empty()) throw WisdomError("FFT wisdom refused: " + reason);
      if (!session.import(std::string(wisdom))) {
        throw WisdomError("FFT wisdom refused: it names solvers that this FFTW does not have");
      }
    }
    plan.reset(session.plan(layout, problem, fftw_flag(problem.rigor) | (estimated ? 0U : FFTW_WISDOM_ONLY)));
  }
  if (!plan && estimated) refuse_problem(problem);
  if (!plan) throw WisdomError("the FFT wisdom does not hold a plan of this problem at this rigor");
  return plan;
}

}  // namespace

template <class Real>
struct FftPlan<Real>::State {
  State(const FftProblem& wanted, std::string_view wisdom)
      : problem(wanted),
        normalisation(compute::normalisation(wanted)),
        layout(lay_out(wanted, sizeof(Real))),
        plan(plan_with<Real>(layout, wanted, wisdom)),
        scratch(layout.reals) {}

  void expect(FftFamily family, bool in_place, bool split) const {
    if (layout.family == family && problem.in_place == in_place && problem.split == split) return;
    const std::string kind(to_string(layout.kinds.front()));
    throw ArgumentError("plan", kind + (problem.split ? " split" : "") + (problem.in_place ? " in place" : " out of place"),
                        "be of the transform and placement that these arrays ask for");
  }

  static void expect_size(const char* parameter, const FftArray<Real>& given, std::size_t expected) {
    const bool real_fits = given.size == expected;
    if (real_fits && (!given.split || given.imaginary_size == expected)) return;
    const char* const part = !given.split ? ".size()" : real_fits ? ".imaginary.size()" : ".real.size()";
    throw ArgumentError(std::string(parameter) + part, std::to_string(real_fits ? given.imaginary_size : given.size),
                        "be " + std::to_string(expected));
  }

  // What is written through both parts must not be one array: FFTW would leave the last it wrote.
  static void expect_parts_apart(const char* parameter, const FftArray<Real>& given) {
    if (given.split && overlap(given.real_part(), given.imaginary_part())) {
      throw ArgumentError(std::string(parameter) + ".imaginary", "an array that overlaps the real part", "not overlap it");
    }
  }

  void run(FftFamily family, const FftArray<Real>& in, const FftArray<Real>& out) const {
    expect(family, false, in.split || out.split);
    expect_size("in", in, layout.input_size);
    expect_size("out", out, layout.output_size);
    if (overlap(in, out)) throw ArgumentError("out", "an array that overlaps in", "not overlap it: plan in place instead");
    expect_parts_apart("out", out);

    // Where FFTW would write to its input (destroys_input) it gets a copy.
    const auto input_loan = loan_if(layout.destroys_input || !in.fits(layout.input));
    const auto output_loan = loan_if(!out.fits(layout.output));
    const FftArray<Real> input = on(input_loan, layout.input, in);
    const FftArray<Real> output = on(output_loan, layout.output, out);
    if (input_loan.data() != nullptr) copy_array(layout.input, in, input);
    execute_plan(input, output);
    if (output_loan.data() != nullptr) copy_array(layout.output, output, out);
  }

  void run_in_place(FftFamily family, const FftArray<Real>& data) const {
    expect(family, true, data.split);
    expect_size("data", data, layout.input_size);
    expect_parts_apart("data", data);
    if (data.fits(layout.input)) {
      execute_plan(data, data);
      return;
    }
    const auto loan = scratch.lend();
    const FftArray<Real> copy = array_in(loan.data(), layout.input);
    copy_array(layout.input, data, copy);
    execute_plan(copy, copy);
    copy_array(layout.output, copy, data);
  }

  typename FftwScratch<Real>::Loan loan_if(bool needed) const {
    return needed ? scratch.lend() : typename FftwScratch<Real>::Loan();
  }

  static FftArray<Real> on(const typename FftwScratch<Real>::Loan& loan, const FftSide& side, const FftArray<Real>& given) {
    return loan.data() == nullptr ? given : array_in(loan.data(), side);
  }

  void execute_plan(const FftArray<Real>& in, const FftArray<Real>& out) const noexcept {
    using Api = Fftw<Real>;
    const auto complex = [](Real* memory) { return reinterpret_cast<typename Api::Complex*>(memory); };
    switch (layout.family) {
      case FftFamily::c2c:
        if (!layout.split) {
          Api::execute_dft(plan.get(), complex(in.real), complex(out.real));
        } else if (problem.direction == Direction::forward) {
          Api::execute_split_dft(plan.get(), in.real, in.imaginary, out.real, out.imaginary);
        } else {    // as it was planned: forward with the parts swapped
          Api::execute_split_dft(plan.get(), in.imaginary, in.real, out.imaginary, out.real);
        }
        break;
      case FftFamily::r2c:
        if (layout.split) {
          Api::execute_split_r2c(plan.get(), in.real, out.real, out.imaginary);
        } else {
          Api::execute_r2c(plan.get(), in.real, complex(out.real));
        }
        break;
      case FftFamily::c2r:
        if (layout.split) {
          Api::execute_split_c2r(plan.get(), in.real, in.imaginary, out.real);
        } else {
          Api::execute_c2r(plan.get(), complex(in.real), out.real);
        }
        break;
      case FftFamily::r2r: Api::execute_r2r(plan.get(), in.real, out.real); break;
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
std::size_t FftPlan<Real>::input_split_distance() const noexcept {
  return state_->layout.input.split_distance;
}
template <class Real>
std::size_t FftPlan<Real>::output_split_distance() const noexcept {
  return state_->layout.output.split_distance;
}

template <class Real>
void FftPlan<Real>::execute(std::span<const Complex> in, std::span<Complex> out) const {
  state_->run(FftFamily::c2c, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Real> in, std::span<Complex> out) const {
  state_->run(FftFamily::r2c, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Complex> in, std::span<Real> out) const {
  state_->run(FftFamily::c2r, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Real> in, std::span<Real> out) const {
  state_->run(FftFamily::r2r, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(SplitSpan<const Real> in, SplitSpan<Real> out) const {
  state_->run(FftFamily::c2c, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(std::span<const Real> in, SplitSpan<Real> out) const {
  state_->run(FftFamily::r2c, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(SplitSpan<const Real> in, std::span<Real> out) const {
  state_->run(FftFamily::c2r, given(in), given(out));
}
template <class Real>
void FftPlan<Real>::execute(std::span<Complex> data) const {
  state_->run_in_place(FftFamily::c2c, given(data));
}
template <class Real>
void FftPlan<Real>::execute(std::span<Real> data) const {
  const FftFamily family = state_->layout.family;
  state_->run_in_place(family == FftFamily::c2c ? FftFamily::r2r : family, given(data));
}
template <class Real>
void FftPlan<Real>::execute(SplitSpan<Real> data) const {
  state_->run_in_place(FftFamily::c2c, given(data));
}

template class FftPlan<float>;
template class FftPlan<double>;
template class FftPlan<long double>;

}  // namespace almanac::compute
