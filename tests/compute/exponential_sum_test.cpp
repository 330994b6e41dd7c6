#include <almanac/compute/error.hpp>
#include <almanac/compute/exponential_sum.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

/// Σ_{first ≤ n ≤ last} |w_n - ŵ_n|. Weights by their recurrence and exponentials by repeated products, both in long double:
/// off by n 2^-64 of themselves, 6e-14 at n = 1e6, where a weight is 1e-6 and less.
long double total_error(double alpha, const ExponentialSum& sum) {
  const std::size_t nodes = sum.rates.size();
  std::vector<long double> value(nodes), factor(nodes);
  for (std::size_t q = 0; q < nodes; ++q) {
    value[q] = sum.coefficients[q];
    factor[q] = std::exp(-static_cast<long double>(sum.rates[q]));
  }
  long double w = 1.0L, total = 0.0L;
  for (std::int64_t n = 1; n <= sum.last; ++n) {
    w *= (static_cast<long double>(n - 1) - static_cast<long double>(alpha)) / static_cast<long double>(n);
    if (n < sum.first) continue;
    long double approximation = 0.0L;
    for (std::size_t q = 0; q < nodes; ++q) {
      approximation += value[q];
      value[q] *= factor[q];
    }
    total += std::abs(w - approximation);
  }
  return total;
}

TEST(ExponentialSum, KeepsItsBoundOverAMillionWeights) {
  for (const double alpha : {1e-6, 0.2, 0.6, 1.0 - 1e-6, 1.0 + 1e-6, 1.5, 2.0 - 1e-6}) {
    const ExponentialSum sum = grunwald_exponentials(alpha, 17, 1'000'000, 1e-12);
    const long double error = total_error(alpha, sum);
    EXPECT_LE(error, sum.bound) << "alpha " << alpha;
    EXPECT_LE(sum.bound, 1e-12 + 1e-15) << "alpha " << alpha;
    EXPECT_GE(error, 0.02 * sum.bound) << "alpha " << alpha << ": the bound says nothing";
    EXPECT_LE(sum.rates.size(), 48u) << "alpha " << alpha;
  }
}

TEST(ExponentialSum, KeepsItsBoundForEveryOrderStartLengthAndTolerance) {
  std::mt19937_64 random(20);
  std::uniform_real_distribution<double> order(0.0, 2.0), decade(0.0, 1.0);
  for (int i = 0; i < 300; ++i) {
    const double alpha = order(random);
    const auto first = static_cast<std::int64_t>(std::pow(10.0, 0.61 + 1.5 * decade(random)));
    const std::int64_t last = first + static_cast<std::int64_t>(std::pow(10.0, 4.0 * decade(random))) - 1;
    const double tolerance = std::pow(10.0, -15.0 * decade(random));
    const ExponentialSum sum = grunwald_exponentials(alpha, first, last, tolerance);
    EXPECT_LE(total_error(alpha, sum), sum.bound) << "alpha " << alpha << ", " << first << " … " << last << ", " << tolerance;
    EXPECT_LE(sum.bound, tolerance + 1e-15) << "alpha " << alpha << ", " << first << " … " << last << ", " << tolerance;
  }
}

TEST(ExponentialSum, HasItsBoundFromEachNode) {
  // One node left out, or off by as little as the tolerance is of the weights, and the bound does not hold.
  const ExponentialSum sum = grunwald_exponentials(0.6, 17, 20'000, 1e-10);
  for (std::size_t q = 0; q < sum.rates.size(); ++q) {
    const auto change = [&](double factor) {
      ExponentialSum changed = sum;
      changed.coefficients[q] *= factor;
      return total_error(0.6, changed);
    };
    // What the node adds to all weights; the fastest add least.
    const double share = std::abs(sum.coefficients[q]) *
                         std::expm1(-sum.rates[q] * static_cast<double>(sum.last - sum.first + 1)) / std::expm1(-sum.rates[q]);
    if (share < 4.0 * sum.bound) continue;
    EXPECT_GT(change(0.0), sum.bound) << "node " << q;
    EXPECT_GT(change(1.0 + 4.0 * sum.bound / share), sum.bound) << "node " << q;
  }
}

TEST(ExponentialSum, HasNoNodesForWholeOrders) {
  for (const double alpha : {1.0, 2.0}) {
    const ExponentialSum sum = grunwald_exponentials(alpha, 17, 1000, 1e-15);
    EXPECT_TRUE(sum.rates.empty());
    EXPECT_EQ(sum.bound, 0.0);
  }
}

TEST(ExponentialSum, HasRisingPositiveRatesAndOneSign) {
  for (const double alpha : {0.3, 1.3}) {
    const ExponentialSum sum = grunwald_exponentials(alpha, 17, 100'000, 1e-13);
    ASSERT_EQ(sum.rates.size(), sum.coefficients.size());
    for (std::size_t q = 0; q < sum.rates.size(); ++q) {
      EXPECT_GT(sum.rates[q], q == 0 ? 0.0 : sum.rates[q - 1]);
      EXPECT_GE(sum.coefficients[q] * (alpha < 1.0 ? -1.0 : 1.0), 0.0);
    }
  }
}

TEST(ExponentialSum, RefusesWhatIsOutsideItsRanges) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const std::string& parameter, double alpha, std::int64_t first, std::int64_t last, double tolerance) {
    try {
      grunwald_exponentials(alpha, first, last, tolerance);
      ADD_FAILURE() << parameter << " was accepted";
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.parameter(), parameter) << error.what();
    }
  };
  for (const double alpha : {0.0, -0.5, 2.1, nan}) refused("alpha", alpha, 17, 100, 1e-10);
  for (const std::int64_t first : {-1, 0, 3, 101}) refused("first", 0.5, first, 100, 1e-10);
  refused("last", 0.5, 17, kMaxExponentialLast + 1, 1e-10);
  for (const double tolerance : {0.0, 1e-16, 1.1, nan}) refused("tolerance", 0.5, 17, 100, tolerance);
}

}  // namespace
}  // namespace almanac::compute
