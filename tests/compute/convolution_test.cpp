#include <almanac/compute/convolution.hpp>

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

namespace almanac::compute {
namespace {

constexpr double kUnitRoundoff = 0x1p-53;

// The two plans and the convolution of one signal.
struct Convolver {
  explicit Convolver(const std::vector<double>& signal)
      : padded(CausalConvolution::padded_size(static_cast<std::int64_t>(signal.size()))),
        forward(CausalConvolution::forward_problem(padded, Rigor::estimate), ""),
        backward(CausalConvolution::backward_problem(padded, Rigor::estimate), ""),
        convolution(signal, forward, backward) {}

  std::vector<double> operator()(const std::vector<double>& weights) const {
    std::vector<double> out(weights.size());
    convolution.apply(weights, out);
    return out;
  }

  std::int64_t padded;
  FftPlan<double> forward;
  FftPlan<double> backward;
  CausalConvolution convolution;
};

std::vector<double> random_values(std::size_t n, unsigned seed, double offset = 0) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> values(n);
  for (double& value : values) value = offset + uniform(generator);
  return values;
}

// The weights of the plain recurrence: what is tested here is the convolution, any table serves.
std::vector<double> grunwald_like(double alpha, std::size_t n) {
  std::vector<double> weights(n, 1.0);
  for (std::size_t k = 1; k < n; ++k) weights[k] = weights[k - 1] * (1 - (alpha + 1) / static_cast<double>(k));
  return weights;
}

double norm(const std::vector<double>& values, double offset = 0) {
  double sum = 0;
  for (double value : values) sum += (value - offset) * (value - offset);
  return std::sqrt(sum);
}

// The bound of convolution.hpp for every n. With L = log2 P, each output of a transform is a sum of its inputs, each of
// which went through L butterflies of relative error η < 7u (Higham 2002, section 24.1), so by Cauchy–Schwarz each of the
// three transforms contributes 7uL ‖w‖‖g‖, g = f - f̄; rounding of f - f̄, division by P, complex product and last addition
// 6u ‖w‖‖g‖ <= 6uL ‖w‖‖g‖. The mean's share W_n f̄ has a compensated sum (u |W_n| and 2n u² Σ|w|), a product and an
// addition. The reference rounds each product to 64 bits, and its result to 53.
std::vector<double> allowed(const std::vector<double>& weights, const std::vector<double>& signal,
                            const std::vector<double>& expected) {
  double mean = 0;
  for (double value : signal) mean += value / static_cast<double>(signal.size());
  const auto padded = static_cast<double>(CausalConvolution::padded_size(static_cast<std::int64_t>(signal.size())));
  const double transforms = 27 * kUnitRoundoff * std::log2(padded) * norm(weights) * norm(signal, mean);
  double largest = 0;
  for (double value : signal) largest = std::max(largest, std::abs(value));
  double sum = 0;
  double magnitude = 0;
  std::vector<double> limit;
  for (std::size_t n = 0; n < signal.size(); ++n) {
    sum += weights[n];
    magnitude += std::abs(weights[n]);
    const double compensated = std::abs(sum) + 2 * static_cast<double>(n) * kUnitRoundoff * magnitude;
    const double reference = 0x1p-63 * magnitude * largest + kUnitRoundoff * std::abs(expected[n]);
    limit.push_back(transforms + 4 * kUnitRoundoff * std::abs(mean) * compensated + reference);
  }
  return limit;
}

void expect_the_direct_sum(const std::vector<double>& weights, const std::vector<double>& signal) {
  SCOPED_TRACE(signal.size());
  const std::vector<double> result = Convolver(signal)(weights);
  std::vector<double> expected(signal.size());
  convolve_causal_reference(weights, signal, expected);
  const auto limit = allowed(weights, signal, expected);
  for (std::size_t n = 0; n < expected.size(); ++n) ASSERT_NEAR(result[n], expected[n], limit[n]) << n;
}

TEST(CausalConvolution, IsTheDirectSumForRandomData) {
  for (std::size_t n : {1, 2, 3, 4, 5, 8, 17, 64, 100, 333, 1000, 2048}) {
    expect_the_direct_sum(random_values(n, 1), random_values(n, 2));
  }
}

TEST(CausalConvolution, IsTheDirectSumForDecayingWeights) {
  for (double alpha : {-0.5, 0.1, 0.5, 1.0, 1.5}) expect_the_direct_sum(grunwald_like(alpha, 1500), random_values(1500, 3));
}

TEST(CausalConvolution, IsNotDrownedByAnOffsetOfTheSignal) {
  for (double alpha : {0.5, 0.9, 1.5}) expect_the_direct_sum(grunwald_like(alpha, 2000), random_values(2000, 4, 1e9));
}

TEST(CausalConvolution, LeavesNothingOfTheEndAtTheBeginning) {
  // Without the padding the last values of the signal would wrap around to the first results.
  std::vector<double> signal(50);
  signal[49] = 1;
  const std::vector<double> weights(50, 1.0);
  expect_the_direct_sum(weights, signal);
}

TEST(CausalConvolution, TakesManyTablesForOneSignalAlsoFromManyThreads) {
  const auto signal = random_values(700, 5);
  const Convolver convolver(signal);
  std::vector<std::vector<double>> results(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] { results[t] = convolver(grunwald_like(0.3 * static_cast<double>(t), 700)); });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t t = 0; t < results.size(); ++t) {
    EXPECT_EQ(results[t], convolver(grunwald_like(0.3 * static_cast<double>(t), 700)));
  }
}

