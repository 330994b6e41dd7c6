// Constant kappa: D^alpha u = lambda u + q(t) for every mode, by any scheme. Panels of modes are stepped through all times one after
// the other, so that memory holds the past of a panel, not of the field.
#include "mode_eigenvalues.hpp"
#include "stepping.hpp"

#include <algorithm>

namespace almanac::models {
namespace {

/// The modes [first, first + count) and where their rows go.
class ModePanel {
 public:
  ModePanel(const DiffusionSetup& setup, const DiffusionFields& fields, std::size_t first, std::size_t count)
      : setup_(setup), fields_(fields), first_(first), lambda_(count) {
    mode_eigenvalues(setup, first, lambda_);
  }

  compute::FractionalSolution solve(compute::FractionalOptions options, const std::function<void(double)>& progress) {
    const std::span<const double> u1 = fields_.u1.empty() ? fields_.u1 : fields_.u1.subspan(first_, lambda_.size());
    compute::FractionalEquation equation =
        compute::single_term(setup_.alpha, [this](double t, auto y, auto out) { right_side(t, y, out); },
                             initial_rows(setup_, fields_.u0.subspan(first_, lambda_.size()), u1),
                             static_cast<std::int64_t>(lambda_.size()));
    equation.linear_solve = [this](double a, double b, std::span<const double> right, std::span<double> x) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = right[i] / (a - b * lambda_[i]);
    };
    options.observer = [&](std::int64_t step, double, std::span<const double> u) {
      if (rows_ < fields_.outputs.size() && fields_.outputs[rows_] == step) {
        std::ranges::copy(u, fields_.rows.begin() + static_cast<std::ptrdiff_t>(rows_ * fields_.u0.size() + first_));
        ++rows_;
      }
      progress(static_cast<double>(step) / static_cast<double>(setup_.time.steps));
    };
    return compute::solve_fractional(equation, setup_.time.times(fields_.mesh), options);
  }
  std::size_t rows() const noexcept { return rows_; }

 private:
  void right_side(double t, std::span<const double> y, std::span<double> out) const {
    for (std::size_t i = 0; i < y.size(); ++i) out[i] = lambda_[i] * y[i];
    for (const DrivenField& forcing : fields_.forcings) {
      const double factor = forcing.factor.at(t);
      for (std::size_t i = 0; i < y.size(); ++i) out[i] += factor * forcing.field[first_ + i];
    }
  }

  const DiffusionSetup& setup_;
  const DiffusionFields& fields_;
  std::size_t first_, rows_ = 0;
  std::vector<double> lambda_;
};

}  // namespace

SteppingReport step_modes(CaseContext& context, const DiffusionSetup& setup, const DiffusionFields& fields) {
  const std::size_t points = fields.u0.size();
  compute::FractionalOptions options = solver_options(context, setup);
  ProgressPace pace(context);
  options.poll = [&pace] { pace.again(); };
  SteppingReport report{{}, fields.outputs.size()};
  std::size_t count = std::min(static_cast<std::size_t>(kFirstPanel), points);
  for (std::size_t first = 0; first < points;) {
    count = std::min(count, points - first);
    ModePanel panel(setup, fields, first, count);
    const compute::FractionalSolution solution = panel.solve(options, [&](double part) {
      pace.note(kShareOfSteps * (static_cast<double>(first) + part * static_cast<double>(count)) / static_cast<double>(points));
    });
    // What stops one panel ends the results of all: a field is whole or not there.
    if (solution.failure() && panel.rows() < report.rows) {
      report.rows = panel.rows();
      report.incomplete = solution.failure()->text + " of the modes from " + std::to_string(first);
    }
    const bool is_first = first == 0;
    first += count;
    add_panel_facts(report.facts, solution_facts(solution));
    if (!is_first) continue;
    double bytes = static_cast<double>(setup.time.steps + 1) * static_cast<double>(count * sizeof(double));
    if (const auto& history = solution.history()) {
      options.history = history->method;  // for the panels to come as well: they may differ in size
      bytes = static_cast<double>(history->bytes);
    }
    bytes += block_bytes(setup) * static_cast<double>(count);
    const double fitting = static_cast<double>(count) * kPanelBytes / bytes;
    count = static_cast<std::size_t>(std::clamp(fitting, 16.0, kMostModesAtOnce));
  }
  return report;
}

}  // namespace almanac::models
