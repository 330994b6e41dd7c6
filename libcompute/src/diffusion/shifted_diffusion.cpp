#include <almanac/compute/shifted_diffusion.hpp>

#include <almanac/compute/error.hpp>

#include "diffusion/blocked_sums.hpp"
#include "written.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace almanac::compute {
namespace {

// Of the entries' and the operator's size: no product of conjugate gradients leaves double then.
constexpr double kSmallestOperator = 1e-100, kLargestOperator = 1e100;
constexpr double kSmallestSquare = 1e-100, kLargestSquare = 1e100;
constexpr double kUnit = 0x1p-53;

FftProblem transform_problem(const LaplacianProblem& grid, Rigor rigor, int threads, bool backward) {
  check(grid);
  std::vector<Transform> kinds;
  for (std::size_t axis = 0; axis < grid.extent.size(); ++axis) {
    const Transform kind = mode_transform(grid.boundary[axis]);
    kinds.push_back(backward ? inverse(kind) : kind);
  }
  return {.extent = grid.extent, .transform = std::move(kinds), .in_place = true, .rigor = rigor, .threads = threads};
}

std::shared_ptr<const FftPlan<double>> plan_from(const FftPlanProvider& plans, const FftProblem& problem) {
  return plans ? plans(problem) : std::make_shared<const FftPlan<double>>(problem, "");
}

const LaplacianProblem& grid_of(const std::shared_ptr<const DiffusionOperator>& diffusion) {
  if (!diffusion) throw ArgumentError("diffusion", "null", "be an operator");
  return diffusion->grid();
}

void check_plan_of(const char* parameter, const FftPlan<double>* plan, const FftProblem& wanted) {
  if (plan == nullptr) throw ArgumentError(parameter, "null", "be a plan");
  const FftProblem& given = plan->problem();
  const std::size_t rank = wanted.extent.size();
  if (given.extent != wanted.extent || given.transform.expand(rank) != wanted.transform.expand(rank) || given.batch != 1 ||
      given.strides || given.split || !given.in_place)
    throw ArgumentError(parameter, "a plan of another problem",
                        "be the in-place transform to or from the modes of the operator's grid, " + written(wanted.extent));
}

void check_tolerance(double tolerance) {
  if (!(tolerance >= 1e-15 && tolerance < 1)) throw ArgumentError("tolerance", written(tolerance), "lie in [1e-15, 1)");
}

double to_three_digits(double value) {
  if (!(value > 0) || !std::isfinite(value)) return value;
  const double scale = std::pow(10.0, 2 - std::floor(std::log10(value)));
  return std::isnormal(scale) ? std::round(value * scale) / scale : value;
}

}  // namespace

Transform mode_transform(Boundary boundary) noexcept {
  switch (boundary) {
    case Boundary::periodic: return Transform::r2hc;
    case Boundary::dirichlet: return Transform::dst1;
    case Boundary::neumann: return Transform::dct2;
    case Boundary::dirichlet_neumann: return Transform::dst4;
    case Boundary::neumann_dirichlet: return Transform::dct4;
  }
  return Transform::r2hc;
}

/// What a solver works with, made once.
struct ShiftedDiffusion::Workspace {
  Workspace(std::int64_t points, std::int64_t line, int threads)
      : residual(static_cast<std::size_t>(points)),
        direction(residual.size()),
        image(residual.size()),
        conditioned(residual.size()),
        line_of_modes(static_cast<std::size_t>(line)),
        blocks(points, threads) {}

  std::vector<double> residual, direction, image, conditioned;
  std::vector<double> line_of_modes;
  BlockedSums blocks;
};

FftProblem ShiftedDiffusion::forward_problem(const LaplacianProblem& grid, Rigor rigor, int threads) {
  return transform_problem(grid, rigor, threads, false);
}

FftProblem ShiftedDiffusion::backward_problem(const LaplacianProblem& grid, Rigor rigor, int threads) {
  return transform_problem(grid, rigor, threads, true);
}