TEST(CausalConvolution, MayWriteOverItsWeights) {
  const auto signal = random_values(60, 6);
  const auto weights = random_values(60, 7);
  const Convolver convolver(signal);
  auto both = weights;
  convolver.convolution.apply(both, both);
  EXPECT_EQ(both, convolver(weights));
}

TEST(CausalConvolution, PadsToTheSmallestEvenSizeWithoutPrimesAboveSeven) {
  for (std::int64_t n = 1; n <= 1500; ++n) {
    std::int64_t expected = 2 * n - 1;
    for (;; ++expected) {
      std::int64_t rest = expected;
      for (std::int64_t prime : {2, 3, 5, 7}) {
        while (rest % prime == 0) rest /= prime;
      }
      if (rest == 1 && expected % 2 == 0) break;
    }
    ASSERT_EQ(CausalConvolution::padded_size(n), expected) << n;
  }
  EXPECT_EQ(CausalConvolution::padded_size(std::int64_t{1} << 40), std::int64_t{1} << 41);
  EXPECT_EQ(CausalConvolution::padded_size(std::int64_t{1} << 59), std::int64_t{1} << 60);
  EXPECT_THROW(CausalConvolution::padded_size(0), ArgumentError);
  EXPECT_THROW(CausalConvolution::padded_size((std::int64_t{1} << 59) + 1), ArgumentError);
}

TEST(CausalConvolution, RefusesWhatDoesNotFit) {
  const std::vector<double> signal(10, 1.0);
  const Convolver convolver(signal);
  std::vector<double> ten(10), nine(9);
  EXPECT_THROW(convolver.convolution.apply(nine, ten), ArgumentError);
  EXPECT_THROW(convolver.convolution.apply(ten, nine), ArgumentError);
  EXPECT_THROW(CausalConvolution({}, convolver.forward, convolver.backward), ArgumentError);
  EXPECT_THROW(CausalConvolution(signal, convolver.backward, convolver.forward), ArgumentError);
  EXPECT_THROW(CausalConvolution(std::vector<double>(11), convolver.forward, convolver.backward), ArgumentError);
  EXPECT_THROW(convolve_causal_reference(nine, ten, ten), ArgumentError);
  EXPECT_THROW(convolve_causal_reference(ten, ten, nine), ArgumentError);
}

}  // namespace
}  // namespace almanac::compute
