#include "history_sums.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace almanac::compute {
namespace {

void expect_refused(const std::string& parameter, const std::string& value, const std::string& range,
                    const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_NE(error.value().find(value), std::string::npos) << error.what();
    EXPECT_NE(error.range().find(range), std::string::npos) << error.what();
  }
}

void expect_problem_refused(const std::string& parameter, const std::string& value,
                            const std::function<void(HistoryProblem&)>& change) {
  HistoryProblem problem = problem_of(0.5, 2, 100, HistoryMethod::direct);
  change(problem);
  expect_refused(parameter, value, "", [&] { choose_history(problem); });
  expect_refused(parameter, value, "", [&] { make_history(problem); });
}

TEST(HistoryMethods, AreWrittenAndReadByName) {
  for (const HistoryMethod method : {HistoryMethod::automatic, HistoryMethod::direct, HistoryMethod::fft_blocks,
                                     HistoryMethod::exponentials, HistoryMethod::short_memory})
    EXPECT_EQ(parse_history_method(to_string(method)), method);
  EXPECT_EQ(to_string(HistoryMethod::fft_blocks), "fft_blocks");
  EXPECT_FALSE(parse_history_method("fft"));
}

TEST(ChooseHistory, TakesTheCheapestWithinTheTolerance) {
  const auto method = [](const HistoryProblem& problem) { return choose_history(problem).method; };
  // Few steps: each term. Many: exponentials; where their tolerance or weights do not allow them, blocks.
  EXPECT_EQ(method(problem_of(0.5, 1, 40, HistoryMethod::automatic)), HistoryMethod::direct);
  EXPECT_EQ(method(problem_of(0.5, 1, 100'000, HistoryMethod::automatic)), HistoryMethod::exponentials);
  EXPECT_EQ(method(problem_of(0.5, 512 * 512, 10'000, HistoryMethod::automatic)), HistoryMethod::exponentials);
  const std::vector<double> w = weights_of(0.5, 100'000);
  HistoryProblem problem = problem_of(0.0, 1, 100'000, HistoryMethod::automatic);
  problem.weights = w;
  EXPECT_EQ(method(problem), HistoryMethod::fft_blocks);
  // A whole order remembers one or two values, exactly.
  for (const double alpha : {1.0, 2.0}) {
    const HistoryChoice choice = choose_history(problem_of(alpha, 5, 100'000, HistoryMethod::automatic));
    EXPECT_EQ(choice.method, HistoryMethod::short_memory);
    EXPECT_EQ(choice.terms, static_cast<std::int64_t>(alpha));
    EXPECT_EQ(choice.truncation, 0.0);
  }
}

TEST(ChooseHistory, SaysWhatMakeHistoryDoes) {
  for (const HistoryMethod method : {HistoryMethod::automatic, HistoryMethod::direct, HistoryMethod::fft_blocks,
                                     HistoryMethod::exponentials, HistoryMethod::short_memory}) {
    const HistoryProblem problem = problem_of(0.7, 20, 3000, method);
    const HistoryChoice said = choose_history(problem), made = make_history(problem)->choice();
    EXPECT_EQ(said.method, made.method);
    EXPECT_EQ(said.bytes, made.bytes);
    EXPECT_EQ(said.truncation, made.truncation);
    EXPECT_EQ(said.rounding, made.rounding);
    EXPECT_EQ(said.terms, made.terms);
    EXPECT_GT(said.operations, 0.0);
  }
}

TEST(ChooseHistory, KeepsTenThousandLevelsOfALargePictureInTwoHundredMegabytes) {
  for (const double alpha : {0.1, 0.5, 0.9, 1.5}) {
    HistoryProblem problem = problem_of(alpha, 512 * 512, 10'000, HistoryMethod::automatic);
    problem.tolerance = 1e-8;
    const HistoryChoice choice = choose_history(problem);
    EXPECT_EQ(choice.method, HistoryMethod::exponentials);
    EXPECT_LE(choice.bytes, 200'000'000u) << "alpha " << alpha;
    EXPECT_LE(choice.truncation, 1e-8 + 1e-15);
  }
}

TEST(ChooseHistory, CutsAShortMemoryWhereTheToleranceIsReached) {
  for (const double alpha : {0.5, 1.2, 1.8}) {
    HistoryProblem problem = problem_of(alpha, 1, 1'000'000, HistoryMethod::short_memory);
    problem.tolerance = 1e-3;
    const HistoryChoice choice = choose_history(problem);
    const std::vector<double> w = weights_of(alpha, 1'000'000);
    double behind = 0.0;
    for (std::size_t k = w.size() - 1; k > static_cast<std::size_t>(choice.terms); --k) behind += std::abs(w[k]);
    EXPECT_LE(behind, choice.truncation);
    EXPECT_LE(choice.truncation, 1e-3);
    // All orders' tails to infinity are of this size, so that a few more terms would not have been needed.
    problem.terms = std::max<std::int64_t>(1, choice.terms - 1 - choice.terms / 20);
    if (choice.terms > 40) {
      EXPECT_GT(choose_history(problem).truncation, 1e-3);
    }
    problem.weights = w;
    problem.terms = 0;
    EXPECT_LE(choose_history(problem).terms, choice.terms);
  }
}

TEST(ChooseHistory, BoundsAShortMemoryOfATinyOrderByWhatItLeavesOut) {
  // all weights behind the first add up to 1 - alpha …, but those up to the last step to alpha ln(last / terms): the integral of the
  // bound of a weight exceeds their sum by half a weight, 1 in 200 of it here
  for (const double alpha : {1e-3, 1e-8, 1e-200, 1.0 + 1e-8}) {
    HistoryProblem problem = problem_of(alpha, 1, 100'000, HistoryMethod::short_memory);
    problem.terms = 100;
    const std::vector<double> w = weights_of(alpha, 100'000);
    double behind = 0.0;
    for (std::size_t k = w.size() - 1; k > 100; --k) behind += std::abs(w[k]);
    const double bound = choose_history(problem).truncation;
    EXPECT_LE(behind, bound) << alpha;
    EXPECT_LE(bound, 1.05 * behind) << alpha;
  }
}

TEST(ChooseHistory, SaysHowMuchMemoryIsNeededAndWhatNeedsLess) {
  HistoryProblem problem = problem_of(0.5, 1000, 100'000, HistoryMethod::direct);
  problem.memory_limit = 10'000'000;
  const std::string exponentials = std::to_string(choose_history([&] {
                                                    HistoryProblem other = problem;
                                                    other.method = HistoryMethod::exponentials;
                                                    return other;
                                                  }())
                                                      .bytes);
  problem.memory_limit = 0;
  const std::string wanted = std::to_string(choose_history(problem).bytes);
  problem.memory_limit = 10'000'000;
  const std::string range = "be at least " + wanted + " bytes for a history by direct; exponentials would take " + exponentials;
  expect_refused("memory_limit", "10000000 bytes", range, [&] { choose_history(problem); });
  expect_refused("memory_limit", "10000000 bytes", range, [&] { make_history(problem); });
  problem.method = HistoryMethod::automatic;
  EXPECT_EQ(choose_history(problem).method, HistoryMethod::exponentials);
  problem.memory_limit = 1000;
  expect_refused("memory_limit", "1000 bytes", "be at least " + exponentials + " bytes for a history by exponentials",
                 [&] { choose_history(problem); });
  // Without a limit of one's own, half of the machine's memory.
  problem = problem_of(0.5, std::int64_t{1} << 30, 1'000'000, HistoryMethod::direct);
  expect_refused("memory_limit", " bytes", "exponentials would take", [&] { make_history(problem); });
}

TEST(MakeHistory, RefusesWhatIsOutsideItsRanges) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const double alpha : {0.0, -1.0, 2.5, nan})
    expect_problem_refused("alpha", "", [&](HistoryProblem& p) { p.alpha = alpha; });
  std::vector<double> w = weights_of(0.5, 100);
  expect_problem_refused("weights", "100 values", [&](HistoryProblem& p) { p.weights = std::span(w).first(100); });
  w[7] = infinity;
  expect_problem_refused("weights", "inf", [&](HistoryProblem& p) { p.weights = w; });
  w[7] = 0.0;
  expect_problem_refused("method", "exponentials", [&](HistoryProblem& p) {
    p.weights = w;
    p.method = HistoryMethod::exponentials;
  });
  expect_problem_refused("unknowns", "0", [](HistoryProblem& p) { p.unknowns = 0; });
  expect_problem_refused("steps", "-1", [](HistoryProblem& p) { p.steps = -1; });
  expect_problem_refused("steps", "100000001", [](HistoryProblem& p) { p.steps = 100'000'001; });
  for (const double tolerance : {0.0, 1e-16, 2.0, nan})
    expect_problem_refused("tolerance", "", [&](HistoryProblem& p) { p.tolerance = tolerance; });
  expect_problem_refused("terms", "-1", [](HistoryProblem& p) { p.terms = -1; });
  expect_problem_refused("threads", "0", [](HistoryProblem& p) { p.threads = 0; });
}

TEST(MakeHistory, RefusesAPlanOfAnotherProblem) {
  HistoryProblem problem = problem_of(0.5, 1, 1000, HistoryMethod::fft_blocks);
  problem.plans = [](const FftProblem&) { return std::shared_ptr<const FftPlan<double>>(); };
  expect_refused("plans", "nothing", "256 points", [&] { make_history(problem); });
  problem.plans = [](const FftProblem& asked) {
    FftProblem other = asked;
    other.direction = Direction::backward;
    return std::make_shared<const FftPlan<double>>(other, "");
  };
  expect_refused("plans", "another problem", "256 points", [&] { make_history(problem); });
}

TEST(MakeHistory, AsksForPlansAndUsesThem) {
  HistoryProblem problem = problem_of(0.5, 1, 10'000, HistoryMethod::fft_blocks);
  std::vector<std::int64_t> points;
  problem.plans = [&](const FftProblem& asked) {
    points.push_back(asked.extent[0]);
    return std::make_shared<const FftPlan<double>>(asked, "");
  };
  const Signal signal = mixed_signal(1, 10'000);
  const std::vector<double> given = sums_of(*make_history(problem), signal);
  EXPECT_EQ(points, (std::vector<std::int64_t>{256, 4096}));
  problem.plans = {};
  EXPECT_EQ(sums_of(*make_history(problem), signal), given);
}

TEST(MakeHistory, RefusesExponentialsThatDoNotFollowTheNearWeights) {
  ExponentialSum far;
  far.first = 6;
  far.last = 100;
  far.rates = {0.1};
  far.coefficients = {1.0};
  const std::vector<double> near(6, 0.5);
  const auto refused = [&](const std::string& parameter, const std::function<void(ExponentialSum&)>& change,
                           std::size_t count = 6, std::int64_t steps = 100) {
    ExponentialSum changed = far;
    change(changed);
    expect_refused(parameter, "", "", [&] { exponential_history(changed, std::span(near).first(count), 1, steps); });
  };
  EXPECT_NO_THROW(exponential_history(far, near, 1, 100));
  refused(
      "far.first", [](ExponentialSum&) {}, 5);
  refused("far.first", [](ExponentialSum& s) { s.first = 0; });
  refused("far.first", [](ExponentialSum& s) { s.first = 18; });
  refused(
      "far.last", [](ExponentialSum&) {}, 6, 101);
  refused("far.coefficients", [](ExponentialSum& s) { s.coefficients.clear(); });
  refused("far.coefficients", [](ExponentialSum& s) { s.coefficients[0] = std::nan(""); });
  refused("far.rates", [](ExponentialSum& s) { s.rates[0] = 0.0; });
  refused("far.bound", [](ExponentialSum& s) { s.bound = -1.0; });
  refused(
      "steps", [](ExponentialSum&) {}, 6, -1);
}

TEST(History, RefusesSpansOfAnotherLengthAndStepsBehindItsLast) {
  for (const HistoryMethod method : kEngines) {
    const auto history = make_history(problem_of(0.5, 2, 3, method));
    std::vector<double> two(2), three(3);
    expect_refused("out", "3 values", "2", [&] { history->sum(three); });
    expect_refused("v", "3 values", "2", [&] { history->push(three); });
    EXPECT_EQ(history->step(), 0);
    for (int n = 0; n <= 3; ++n) history->push(two);
    expect_refused("step", "4", "3", [&] { history->sum(two); });
    expect_refused("step", "4", "3", [&] { history->push(two); });
  }
}

}  // namespace
}  // namespace almanac::compute