ShiftedDiffusion::ShiftedDiffusion(std::shared_ptr<const DiffusionOperator> diffusion, const FftPlanProvider& plans, int threads)
    : ShiftedDiffusion(diffusion, plan_from(plans, forward_problem(grid_of(diffusion), Rigor::estimate)),
                       plan_from(plans, backward_problem(grid_of(diffusion), Rigor::estimate)), threads) {}

ShiftedDiffusion::ShiftedDiffusion(std::shared_ptr<const DiffusionOperator> diffusion,
                                   std::shared_ptr<const FftPlan<double>> forward,
                                   std::shared_ptr<const FftPlan<double>> backward, int threads)
    : diffusion_(std::move(diffusion)), forward_(std::move(forward)), backward_(std::move(backward)), threads_(threads) {
  const LaplacianProblem& grid = grid_of(diffusion_);
  check_plan_of("forward", forward_.get(), forward_problem(grid, Rigor::estimate));
  check_plan_of("backward", backward_.get(), backward_problem(grid, Rigor::estimate));
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
  for (std::size_t axis = 0; axis < grid.extent.size(); ++axis) {
    symbols_.push_back(laplacian_symbol(grid, axis));
    const auto [least, most] = std::ranges::minmax(symbols_.back());
    smallest_eigenvalue_ -= most;
    largest_eigenvalue_ -= least;
  }
  const double least = diffusion_->smallest_kappa(), most = diffusion_->largest_kappa();
  mean_kappa_ = least * std::sqrt(most / least);  // exactly κ where it is constant
  work_ = std::make_unique<Workspace>(diffusion_->rows(), grid.extent.back(), threads);
}

ShiftedDiffusion::~ShiftedDiffusion() = default;

ShiftedDiffusion::Bounds ShiftedDiffusion::bounds(double a, double b) const {
  if (!(a >= 0) || !std::isfinite(a)) throw ArgumentError("a", written(a), "be finite and not negative");
  if (!(b >= 0) || !std::isfinite(b)) throw ArgumentError("b", written(b), "be finite and not negative");
  if (a == 0 && b == 0) throw ArgumentError("a", "0", "be above 0 where b is 0");
  if (a == 0 && diffusion_->annihilates_constants())
    throw ArgumentError("a", "0", "be above 0 where no side is dirichlet: a solution plus any constant would be one too");
  const double least = diffusion_->smallest_kappa(), most = diffusion_->largest_kappa();
  const Bounds bounds{.low = a + b * least * smallest_eigenvalue_,
                      .high = a + b * most * largest_eigenvalue_,
                      .preconditioner_low = a + b * mean_kappa_ * smallest_eigenvalue_,
                      .preconditioner_high = a + b * mean_kappa_ * largest_eigenvalue_,
                      .quotient = (a + b * most * largest_eigenvalue_) / (a + b * least * largest_eigenvalue_)};
  if (!(bounds.low >= kSmallestOperator && bounds.high <= kLargestOperator))
    throw ArgumentError("b", written(b), "leave the eigenvalues of a I - b A, here from " + written(bounds.low) + " to " +
                                             written(bounds.high) + ", in [1e-100, 1e100]");
  return bounds;
}

