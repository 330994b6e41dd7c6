#include <almanac/compute/starting_weights.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"
#include "starting_defects.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace almanac::compute {
namespace {

using quadrature::Quad;

constexpr double kWorstCondition = 1e30;

double magnitude(Quad x) { return std::abs(static_cast<double>(x)); }

/// A square matrix by rows.
struct QuadMatrix {
  std::size_t size;
  std::vector<Quad> values;
  Quad& at(std::size_t row, std::size_t column) { return values[row * size + column]; }
  Quad at(std::size_t row, std::size_t column) const { return values[row * size + column]; }
};

/// V_{i,j} = node_j^gamma_i, node_j = first + j.
QuadMatrix powers_of_nodes(std::span<const double> exponents, int first) {
  QuadMatrix matrix{exponents.size(), {}};
  for (const double exponent : exponents)
    for (std::size_t j = 0; j < exponents.size(); ++j)
      matrix.values.push_back(quadrature::pow(first + static_cast<int>(j), exponent));
  return matrix;
}

/// By Gauss–Jordan elimination, the pivot of a column the largest beside the largest of its row. A singular matrix gives
/// infinities.
QuadMatrix inverse_of(QuadMatrix matrix) {
  const std::size_t size = matrix.size;
  QuadMatrix inverse{size, std::vector<Quad>(size * size, 0)};
  std::vector<double> scale(size, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    inverse.at(i, i) = 1;
    for (std::size_t j = 0; j < size; ++j) scale[i] = std::max(scale[i], magnitude(matrix.at(i, j)));
  }
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < size; ++row)
      if (magnitude(matrix.at(row, column)) / scale[row] > magnitude(matrix.at(pivot, column)) / scale[pivot]) pivot = row;
    std::swap(scale[pivot], scale[column]);
    for (std::size_t j = 0; j < size; ++j) {
      std::swap(matrix.at(pivot, j), matrix.at(column, j));
      std::swap(inverse.at(pivot, j), inverse.at(column, j));
    }
    const Quad factor = 1 / matrix.at(column, column);
    for (std::size_t j = 0; j < size; ++j) {
      matrix.at(column, j) *= factor;
      inverse.at(column, j) *= factor;
    }
    for (std::size_t row = 0; row < size; ++row) {
      const Quad share = matrix.at(row, column);
      if (row == column || share == 0) continue;
      for (std::size_t j = 0; j < size; ++j) {
        matrix.at(row, j) -= share * matrix.at(column, j);
        inverse.at(row, j) -= share * inverse.at(column, j);
      }
    }
  }
  return inverse;
}

/// What a relative perturbation of the matrix by one unit in each element changes in the inverse, |inverse| |matrix|
/// |inverse|, and Skeel's condition number ‖ |inverse| |matrix| ‖; not finite where the matrix is singular.
struct Sensitivity {
  std::vector<double> inverse;  // (size, size)
  double condition;
};

Sensitivity sensitivity_of(const QuadMatrix& inverse, const QuadMatrix& matrix) {
  const std::size_t size = matrix.size;
  std::vector<double> both(size * size, 0.0), all(size * size, 0.0);
  double condition = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < size; ++j) {
      for (std::size_t k = 0; k < size; ++k) both[i * size + j] += magnitude(inverse.at(i, k)) * magnitude(matrix.at(k, j));
      sum += both[i * size + j];
    }
    condition = sum <= condition ? condition : sum;
    for (std::size_t j = 0; j < size; ++j)
      for (std::size_t k = 0; k < size; ++k) all[i * size + j] += both[i * size + k] * magnitude(inverse.at(k, j));
  }
  return {std::move(all), condition};
}

void check_starting(QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps, int threads) {
  quadrature_weights(rule, alpha, 0, {});  // refuses rule and alpha
  if (exponents.empty() || exponents.size() > kMaxStartingExponents)
    throw ArgumentError("exponents", written(exponents.size()) + " values",
                        "be 1 to " + written(kMaxStartingExponents) + " values");
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    const std::string name = "exponents[" + written(i) + "]";
    if (!(exponents[i] >= 0 && exponents[i] <= kMaxStartingExponent))
      throw ArgumentError(name, written(exponents[i]), "lie in [0, " + written(kMaxStartingExponent) + "]");
    if (i > 0 && !(exponents[i] > exponents[i - 1]))
      throw ArgumentError(name, written(exponents[i]), "exceed the one before, " + written(exponents[i - 1]));
  }
  if (steps < 1 || steps > kMaxStartingSteps)
    throw ArgumentError("steps", written(steps), "lie in [1, " + written(kMaxStartingSteps) + "]");
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
}

}  // namespace

