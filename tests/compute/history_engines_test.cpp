#include "history_sums.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <vector>

namespace almanac::compute {
namespace {

const double kAlphas[] = {1e-6, 0.3, 0.5, 0.8, 1.0 - 1e-6, 1.0, 1.0 + 1e-6, 1.5, 2.0 - 1e-6, 2.0};

/// The largest error of a history's sums against exact ones, in units of its bound; some steps around every block's end.
double worst_against_bound(History& history, const std::vector<double>& w, const Signal& signal) {
  const std::vector<double> sums = sums_of(history, signal);
  double worst = 0.0;
  for (std::int64_t n = 0; n <= signal.steps; ++n) {
    const std::int64_t in_block = n % 256;
    if (n > 70 && in_block > 3 && in_block < 253 && n % 61 != 0 && n < signal.steps - 3) continue;
    for (std::int64_t u = 0; u < signal.unknowns; ++u) {
      const ExactSum exact = exact_sum(w, signal, n, u);
      const double error = static_cast<double>(
          std::abs(static_cast<long double>(sums[static_cast<std::size_t>(n * signal.unknowns + u)]) - exact.value));
      const double bound = history.choice().bound() * exact.largest;
      if (error > 0.0) worst = std::max(worst, bound > 0.0 ? error / bound : 1e300);
    }
  }
  return worst;
}

TEST(HistoryEngines, KeepTheirBoundsForAllOrders) {
  for (const double alpha : kAlphas)
    for (const std::int64_t unknowns : {1, 3, 17}) {
      const std::int64_t steps =
          unknowns == 1 ? 8500 : 700;  // past a block of the second level of transforms; past one of the first
      const Signal signal = mixed_signal(unknowns, steps);
      const std::vector<double> w = weights_of(alpha, steps);
      for (const HistoryMethod method : kEngines) {
        HistoryProblem problem = problem_of(alpha, unknowns, steps, method);
        if (method == HistoryMethod::short_memory) problem.tolerance = 1e-3;
        const auto history = make_history(problem);
        EXPECT_EQ(history->choice().method, method);
        EXPECT_LE(worst_against_bound(*history, w, signal), 1.0)
            << to_string(method) << ", alpha " << alpha << ", " << unknowns << " unknowns";
      }
    }
}

TEST(HistoryEngines, KeepTheirBoundsWithOtherTolerancesPanelsAndLengths) {
  for (const double tolerance : {1e-4, 1e-8, 1e-14})
    for (const std::int64_t unknowns : {13, 24, 25, 49, 100})
      for (const std::int64_t steps : {0, 1, 16, 17, 18, 31, 32, 47, 48, 49, 255, 256, 257, 300}) {
        const Signal signal = mixed_signal(unknowns, steps);
        const std::vector<double> w = weights_of(0.7, steps);
        for (const HistoryMethod method : kEngines) {
          HistoryProblem problem = problem_of(0.7, unknowns, steps, method);
          problem.tolerance = tolerance;
          const auto history = make_history(problem);
          EXPECT_LE(worst_against_bound(*history, w, signal), 1.0)
              << to_string(method) << ", " << unknowns << " unknowns, " << steps << " steps, " << tolerance;
        }
      }
}

TEST(HistoryEngines, KeepTheirBoundsOnEveryInstructionSet) {
  const Signal one = mixed_signal(1, 600), many = mixed_signal(30, 600);
  const std::vector<double> w = weights_of(0.4, 600);
  for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const std::int64_t target = targets & -targets;
    hwy::SetSupportedTargetsForTest(target);
    for (const HistoryMethod method : kEngines)
      for (const Signal* signal : {&one, &many}) {
        const auto history = make_history(problem_of(0.4, signal->unknowns, 600, method));
        EXPECT_LE(worst_against_bound(*history, w, *signal), 1.0) << to_string(method) << " on " << hwy::TargetName(target);
      }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(HistoryEngines, NoticeAWeightThatIsOff) {
  // The bounds bind: one weight changed by a few times the bound, near or far, and each engine's sums are outside it.
  const std::int64_t steps = 1200;
  const Signal signal = mixed_signal(3, steps);
  for (const HistoryMethod method : kEngines) {
    HistoryProblem problem = problem_of(0.6, 3, steps, method);
    problem.tolerance = method == HistoryMethod::short_memory ? 1e-3 : 1e-10;
    for (const std::size_t k : {1u, 2u, 31u, 32u, 33u, 100u, 300u, 1000u}) {
      const auto history = make_history(problem);
      if (static_cast<std::int64_t>(k) > history->choice().terms && method == HistoryMethod::short_memory) continue;
      std::vector<double> w = weights_of(0.6, steps);
      w[k] += 3.0 * history->choice().bound();
      EXPECT_GT(worst_against_bound(*history, w, signal), 1.0) << to_string(method) << ", weight " << k;
    }
  }
}

TEST(HistoryEngines, TakeAnyWeights) {
  const std::int64_t steps = 900;
  std::mt19937_64 random(9);
  std::normal_distribution<double> normal;
  std::vector<double> w(static_cast<std::size_t>(steps) + 1);
  for (double& value : w) value = normal(random);
  w[0] = 1e300;  // not used
  for (const std::int64_t unknowns : {1, 20}) {
    const Signal signal = mixed_signal(unknowns, steps);
    for (const HistoryMethod method : {HistoryMethod::direct, HistoryMethod::fft_blocks, HistoryMethod::short_memory}) {
      HistoryProblem problem = problem_of(0.0, unknowns, steps, method);
      problem.weights = w;
      problem.terms = method == HistoryMethod::short_memory ? 200 : 0;
      const auto history = make_history(problem);
      EXPECT_LE(worst_against_bound(*history, w, signal), 1.0) << to_string(method);
      if (method == HistoryMethod::short_memory) {
        EXPECT_EQ(history->choice().terms, 200);
      }
    }
  }
}

TEST(HistoryEngines, LookAtNoWeightBehindTheLastStep) {
  std::vector<double> weights(202, std::numeric_limits<double>::quiet_NaN());
  std::fill_n(weights.begin(), 101, 1.0);
  HistoryProblem problem{.weights = weights, .steps = 100};
  for (const HistoryMethod method : {HistoryMethod::automatic, HistoryMethod::direct, HistoryMethod::fft_blocks}) {
    problem.method = method;
    const auto history = make_history(problem);
    double sum = 0;
    for (int n = 0; n < 100; ++n) history->push(std::vector<double>{1.0});
    history->sum({&sum, 1});
    EXPECT_NEAR(sum, 100, 1e-10) << to_string(method);
  }
}

#ifdef _OPENMP
TEST(HistoryEngines, MayBeCalledFromThreadsOfTheProgram) {
  HistoryProblem problem{.alpha = 0.5, .steps = 5000, .method = HistoryMethod::fft_blocks};
  std::array<double, 4> sums{};
#pragma omp parallel for num_threads(4)
  for (std::size_t i = 0; i < 4; ++i) {
    const auto history = make_history(problem);
    const double one = 1;
    for (int n = 0; n < 5000; ++n) history->push({&one, 1});
    history->sum({&sums[i], 1});
  }
  for (const double sum : sums) EXPECT_EQ(sum, sums[0]);
  EXPECT_LT(sums[0], -0.99);
}
#endif

TEST(HistoryEngines, TakeExponentialsOfAnyKind) {
  // w_k = 0.3 e^{-0.01k} - 2 e^{-0.4k} but for the first five.
  ExponentialSum far;
  far.first = 6;
  far.last = 500;
  far.rates = {0.01, 0.4};
  far.coefficients = {0.3 * std::exp(-0.06), -2.0 * std::exp(-2.4)};
  far.bound = 1e-14;  // the rounding of rates and coefficients: 31 terms of e^{-0.01k}, three units each
  std::vector<double> w{1.0, -0.7, 0.1, 0.2, 5.0, -3.0};
  for (int k = 6; k <= 500; ++k) w.push_back(0.3 * std::exp(-0.01 * k) - 2.0 * std::exp(-0.4 * k));
  for (const std::int64_t unknowns : {1, 17}) {
    const Signal signal = mixed_signal(unknowns, 500);
    const auto history = exponential_history(far, std::span(w).first(6), unknowns, 500);
    EXPECT_EQ(history->choice().terms, 2);
    EXPECT_LE(worst_against_bound(*history, w, signal), 1.0);
  }
}

TEST(HistoryEngines, HaveTheSameBitsForEveryThreadCountAndCutOfUnknowns) {
  const Signal signal = mixed_signal(100, 600);
  for (const HistoryMethod method : kEngines) {
    HistoryProblem problem = problem_of(0.7, 100, 600, method);
    problem.terms = method == HistoryMethod::short_memory ? 150 : 0;
    const std::vector<double> whole = sums_of(*make_history(problem), signal);
    for (const int threads : {2, 5}) {
      problem.threads = threads;
      EXPECT_EQ(sums_of(*make_history(problem), signal), whole) << to_string(method) << ", " << threads << " threads";
    }
    problem.threads = 1;
    for (const std::int64_t slice : {1, 12, 13, 30, 60}) {
      for (std::int64_t first = 0; first < 100; first += slice) {
        problem.unknowns = std::min(slice, 100 - first);
        const std::vector<double> part = sums_of(*make_history(problem), signal, first);
        for (std::int64_t n = 0; n <= 600; ++n)
          ASSERT_TRUE(std::equal(part.begin() + n * problem.unknowns, part.begin() + (n + 1) * problem.unknowns,
                                 whole.begin() + n * 100 + first))
              << to_string(method) << ", slices of " << slice << ", step " << n;
      }
      problem.unknowns = 100;
    }
  }
}

TEST(HistoryEngines, HaveTheSameBitsWhereEvenCopyingIsShared) {
  const Signal signal = mixed_signal(40'000, 66);
  for (const HistoryMethod method : {HistoryMethod::direct, HistoryMethod::exponentials}) {
    HistoryProblem problem = problem_of(1.3, 40'000, 66, method);
    const std::vector<double> one = sums_of(*make_history(problem), signal);
    problem.threads = 3;
    EXPECT_TRUE(sums_of(*make_history(problem), signal) == one) << to_string(method);
  }
}

TEST(HistoryEngines, GiveASumAgainAndDoWithoutSome) {
  const Signal signal = mixed_signal(30, 300);
  for (const HistoryMethod method : kEngines)
    for (const std::int64_t unknowns : {1, 30}) {
      const auto often = make_history(problem_of(0.5, unknowns, 300, method)),
                 seldom = make_history(problem_of(0.5, unknowns, 300, method));
      const auto count = static_cast<std::size_t>(unknowns);
      std::vector<double> first(count), second(count), alone(count);
      for (std::int64_t n = 0; n <= 300; ++n) {
        EXPECT_EQ(often->step(), n);
        often->sum(first);
        often->sum(second);
        EXPECT_EQ(first, second) << n;
        if (n % 7 == 0) {
          seldom->sum(alone);
          EXPECT_EQ(first, alone) << n;
        }
        often->push({signal.at(n), count});
        seldom->push({signal.at(n), count});
      }
    }
}

TEST(HistoryEngines, SumAConstantAndARampAsTheClosedFormsOfR02) {
  std::ifstream file(ALMANAC_DATA_FOLDER "/golden/fractional.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  int seen = 0;
  for (const auto& record : json.at("problems")) {
    if (record.at("id") != "R02-gl-discrete-identities") continue;
    for (const auto& [alpha, values] : record.at("reference_values").items()) {
      const std::int64_t steps = 1'000'000;
      const double constant = std::stod(values.at("sum_{k<=n} w_k = (-1)^n binom(alpha-1,n), n=1e6").get<std::string>()),
                   ramp = std::stod(values.at("sum_{k<=n} (n-k) w_k, n=1e6").get<std::string>());
      for (const HistoryMethod method : {HistoryMethod::exponentials, HistoryMethod::fft_blocks}) {
        if (method == HistoryMethod::fft_blocks && alpha != "0.3") continue;  // one is enough of what takes a second
        const auto history = make_history(problem_of(std::stod(alpha), 2, steps, method));
        double v[2] = {1.0, 0.0}, sums[2];
        for (std::int64_t n = 0; n < steps; ++n, v[1] += 1.0) history->push(v);
        history->sum(sums);
        const double bound = history->choice().bound();
        EXPECT_NEAR(1.0 + sums[0], constant, bound + 2e-16) << alpha << ", " << to_string(method);
        EXPECT_NEAR(v[1] + sums[1], ramp, (bound + 2e-16) * v[1]) << alpha << ", " << to_string(method);
        ++seen;
      }
    }
  }
  EXPECT_EQ(seen, 4);
}

TEST(HistoryEngines, SumAConstantAsTheNextLowerOrdersWeights) {
  // Σ_{k≤n} w_k of alpha is w_n of alpha - 1, at every n.
  const std::int64_t steps = 9000;
  for (const double alpha : {0.3, 1.5}) {
    const std::vector<double> lower = [&] {
      std::vector<double> w(static_cast<std::size_t>(steps) + 1);
      grunwald_weights(alpha - 1.0, 0, w);
      return w;
    }();
    for (const HistoryMethod method : kEngines) {
      HistoryProblem problem = problem_of(alpha, 1, steps, method);
      const auto history = make_history(problem);
      const double one = 1.0;
      double sum = 0.0;
      for (std::int64_t n = 0; n <= steps; ++n) {
        history->sum({&sum, 1});
        ASSERT_NEAR(1.0 + sum, lower[static_cast<std::size_t>(n)], history->choice().bound() + 3e-16)
            << to_string(method) << ", " << n;
        history->push({&one, 1});
      }
    }
  }
}

}  // namespace
}  // namespace almanac::compute
