#pragma once

#include <almanac/compute/grunwald.hpp>
#include <almanac/compute/history.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {

inline constexpr HistoryMethod kEngines[] = {HistoryMethod::direct, HistoryMethod::fft_blocks, HistoryMethod::exponentials,
                                             HistoryMethod::short_memory};

/// v_n of all steps and unknowns, n-major.
struct Signal {
  std::int64_t unknowns, steps;
  std::vector<double> values;
  const double* at(std::int64_t n) const { return values.data() + n * unknowns; }
};

/// Unknown 0 mod 4: noise; 1: smooth; 2: alternating, which adds up where weights do; 3: a step, and large.
inline Signal mixed_signal(std::int64_t unknowns, std::int64_t steps) {
  Signal signal{unknowns, steps, {}};
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> noise(-1.0, 1.0);
  for (std::int64_t n = 0; n <= steps; ++n)
    for (std::int64_t u = 0; u < unknowns; ++u) {
      const auto t = static_cast<double>(n);
      const double value[] = {noise(random), std::sin(0.01 * t + static_cast<double>(u)), n % 2 == 0 ? 1.0 : -1.0,
                              n > steps / 3 ? 1e3 : 0.0};
      signal.values.push_back(value[u % 4]);
    }
  return signal;
}

inline std::vector<double> weights_of(double alpha, std::int64_t last) {
  std::vector<double> w(static_cast<std::size_t>(last) + 1);
  grunwald_weights(alpha, 0, w);
  return w;
}

/// S_n of one unknown in long double, and max |v_j| before n.
struct ExactSum {
  long double value = 0.0L;
  double largest = 0.0;
};
inline ExactSum exact_sum(const std::vector<double>& w, const Signal& signal, std::int64_t n, std::int64_t u) {
  ExactSum sum;
  for (std::int64_t k = n; k >= 1; --k) {
    const double v = signal.at(n - k)[u];
    sum.value += static_cast<long double>(w[static_cast<std::size_t>(k)]) * static_cast<long double>(v);
    sum.largest = std::max(sum.largest, std::abs(v));
  }
  return sum;
}

/// All sums of a history fed with the signal's unknowns [first, first + history.unknowns()).
inline std::vector<double> sums_of(History& history, const Signal& signal, std::int64_t first = 0) {
  const auto count = static_cast<std::size_t>(history.unknowns());
  std::vector<double> all;
  std::vector<double> sum(count);
  for (std::int64_t n = 0; n <= signal.steps; ++n) {
    history.sum(sum);
    all.insert(all.end(), sum.begin(), sum.end());
    history.push({signal.at(n) + first, count});
  }
  return all;
}

inline HistoryProblem problem_of(double alpha, std::int64_t unknowns, std::int64_t steps, HistoryMethod method) {
  HistoryProblem problem;
  problem.alpha = alpha;
  problem.unknowns = unknowns;
  problem.steps = steps;
  problem.method = method;
  return problem;
}

}  // namespace almanac::compute
