// kappa(x): D^alpha u = A u + q(x, t) at the points of the grid, A = ∇·(kappa ∇) by conservative differences; each step is one
// solve by conjugate gradients, preconditioned by the fast solver of constant kappa.
#include "stepping.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/shifted_diffusion.hpp>

#include <algorithm>
#include <string>

namespace almanac::models {
namespace {

/// The plan inside one of the engine's, kept alive by it.
std::shared_ptr<const compute::FftPlan<double>> inner_plan(const FftPlan<double>& plan) {
  const auto holder = std::make_shared<const FftPlan<double>>(plan);
  return {holder, &holder->plan()};
}

constexpr std::int64_t kMostIterations = 50'000, kIterationsAtOnce = 5'000;

/// The solve of a step, and what is known of all of them.
class FieldSolve {
 public:
  FieldSolve(std::shared_ptr<const compute::DiffusionOperator> diffusion, const FftPlan<double>& forward,
             const FftPlan<double>& backward, double tolerance, int threads, ProgressPace& pace)
      : solver_(std::move(diffusion), inner_plan(forward), inner_plan(backward), threads), tolerance_(tolerance), pace_(pace) {}

  void solve(double a, double b, std::span<const double> right, std::span<double> x) {
    const compute::LinearSolveReport report = solve_or_fail(a, b, right, x);
    iterations_ += report.iterations;
    ++solves_;
    largest_ = std::max(largest_, report.residual);
    // Where double allows no less than it left, that is the solution; and it is said.
    if (!report.converged && !(report.residual <= std::min(1e-6, solver_.attainable_tolerance(a, b))))
      throw compute::LinearSolveFailure("a step could not be solved: " + report.text, report.residual);
  }

  output::Facts facts() const {
    return {{"cg_solves", solves_}, {"cg_iterations", iterations_}, {"cg_residual", largest_}};
  }

 private:
  /// What is refused was found in the steps before: numbers that have left what it takes.
  compute::LinearSolveReport solve_or_fail(double a, double b, std::span<const double> right, std::span<double> x) {
    try {
      // As many iterations as their bound, but some at a time: between these a mission can be stopped. Each time begins anew from
      // what there is, which a solve that takes so many can do with.
      const std::int64_t most = std::min(kMostIterations, 2 * solver_.iteration_bound(a, b, tolerance_) + 10);
      compute::LinearSolveReport report;
      for (std::int64_t done = 0; !report.converged && done < most;) {
        const std::int64_t allowed = std::min(kIterationsAtOnce, most - done);
        report = solver_.solve(a, b, right, x, {.tolerance = tolerance_, .max_iterations = allowed});
        done += report.iterations;
        const bool gave_up = report.iterations < allowed;
        report.iterations = done;
        if (gave_up) break;
        pace_.again();
      }
      return report;
    } catch (const compute::ArgumentError& error) {
      throw compute::LinearSolveFailure(std::string("a step could not be solved: ") + error.what(), largest_);
    }
  }

  compute::ShiftedDiffusion solver_;
  double tolerance_;
  ProgressPace& pace_;
  std::int64_t iterations_ = 0, solves_ = 0;
  double largest_ = 0;
};

}  // namespace

SteppingReport step_field(CaseContext& context, const DiffusionSetup& setup, const DiffusionFields& fields,
                          const FftPlan<double>& forward, const FftPlan<double>& backward) {
  const std::size_t points = fields.u0.size();
  const int threads = threads_for(context, points, kFewestShared);
  std::shared_ptr<const compute::DiffusionOperator> diffusion;
  {
    std::vector<double> kappa(points);
    setup.kappa.fill(kappa, setup.grid);
    diffusion = std::make_shared<const compute::DiffusionOperator>(setup.differences(), kappa, threads);
  }
  ProgressPace pace(context);
  FieldSolve solve(diffusion, forward, backward, setup.solve_tolerance, threads, pace);

  compute::FractionalEquation equation = compute::single_term(
      setup.alpha,
      [&](double t, std::span<const double> y, std::span<double> out) {
        diffusion->apply(y, out, threads);
        for (const DrivenField& forcing : fields.forcings) {
          const double factor = forcing.factor.at(t);
          for (std::size_t i = 0; i < points; ++i) out[i] += factor * forcing.field[i];
        }
      },
      initial_rows(setup, fields.u0, fields.u1), static_cast<std::int64_t>(points));
  equation.linear_solve = [&](double a, double b, std::span<const double> right, std::span<double> x) {
    pace.again();
    solve.solve(a, b, right, x);
  };
  compute::FractionalOptions options = solver_options(context, setup);
  options.poll = [&pace] { pace.again(); };
  std::size_t next = 0;
  options.observer = [&](std::int64_t step, double, std::span<const double> u) {
    if (next < fields.outputs.size() && fields.outputs[next] == step) {
      std::ranges::copy(u, fields.rows.begin() + static_cast<std::ptrdiff_t>(next * points));
      ++next;
    }
    pace.note(kShareOfSteps * static_cast<double>(step) / static_cast<double>(setup.time.steps));
  };
  const compute::FractionalSolution solution = compute::solve_fractional(equation, setup.time.times(fields.mesh), options);
  SteppingReport report{solution_facts(solution), next};
  if (solution.failure()) report.incomplete = solution.failure()->text;
  for (auto& fact : solve.facts()) report.facts.push_back(std::move(fact));
  return report;
}

double history_bytes(const DiffusionSetup& setup) {
  const auto points = static_cast<std::int64_t>(setup.grid.points());
  const double row = static_cast<double>(points) * sizeof(double);
  if (setup.time.is_graded) return row * static_cast<double>(setup.time.steps + 1);
  const bool alone = setup.stepping.scheme == compute::FractionalScheme::grunwald;
  const bool twice = setup.stepping.scheme == compute::FractionalScheme::predictor_corrector;
  // Bytes do not depend on the weights, but for a short memory that is to find its own length: then as those of alpha.
  std::vector<double> any;
  if (!alone && setup.stepping.history != compute::HistoryMethod::short_memory) {
    any.assign(static_cast<std::size_t>(setup.time.steps) + 1, 1.0);
  }
  const compute::HistoryChoice choice = compute::choose_history({.alpha = setup.alpha,
                                                                 .weights = any,
                                                                 .unknowns = points,
                                                                 .steps = setup.time.steps,
                                                                 .tolerance = sum_tolerance(setup),
                                                                 .method = setup.stepping.history,
                                                                 .terms = setup.stepping.history_terms});
  return static_cast<double>(choice.bytes) * (twice ? 2 : 1);
}

}  // namespace almanac::models
