#pragma once

#include <almanac/compute/laplacian.hpp>
#include <almanac/provenance.hpp>

#include <Eigen/SparseCore>

#include <span>
#include <utility>
#include <vector>

namespace almanac {

using compute::Boundary;
using LaplacianSpec = compute::LaplacianProblem;

/// A Laplacian, shared with the cache. Cheap to copy. Threads: immutable.
class Laplacian {
 public:
  using Matrix = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor>>;

  /// Errors: std::out_of_range, std::invalid_argument ← the artifact is not a Laplacian of that problem.
  Laplacian(cache::Answer answer, LaplacianSpec spec);

  /// Δ as a sparse matrix over the cache's memory; valid as long as this object or a copy lives.
  Matrix matrix() const;
  /// The eigenvalues of Δ along each axis, in the order of the axis's basis (FFT, DST-I, DCT-II, DST-IV, DCT-IV);
  /// those of the whole operator are their sums over all combinations.
  const std::vector<std::span<const double>>& symbol() const noexcept { return symbol_; }
  /// out = Δ in without the matrix. Errors: ArgumentError ← lengths that are not the grid's.
  void apply(std::span<const double> in, std::span<double> out, int threads = 1) const;

  const LaplacianSpec& spec() const noexcept { return spec_; }
  Provenance provenance() const { return provenance_of(answer_); }
  const cache::Answer& answer() const noexcept { return answer_; }

 private:
  cache::Answer answer_;
  LaplacianSpec spec_;
  std::vector<std::span<const double>> symbol_;
};

}  // namespace almanac