std::int64_t ShiftedDiffusion::iteration_bound(double a, double b, double tolerance) const {
  check_tolerance(tolerance);
  const Bounds of = bounds(a, b);
  const double root = std::sqrt(of.quotient);
  if (!(root > 1)) return 1;
  const double condition = of.preconditioner_high / of.preconditioner_low;
  const double needed = std::log(2 / tolerance) + 0.5 * (std::log(of.quotient) + std::log(condition));
  const double iterations = std::ceil(needed / std::log1p(2 / (root - 1)));
  return iterations < 1e15 ? std::max<std::int64_t>(1, static_cast<std::int64_t>(iterations)) : std::int64_t{1'000'000'000'000'000};
}

double ShiftedDiffusion::attainable_tolerance(double a, double b) const {
  const Bounds of = bounds(a, b);
  return std::max(1e-15, 16 * kUnit * (of.high / of.low));
}

/// out = M⁻¹ residual.
void ShiftedDiffusion::precondition(double a, double b, const std::vector<double>& residual, std::vector<double>& out) {
  work_->blocks.pass([&](std::size_t begin, std::size_t end) {
    std::copy(residual.begin() + static_cast<std::ptrdiff_t>(begin), residual.begin() + static_cast<std::ptrdiff_t>(end),
              out.begin() + static_cast<std::ptrdiff_t>(begin));
  });
  forward_->execute(std::span<double>(out));
  const double scale = forward_->normalisation(), factor = scale * (b * mean_kappa_);
  std::vector<double>& last = work_->line_of_modes;
  for (std::size_t k = 0; k < last.size(); ++k) last[k] = -factor * symbols_.back()[k];
  const auto length = static_cast<std::int64_t>(last.size()), lines = diffusion_->rows() / length;
  const std::int64_t parts = parts_worth_a_thread(diffusion_->rows(), threads_);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
#endif
  for (std::int64_t part = 0; part < parts; ++part)
    for (std::int64_t line = lines * part / parts; line < lines * (part + 1) / parts; ++line) {
      double others = 0;
      std::int64_t rest = line;
      for (std::size_t axis = symbols_.size() - 1; axis-- > 0;) {
        const auto points = static_cast<std::int64_t>(symbols_[axis].size());
        others += symbols_[axis][static_cast<std::size_t>(rest % points)];
        rest /= points;
      }
      const double of_line = scale * a - factor * others;
      double* const mode = out.data() + line * length;
      const double* const of_mode = last.data();
      for (std::int64_t k = 0; k < length; ++k) mode[k] /= of_line + of_mode[k];
    }
  backward_->execute(std::span<double>(out));
}

/// residual = rhs - K x; gives its square.
double ShiftedDiffusion::true_residual(double a, double b, std::span<const double> rhs, std::span<const double> x) {
  Workspace& w = *work_;
  diffusion_->apply_shifted(a, b, x, w.image, threads_);
  double *const r = w.residual.data(), *const image = w.image.data();
  const double* const right = rhs.data();
  return w.blocks.sum([=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) r[i] = right[i] - image[i];
    return sum_in_eighths(begin, end, [=](std::size_t i) { return r[i] * r[i]; });
  });
}

/// Conjugate gradients from x and its residual, until the recurrence's residual squared is at most `enough`, or `most` iterations.
std::int64_t ShiftedDiffusion::descend(double a, double b, std::span<double> x, double enough, std::int64_t most) {
  Workspace& w = *work_;
  double *const r = w.residual.data(), *const p = w.direction.data(), *const q = w.image.data(), *const z = w.conditioned.data();
  double* const at = x.data();
  double before = 0;
  for (std::int64_t iteration = 0; iteration < most; ++iteration) {
    precondition(a, b, w.residual, w.conditioned);
    const double product = w.blocks.sum([=](std::size_t begin, std::size_t end) {
      return sum_in_eighths(begin, end, [=](std::size_t i) { return r[i] * z[i]; });
    });
    if (!(product > 0)) return iteration;  // rounding has eaten the residual
    const double turn = iteration == 0 ? 0 : product / before;
    before = product;
    w.blocks.pass([=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) p[i] = turn == 0 ? z[i] : z[i] + turn * p[i];
    });
    diffusion_->apply_shifted(a, b, w.direction, w.image, threads_);
    const double curvature = w.blocks.sum([=](std::size_t begin, std::size_t end) {
      return sum_in_eighths(begin, end, [=](std::size_t i) { return p[i] * q[i]; });
    });
    if (!(curvature > 0)) return iteration;
    const double step = product / curvature;
    const double left = w.blocks.sum([=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) at[i] += step * p[i];
      for (std::size_t i = begin; i < end; ++i) r[i] -= step * q[i];
      return sum_in_eighths(begin, end, [=](std::size_t i) { return r[i] * r[i]; });
    });
    if (!(left > enough)) return iteration + 1;
  }
  return most;
}