std::vector<double> starting_exponents(double alpha, double last) {
  const double order = std::abs(alpha);
  if (!(order > 0 && order <= kMaxQuadratureAlpha))
    throw ArgumentError("alpha", written(alpha),
                        "lie in [-" + written(kMaxQuadratureAlpha) + ", " + written(kMaxQuadratureAlpha) + "] and not be 0");
  if (!(last >= 0 && last <= kMaxStartingExponent))
    throw ArgumentError("last", written(last), "lie in [0, " + written(kMaxStartingExponent) + "]");
  constexpr double kSame = 1e-12;
  std::vector<double> exponents;
  for (double j = 0; j * order <= last + kSame; ++j)
    for (double i = 0; i + j * order <= last + kSame; ++i) {
      const double sum = i + j * order;
      if (std::any_of(exponents.begin(), exponents.end(), [sum](double known) { return std::abs(known - sum) < kSame; }))
        continue;
      exponents.push_back(sum);
      if (exponents.size() > kMaxStartingExponents)
        throw ArgumentError("last", written(last),
                            "give at most " + written(kMaxStartingExponents) + " exponents, for alpha = " + written(alpha));
    }
  std::sort(exponents.begin(), exponents.end());
  return exponents;
}

StartingWeights starting_weights(QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps,
                                 int threads) {
  check_starting(rule, alpha, exponents, steps, threads);
  StartingWeights result;
  result.exponents.assign(exponents.begin(), exponents.end());
  result.steps = steps;
  result.first_node = exponents[0] == 0 ? 0 : 1;
  const std::size_t count = exponents.size();
  const QuadMatrix matrix = powers_of_nodes(exponents, result.first_node), inverse = inverse_of(matrix);
  const Sensitivity sensitivity = sensitivity_of(inverse, matrix);
  result.condition = sensitivity.condition;
  if (!(result.condition <= kWorstCondition))
    throw ArgumentError("exponents", written(count) + " values",
                        "be few enough, and far enough from each other, for a system of "
                        "condition " +
                            written(kWorstCondition) + " at most; it is " + written(result.condition));

  const quadrature::StartingDefects defects(rule, alpha, exponents);
  result.weights.resize(count * steps);
  // Elements of the matrix are off by some units, and the elimination's own errors are as large as an error of `count` units
  // there.
  const double unit = 0x1p-112 * static_cast<double>(count + 8);
  // Rows that vanish, as those of whole orders do, have no digits to lose.
  double first_weight = 0.0;
  quadrature_weights(rule, alpha, 0, {&first_weight, 1});
  const double floor = 0x1p-40 * first_weight;
  double worst = 0.0;
  const auto rows = static_cast<std::int64_t>(steps);
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(dynamic, 64) reduction(max : worst)
#endif
  for (std::int64_t row = 0; row < rows; ++row) {
    std::array<quadrature::Bounded, kMaxStartingExponents> defect;
    defects.at(static_cast<std::uint64_t>(row) + 1, std::span(defect).first(count));
    double largest = 0.0, error = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      Quad weight = 0;
      double bound = 0.0;
      for (std::size_t i = 0; i < count; ++i) {
        weight += inverse.at(j, i) * defect[i].value;
        bound += magnitude(inverse.at(j, i)) * defect[i].error +
                 unit * sensitivity.inverse[j * count + i] * magnitude(defect[i].value);
      }
      result.weights[static_cast<std::size_t>(row) * count + j] = static_cast<double>(weight);
      largest = std::max(largest, magnitude(weight));
      error = std::max(error, bound);
    }
    worst = std::max(worst, error / std::max(largest, floor));
  }
  if (!(worst < 1))
    throw ArgumentError("exponents", written(count) + " values",
                        "leave a digit of their weights in quadruple precision; condition " + written(result.condition) +
                            ", error " + written(worst));
  result.digits_lost = std::max(0.0, std::log10(worst) - std::log10(0x1p-113));
  result.error = worst + 0x1p-53;
  return result;
}

}  // namespace almanac::compute
