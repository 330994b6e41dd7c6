// The operator as a matrix, and Eigen's conjugate gradients on it.

#include "step.hpp"

#include <almanac/compute/shifted_diffusion.hpp>

#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCore>
#include <benchmark/benchmark.h>

#include <memory>

namespace almanac::bench {
namespace {

using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;

template <class Preconditioner>
void solve_with(benchmark::State& state) {
  const Step step;
  const auto diffusion = std::make_shared<const compute::DiffusionOperator>(step.grid, step.kappa);
  Matrix matrix = -diffusion->matrix();
  for (int row = 0; row < matrix.rows(); ++row) matrix.coeffRef(row, row) += Step::kShift;
  const Eigen::Map<const Eigen::VectorXd> rhs(step.rhs.data(), matrix.rows());
  Eigen::ConjugateGradient<Matrix, Eigen::Lower | Eigen::Upper, Preconditioner> gradients(matrix);
  gradients.setTolerance(Step::kTolerance);

  std::vector<double> ours(step.rhs.size());
  Eigen::VectorXd x = gradients.solve(rhs);
  if (!compute::ShiftedDiffusion(diffusion).solve(Step::kShift, 1, step.rhs, ours, {.tolerance = Step::kTolerance}).converged)
    return state.SkipWithError("no solution to compare with");
  // Both have residuals below the tolerance, and the smallest eigenvalue is above the shift.
  const Eigen::Map<const Eigen::VectorXd> other(ours.data(), matrix.rows());
  if ((x - other).norm() > 2 * Step::kTolerance * rhs.norm() / Step::kShift) return state.SkipWithError("another solution");

  for (auto _ : state) {
    x = gradients.solve(rhs);
    benchmark::DoNotOptimize(x.data());
  }
  state.counters["iterations"] = static_cast<double>(gradients.iterations());
}

void EigenPlain(benchmark::State& state) { solve_with<Eigen::IdentityPreconditioner>(state); }
void EigenDiagonal(benchmark::State& state) { solve_with<Eigen::DiagonalPreconditioner<double>>(state); }
BENCHMARK(EigenPlain)->Unit(benchmark::kMillisecond);
BENCHMARK(EigenDiagonal)->Unit(benchmark::kMillisecond);

void EigenOperator(benchmark::State& state) {
  const Step step;
  const Matrix matrix = compute::DiffusionOperator(step.grid, step.kappa).matrix();
  const Eigen::Map<const Eigen::VectorXd> in(step.rhs.data(), matrix.rows());
  Eigen::VectorXd out(matrix.rows());
  for (auto _ : state) {
    out.noalias() = matrix * in;
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(EigenOperator)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace almanac::bench