LinearSolveReport ShiftedDiffusion::iterate(double a, double b, std::span<const double> rhs, std::span<double> x, double square,
                                            const LinearSolveLimits& limits, std::int64_t most) {
  LinearSolveReport report;
  double left = true_residual(a, b, rhs, x);
  if (!(left <= square)) {  // worse than nothing, or not finite
    std::ranges::fill(x, 0.0);
    left = true_residual(a, b, rhs, x);
  }
  const double enough = limits.tolerance * limits.tolerance * square;
  bool halved = true;
  while (left > enough && halved && report.iterations < most) {
    const double begun_with = left;
    report.iterations += descend(a, b, x, enough, most - report.iterations);
    left = true_residual(a, b, rhs, x);
    halved = left <= begun_with / 4;
  }
  report.residual = std::sqrt(left / square);
  report.converged = left <= enough;
  if (!report.converged)
    report.text = "conjugate gradients: residual " + written(to_three_digits(report.residual)) + " after " +
                  written(report.iterations) + " iterations, above the tolerance " + written(limits.tolerance) +
                  (report.iterations < most ? ": double allows no less here" : ": no more iterations were allowed");
  return report;
}

LinearSolveReport ShiftedDiffusion::solve(double a, double b, std::span<const double> rhs, std::span<double> x,
                                          const LinearSolveLimits& limits) {
  const std::int64_t bound = iteration_bound(a, b, limits.tolerance);
  if (limits.max_iterations < 0) throw ArgumentError("max_iterations", written(limits.max_iterations), "be 0 or more");
  const std::int64_t most = limits.max_iterations > 0 ? limits.max_iterations : 2 * bound + 10;
  const auto rows = static_cast<std::size_t>(diffusion_->rows());
  const std::string wanted = "have the grid's " + written(rows);
  if (rhs.size() != rows) throw ArgumentError("rhs", written(rhs.size()) + " values", wanted);
  if (x.size() != rows) throw ArgumentError("x", written(x.size()) + " values", wanted);
  const std::less<const double*> before;
  if (before(rhs.data(), x.data() + rows) && before(x.data(), rhs.data() + rows))
    throw ArgumentError("x", "memory of rhs", "not overlap rhs");

  const double* const right = rhs.data();
  const double square = work_->blocks.sum([=](std::size_t begin, std::size_t end) {
    return sum_in_eighths(begin, end, [=](std::size_t i) { return right[i] * right[i]; });
  });
  if (square >= kSmallestSquare && square <= kLargestSquare) return iterate(a, b, rhs, x, square, limits, most);

  double largest = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!std::isfinite(rhs[i])) throw ArgumentError("rhs", "[" + written(i) + "] " + written(rhs[i]), "be finite");
    largest = std::max(largest, std::abs(rhs[i]));
  }
  if (largest == 0) {
    std::ranges::fill(x, 0.0);
    return {.converged = true, .iterations = 0, .residual = 0, .text = {}};
  }
  // Squares leave the range of double: everything by a power of two, which rounds nothing of a normal number.
  const double scale = std::ldexp(1.0, std::min(1000, -std::ilogb(largest)));
  std::vector<double> scaled(rhs.begin(), rhs.end());
  double scaled_square = 0;
  for (double& value : scaled) {
    value *= scale;
    scaled_square += value * value;
  }
  for (double& value : x) value *= scale;
  LinearSolveReport report = iterate(a, b, scaled, x, scaled_square, limits, most);
  for (double& value : x) value /= scale;
  if (!std::ranges::all_of(x, [](double value) { return std::isfinite(value); })) {
    report.converged = false;
    report.text = "the solution leaves the range of double";
  }
  return report;
}

}  // namespace almanac::compute
