#include "check_equation.hpp"
#include "run.hpp"
#include "scheme_family.hpp"
#include "steps.hpp"

#include <almanac/compute/solve_fractional.hpp>

#include <algorithm>
#include <cmath>

namespace almanac::compute {

/// Fills in what a solution shows.
class SolutionBuilder {
 public:
  static FractionalSolution build(stepping::Run& run, std::optional<SolverFailure> failure) {
    FractionalSolution solution;
    solution.unknowns_ = run.unknowns;
    run.times.resize(static_cast<std::size_t>(run.finished) + 1);
    if (run.keeps_all) run.values.resize(static_cast<std::size_t>((run.finished + 1) * run.unknowns));
    solution.times_ = std::move(run.times);
    if (run.keeps_all) solution.values_ = std::move(run.values);
    solution.failure_ = std::move(failure);
    solution.work_ = run.work;
    solution.history_ = run.history;
    solution.starting_digits_lost_ = run.starting_digits_lost;
    solution.starting_error_ = run.starting_error;
    solution.history_amplification_ = run.history_amplification;
    solution.start_ = run.start;
    solution.start_reason_ = std::move(run.start_reason);
    const double alpha = run.first_order > 0 ? run.first_order : run.largest_order();
    const double order =
        run.equation.variable_order ? 2.0 : fractional_order(run.options.scheme, run.largest_order(), run.options.corrections);
    solution.degree_ = static_cast<int>(std::ceil(order));
    // v begins as J^alpha of f(t_0, y(t_0)), or behind a Q of Riemann–Liouville's that is infinite, ~ t^(alpha-m), as that of Q
    solution.leading_power_ = run.initial.is_finite() ? alpha : alpha + run.initial.powers().back().power;
    solution.includes_start_ = run.equation.derivative == FractionalDerivative::grunwald_letnikov &&
                               std::any_of(run.equation.initial.begin(), run.equation.initial.end(), [](double y) { return y != 0; });
    for (const auto& [power, coefficients] : run.initial.powers()) solution.initial_part_.push_back({power, coefficients});
    return solution;
  }
};

namespace {

void step_through(stepping::Run& run) {
  using stepping::SchemeFamily;
  const bool mesh = !run.uniform || run.equation.variable_order;
  switch (stepping::family_of(run.options.scheme)) {
    case SchemeFamily::quadrature: return stepping::step_quadrature(run);
    case SchemeFamily::multistep: return stepping::step_multistep(run);
    case SchemeFamily::l_scheme:
      if (mesh) return stepping::step_l_mesh(run);
      return run.largest_order() > 1 ? stepping::step_l1_wave(run) : stepping::step_l_scheme(run);
    case SchemeFamily::product: return mesh ? stepping::step_product_mesh(run) : stepping::step_product(run);
  }
}

}  // namespace

FractionalEquation single_term(double alpha, FractionalRightSide f, std::vector<double> initial, std::int64_t unknowns) {
  return {.terms = {{alpha, 1.0}}, .f = std::move(f), .initial = std::move(initial), .unknowns = unknowns};
}

FractionalSolution solve_fractional(const FractionalEquation& equation, const FractionalTimes& times,
                                    const FractionalOptions& options) {
  stepping::check_equation(equation, times, options);
  stepping::Run run(equation, times, options);
  try {
    run.tell(0);
    step_through(run);
  } catch (stepping::Stop& stop) {
    return SolutionBuilder::build(run, std::move(stop.failure));
  } catch (const LinearSolveFailure& failure) {
    const std::int64_t step = run.finished + 1;
    return SolutionBuilder::build(run, stepping::failure_of(failure, step, run.time(step)));
  }
  return SolutionBuilder::build(run, std::nullopt);
}

}  // namespace almanac::compute
