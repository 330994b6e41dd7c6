// How Eigen's manual builds a sparse matrix, and its product with a vector.

#include "grid.hpp"

#include <Eigen/SparseCore>
#include <benchmark/benchmark.h>

#include <cstdlib>

namespace almanac::bench {
namespace {

using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;

Matrix build() {
  constexpr int n = 128;
  const auto index = [](int i, int j, int k) { return (((i + n) % n) * n + (j + n) % n) * n + (k + n) % n; };
  std::vector<Eigen::Triplet<double>> triplets;
  triplets.reserve(7 * kPoints);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      for (int k = 0; k < n; ++k) {
        const int row = index(i, j, k);
        triplets.emplace_back(row, row, -6.0);
        for (const int column : {index(i - 1, j, k), index(i + 1, j, k), index(i, j - 1, k), index(i, j + 1, k),
                                 index(i, j, k - 1), index(i, j, k + 1)}) {
          triplets.emplace_back(row, column, 1.0);
        }
      }
    }
  }
  Matrix matrix(kPoints, kPoints);
  matrix.setFromTriplets(triplets.begin(), triplets.end());
  return matrix;
}

void EigenTriplets(benchmark::State& state) {
  if ((build() - compute::laplacian_matrix(kGrid)).norm() != 0) std::abort();
  for (auto _ : state) benchmark::DoNotOptimize(build().valuePtr());
}
BENCHMARK(EigenTriplets)->Unit(benchmark::kMillisecond);

void EigenProduct(benchmark::State& state) {
  const Matrix matrix = compute::laplacian_matrix(kGrid);
  const Eigen::VectorXd in = Eigen::VectorXd::Ones(kPoints);
  Eigen::VectorXd out(kPoints);
  for (auto _ : state) {
    out.noalias() = matrix * in;
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(EigenProduct)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace almanac::bench
