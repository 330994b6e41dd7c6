#include "history_sums.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <numbers>

namespace almanac::compute {
namespace {

/// Modes of one alpha with rates from slow to stiff.
struct Modes {
  double alpha, dt;
  std::int64_t steps;
  std::vector<double> lambda, u0, u1;
  std::vector<std::int64_t> outputs;

  Modes(double order, std::int64_t count, std::size_t modes)
      : alpha(order), dt(1.0 / static_cast<double>(count)), steps(count) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> number(-1.0, 1.0);
    for (std::size_t m = 0; m < modes; ++m) {
      lambda.push_back(-std::pow(10.0, 3.0 * number(random)));
      u0.push_back(number(random));
      if (order > 1.0) u1.push_back(number(random));
    }
    for (std::int64_t n = 0; n <= count; n += 1 + n / 10) outputs.push_back(n);
  }
  RelaxationSteps time(std::span<const double> w = {}) const { return {alpha, dt, steps, w, outputs}; }
};

HistoryProblem by(HistoryMethod method, double tolerance = 1e-13) {
  HistoryProblem problem;
  problem.method = method;
  problem.tolerance = tolerance;
  return problem;
}

std::vector<double> relaxed(const Modes& modes, const HistoryProblem& history, HistoryChoice* choice = nullptr, int threads = 1,
                            std::span<const double> w = {}) {
  std::vector<double> out(modes.outputs.size() * modes.lambda.size());
  const HistoryChoice made = relax_modes(modes.time(w), modes.lambda, modes.u0, modes.u1, out,
                                         static_cast<std::int64_t>(modes.lambda.size()), history, threads);
  if (choice != nullptr) *choice = made;
  return out;
}

TEST(RelaxByHistory, GivesTheBitsOfRelaxModesByDirectSums) {
  for (const double alpha : {0.5, 1.5}) {
    const Modes modes(alpha, 300, 30);
    const std::vector<double> w = weights_of(alpha, 300);
    std::vector<double> plain(modes.outputs.size() * 30);
    relax_modes(modes.time(w), modes.lambda, modes.u0, modes.u1, plain, 30);
    EXPECT_EQ(relaxed(modes, by(HistoryMethod::direct)), plain);
    EXPECT_EQ(relaxed(modes, by(HistoryMethod::direct), nullptr, 2, w), plain);
  }
}

TEST(RelaxByHistory, StaysWithinItsBoundOfTheDirectSolution) {
  for (const double alpha : {0.2, 0.6, 0.95, 1.0})
    for (const std::size_t count : {1u, 3u, 60u}) {
      const Modes modes(alpha, 2000, count);
      const std::vector<double> exact = relaxed(modes, by(HistoryMethod::direct));
      for (const HistoryMethod method : {HistoryMethod::exponentials, HistoryMethod::fft_blocks, HistoryMethod::short_memory}) {
        HistoryChoice choice;
        const std::vector<double> u = relaxed(modes, by(method, method == HistoryMethod::short_memory ? 1e-3 : 1e-13), &choice);
        EXPECT_EQ(choice.method, method);
        for (std::size_t o = 0; o < modes.outputs.size(); ++o)
          for (std::size_t m = 0; m < count; ++m) {
            const auto n = static_cast<double>(modes.outputs[o]);
            const double amplified =
                std::min(std::pow(n, alpha) / std::tgamma(1.0 + alpha), std::pow(modes.dt, -alpha) / -modes.lambda[m]);
            // |v| ≤ |u0|: for alpha ≤ 1 the scheme decays. Direct sums are off as well, by their rounding.
            const double direct = 2e-13 * std::abs(modes.u0[m]);
            EXPECT_NEAR(u[o * count + m], exact[o * count + m],
                        (1.0 + 1e-2) * choice.bound() * amplified * std::abs(modes.u0[m]) + direct * std::max(1.0, amplified))
                << to_string(method) << ", alpha " << alpha << ", mode " << m << ", step " << n;
          }
      }
    }
}

TEST(RelaxByHistory, FollowsOscillationsByAllEngines) {
  // For alpha > 1 there is no such bound: the engines against each other, with errors of 1e-13 in a sum growing like n^alpha.
  const Modes modes(1.6, 1000, 20);
  const std::vector<double> exact = relaxed(modes, by(HistoryMethod::direct));
  for (const HistoryMethod method : {HistoryMethod::exponentials, HistoryMethod::fft_blocks}) {
    const std::vector<double> u = relaxed(modes, by(method));
    for (std::size_t i = 0; i < u.size(); ++i) EXPECT_NEAR(u[i], exact[i], 2e-13 * std::pow(1000.0, 1.6)) << to_string(method);
  }
}

TEST(RelaxByHistory, HasTheSameBitsHoweverModesAreCutAndForEveryThreadCount) {
  for (const HistoryMethod method : {HistoryMethod::exponentials, HistoryMethod::fft_blocks}) {
    const Modes modes(1.4, 700, 70);
    const std::vector<double> whole = relaxed(modes, by(method));
    for (const int threads : {2, 3}) EXPECT_EQ(relaxed(modes, by(method), nullptr, threads), whole);
    for (const std::size_t slice : {1u, 7u, 12u, 20u, 53u}) {
      std::vector<double> out(whole.size());
      for (std::size_t first = 0; first < 70; first += slice) {
        const std::size_t count = std::min<std::size_t>(slice, 70 - first);
        relax_modes(modes.time(), std::span(modes.lambda).subspan(first, count), std::span(modes.u0).subspan(first, count),
                    std::span(modes.u1).subspan(first, count), std::span(out).subspan(first), 70, by(method));
      }
      EXPECT_EQ(out, whole) << to_string(method) << ", slices of " << slice;
    }
  }
}

TEST(RelaxByHistory, ReproducesTheDiscreteSchemeOfR05ByEveryEngine) {
  std::ifstream file(ALMANAC_DATA_FOLDER "/golden/fractional.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  int seen = 0;
  for (const auto& record : json.at("problems")) {
    if (record.at("id") != "R05-relaxation-discrete") continue;
    for (const auto& [name, rows] : record.at("reference_values").items()) {
      if (name.substr(name.rfind(' ') + 1) != "BDF1") continue;
      const double alpha = std::stod(name.substr(name.find("alpha=") + 6)),
                   lambda = -std::stod(name.substr(name.find("lambda=") + 7));
      for (const auto& [count, row] : rows.items()) {
        const std::int64_t steps = std::stoll(count);
        const std::int64_t outputs[] = {steps};
        const double u0 = 1.0, exact = std::stod(row.at("y_N").get<std::string>());
        for (const HistoryMethod method : kEngines) {
          HistoryProblem problem = by(method, 1e-15);
          double u = 0.0;
          relax_modes({alpha, 1.0 / static_cast<double>(steps), steps, {}, outputs}, {&lambda, 1}, {&u0, 1}, {}, {&u, 1}, 1,
                      problem);
          EXPECT_NEAR(u, exact, 1e-13) << name << ", " << steps << " steps, " << to_string(method);
          ++seen;
        }
      }
    }
  }
  EXPECT_EQ(seen, 2 * 7 * 4);
}

TEST(RelaxByHistory, ReproducesTheSecondOrderSchemeOfR05ByAnyWeights) {
  // BDF2: the weights of (3/2 - 2z + z²/2)^alpha, by their recurrence. w_0 v_n + S_n = lambda h^alpha (v_n + 1).
  std::ifstream file(ALMANAC_DATA_FOLDER "/golden/fractional.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  int seen = 0;
  for (const auto& record : json.at("problems")) {
    if (record.at("id") != "R05-relaxation-discrete") continue;
    for (const auto& [name, rows] : record.at("reference_values").items()) {
      if (name.substr(name.rfind(' ') + 1) != "BDF2") continue;
      const double alpha = std::stod(name.substr(name.find("alpha=") + 6)),
                   lambda = -std::stod(name.substr(name.find("lambda=") + 7));
      for (const auto& [count, row] : rows.items()) {
        const std::int64_t steps = std::stoll(count);
        std::vector<double> w{std::pow(1.5, alpha)};
        for (std::int64_t n = 1; n <= steps; ++n) {
          const auto k = static_cast<double>(n);
          const double one = -2.0 * (alpha - k + 1.0) * w[static_cast<std::size_t>(n - 1)],
                       two = n > 1 ? 0.5 * (2.0 * alpha - k + 2.0) * w[static_cast<std::size_t>(n - 2)] : 0.0;
          w.push_back((one + two) / (1.5 * k));
        }
        const double scale = std::pow(static_cast<double>(steps), -alpha) * lambda,
                     exact = std::stod(row.at("y_N").get<std::string>());
        for (const HistoryMethod method : {HistoryMethod::direct, HistoryMethod::fft_blocks, HistoryMethod::automatic}) {
          HistoryProblem problem = problem_of(0.0, 1, steps, method);
          problem.weights = w;
          const auto history = make_history(problem);
          double v = 0.0, sum = 0.0;
          for (std::int64_t n = 0; n <= steps; ++n) {
            history->sum({&sum, 1});
            if (n > 0) v = (scale - sum) / (w[0] - scale);
            history->push({&v, 1});
          }
          EXPECT_NEAR(1.0 + v, exact, 1e-13) << name << ", " << steps << " steps, " << to_string(method);
          ++seen;
        }
      }
    }
  }
  EXPECT_EQ(seen, 2 * 7 * 3);
}

TEST(RelaxByHistory, ChoosesByItself) {
  HistoryChoice choice;
  relaxed(Modes(0.5, 20'000, 1), by(HistoryMethod::automatic), &choice);
  EXPECT_EQ(choice.method, HistoryMethod::exponentials);
  relaxed(Modes(0.5, 20, 1), by(HistoryMethod::automatic), &choice);
  EXPECT_EQ(choice.method, HistoryMethod::direct);
  relaxed(Modes(2.0, 20'000, 2), by(HistoryMethod::automatic), &choice);
  EXPECT_EQ(choice.method, HistoryMethod::short_memory);
  EXPECT_EQ(choice.terms, 2);
}

TEST(RelaxByHistory, TakesOtherWeightsThanThoseOfAlphaButNotForExponentials) {
  const Modes modes(0.5, 800, 2);
  std::vector<double> w = weights_of(0.5, 800);
  w[3] *= 1.0 + 1e-6;
  HistoryChoice choice;
  const std::vector<double> direct = relaxed(modes, by(HistoryMethod::direct), nullptr, 1, w);
  const std::vector<double> automatic = relaxed(modes, by(HistoryMethod::automatic), &choice, 1, w);
  EXPECT_NE(choice.method, HistoryMethod::exponentials);
  for (std::size_t i = 0; i < direct.size(); ++i) EXPECT_NEAR(automatic[i], direct[i], 1e-12);
  try {
    relaxed(modes, by(HistoryMethod::exponentials), nullptr, 1, w);
    ADD_FAILURE();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), "time.weights");
  }
}

TEST(RelaxByHistory, RefusesWhatRelaxModesRefuses) {
  Modes modes(0.5, 50, 2);
  modes.lambda[1] = 1e9;
  EXPECT_THROW(relaxed(modes, by(HistoryMethod::exponentials)), ArgumentError);
  modes = Modes(0.5, 50, 2);
  modes.alpha = 2.5;
  EXPECT_THROW(relaxed(modes, by(HistoryMethod::exponentials)), ArgumentError);
  modes.alpha = 0.5;
  modes.steps = -1;
  EXPECT_THROW(relaxed(modes, by(HistoryMethod::fft_blocks)), ArgumentError);
  modes = Modes(0.5, 50, 2);
  EXPECT_THROW(relaxed(modes, by(HistoryMethod::direct), nullptr, 0), ArgumentError);
  EXPECT_THROW(relaxed(modes, by(HistoryMethod::exponentials, 1e-17)), ArgumentError);
}

}  // namespace
}  // namespace almanac::compute
