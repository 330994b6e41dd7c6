#include "history_choice.hpp"

#include "written.hpp"
#include "direct_history.hpp"
#include "exponential_history.hpp"
#include "fft_block_history.hpp"
#include "weight_sums.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include <unistd.h>

namespace almanac::compute {
namespace {

constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;
constexpr std::int64_t kMostSteps = 100'000'000;
constexpr std::int64_t kMostUnknowns = std::int64_t{1} << 40;
constexpr std::uint64_t kDoubleBytes = sizeof(double);

/// units × size doubles, or the largest number where that is more.
std::uint64_t bytes_of(std::int64_t units, double size) {
  const double bytes = static_cast<double>(units) * size * static_cast<double>(kDoubleBytes);
  return bytes < 9e18 ? static_cast<std::uint64_t>(bytes) : std::numeric_limits<std::uint64_t>::max() / 2;
}

void check_history(const HistoryProblem& problem) {
  if (problem.unknowns < 1 || problem.unknowns > kMostUnknowns)
    throw ArgumentError("unknowns", written(problem.unknowns), "lie in [1, 2^40]");
  if (problem.steps < 0 || problem.steps > kMostSteps)
    throw ArgumentError("steps", written(problem.steps), "lie in [0, " + written(kMostSteps) + "]");
  if (problem.weights.empty()) {
    if (!(problem.alpha > 0.0 && problem.alpha <= 2.0))
      throw ArgumentError("alpha", written(problem.alpha), "lie in (0, 2] where no weights are given");
  } else {
    if (problem.weights.size() <= static_cast<std::size_t>(problem.steps))
      throw ArgumentError("weights", written(problem.weights.size()) + " values",
                          "be at least steps + 1 = " + written(problem.steps + 1));
    for (const double w : problem.weights.first(static_cast<std::size_t>(problem.steps) + 1))
      if (!std::isfinite(w)) throw ArgumentError("weights", written(w), "be finite");
  }
  if (!(problem.tolerance >= kMinExponentialTolerance && problem.tolerance <= 1.0))
    throw ArgumentError("tolerance", written(problem.tolerance), "lie in [" + written(kMinExponentialTolerance) + ", 1]");
  if (problem.terms < 0) throw ArgumentError("terms", written(problem.terms), "be at least 0");
  if (problem.threads < 1) throw ArgumentError("threads", written(problem.threads), "be at least 1");
  if (to_string(problem.method) == "unknown")
    throw ArgumentError("method", written(static_cast<int>(problem.method)), "be an enumerator of HistoryMethod");
  if (problem.method == HistoryMethod::exponentials && !problem.weights.empty())
    throw ArgumentError("method", "exponentials", "be another one where weights are given: their exponentials are not known");
}

/// Terms added one after the other, the most distant first: each addition rounds what is there by then.
double direct_rounding(const WeightSums& sums, std::int64_t terms) {
  return kUnit * (sums.by_lag(terms) + 4.0 * sums.all(terms));
}

HistoryChoice direct_choice(const WeightSums& sums, const HistoryProblem& problem, HistoryMethod method) {
  const std::int64_t steps = problem.steps;
  HistoryChoice choice;
  choice.method = method;
  choice.terms = steps;
  if (method == HistoryMethod::short_memory) {
    choice.terms = problem.terms > 0 ? std::min(problem.terms, steps) : sums.terms_for(problem.tolerance, steps);
    choice.terms = std::min(choice.terms, sums.support(steps));
    choice.truncation = sums.behind(choice.terms, sums.support(steps));
  }
  choice.rounding = direct_rounding(sums, choice.terms);
  const auto rows = static_cast<double>(DirectHistory::rows_kept(choice.terms, steps));
  const HistoryLayout layout = HistoryLayout::of(problem.unknowns);
  choice.bytes = bytes_of(layout.units, rows * static_cast<double>(layout.width)) +
                 kDoubleBytes * static_cast<std::uint64_t>(choice.terms + 3 * kBlockSteps);
  const auto n = static_cast<double>(steps), kept = static_cast<double>(choice.terms);
  choice.operations = static_cast<double>(problem.unknowns) * (kept * (n - 0.5 * kept) + 0.5 * kBlockSteps * n);
  return choice;
}

// A product of blocks by transforms of L points is off by at most 27 u log2(2L) ‖w‖₂ ‖v‖₂ (convolution.hpp; here the 2 in the
// logarithm is for the turns), and ‖v‖₂ ≤ √L max|v|; then a level's blocks are added, and the levels.
HistoryChoice fft_choice(const WeightSums& sums, const HistoryProblem& problem) {
  const std::vector<FftLevelShape> levels = FftBlockHistory::levels(problem.steps);
  HistoryChoice choice;
  choice.method = HistoryMethod::fft_blocks;
  choice.terms = problem.steps;
  const double all = sums.all(problem.steps);
  choice.rounding = kUnit * (300.0 + static_cast<double>(levels.size())) * all;
  for (const FftLevelShape& level : levels) {
    const auto length = static_cast<double>(level.length);
    double norms = 0.0;
    for (std::int64_t d = 1; d < level.blocks; ++d)
      norms += sums.norm((d - 1) * level.length + 1, std::min(problem.steps, (d + 1) * level.length - 1));
    choice.rounding +=
        kUnit * (27.0 * std::log2(2.0 * length) + 2.0 * static_cast<double>(level.blocks)) * std::sqrt(length) * norms;
  }
  choice.bytes = bytes_of(problem.unknowns, static_cast<double>(FftBlockHistory::unit_size(levels))) +
                 kDoubleBytes * FftBlockHistory::shared_size(levels, problem.threads);
  choice.operations = static_cast<double>(problem.unknowns) * FftBlockHistory::operations(levels, problem.steps);
  return choice;
}

ExponentialSum far_weights(const HistoryProblem& problem) {
  if (problem.steps >= kNearestFar) return grunwald_exponentials(problem.alpha, kNearestFar, problem.steps, problem.tolerance);
  return {kNearestFar, std::max(problem.steps, kNearestFar), {}, {}, 0.0};
}

ResolvedHistory resolve_as(HistoryMethod method, const WeightSums& sums, const HistoryProblem& problem) {
  switch (method) {
    case HistoryMethod::fft_blocks: return {fft_choice(sums, problem), {}};
    case HistoryMethod::exponentials: {
      ResolvedHistory resolved{{}, far_weights(problem)};
      resolved.choice =
          exponential_choice(resolved.exponentials, sums.all(std::min(problem.steps, kNearRows + kBlockSteps - 1)),
                             problem.unknowns, problem.steps);
      return resolved;
    }
    default: return {direct_choice(sums, problem, method), {}};
  }
}

[[noreturn]] void refuse_memory(const HistoryChoice& wanted, std::uint64_t limit, const std::vector<ResolvedHistory>& others) {
  std::string range =
      "be at least " + written(wanted.bytes) + " bytes for a history by " + std::string(to_string(wanted.method));
  const HistoryChoice* smallest = nullptr;
  for (const ResolvedHistory& other : others)
    if (other.choice.method != wanted.method && (smallest == nullptr || other.choice.bytes < smallest->bytes))
      smallest = &other.choice;
  if (smallest != nullptr && smallest->bytes < wanted.bytes)
    range += "; " + std::string(to_string(smallest->method)) + " would take " + written(smallest->bytes);
  throw ArgumentError("memory_limit", written(limit) + " bytes", range);
}

}  // namespace

std::uint64_t machine_memory() noexcept {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
}

HistoryChoice exponential_choice(const ExponentialSum& far, double near, std::int64_t unknowns, std::int64_t steps) {
  const auto nodes = static_cast<std::int64_t>(far.rates.size());
  const HistoryLayout layout = HistoryLayout::of(unknowns);
  HistoryChoice choice;
  choice.method = HistoryMethod::exponentials;
  choice.terms = nodes;
  choice.truncation = far.bound;
  // A block's values are added up in kBlockSteps roundings of their own sum; then each block rounds the whole state by three:
  // decay, product, sum. Then the nodes are added up, and the near terms to that.
  const auto n = static_cast<double>(steps);
  constexpr auto kSteps = static_cast<double>(kBlockSteps);
  double far_rounding = 0.0, far_all = 0.0;
  for (std::size_t q = 0; q < far.rates.size(); ++q) {
    const double whole = std::abs(far.coefficients[q]) * std::min(n, 1.0 / -std::expm1(-far.rates[q]));
    const double blocks = std::min(n / kSteps + 1.0, 1.0 / -std::expm1(-kSteps * far.rates[q]));
    far_rounding += whole * (3.0 * blocks + kSteps + static_cast<double>(nodes) + 8.0);
    far_all += whole;
  }
  choice.rounding = kUnit * (far_rounding + static_cast<double>(kNearRows + kBlockSteps + 4) * (near + far_all));
  choice.bytes = bytes_of(layout.units, static_cast<double>(SharedExponentials::unit_size(nodes, layout.width))) +
                 kDoubleBytes * SharedExponentials::size(nodes);
  choice.operations = static_cast<double>(unknowns) * n *
                      static_cast<double>(2 * SharedExponentials::padded(nodes) + kNearRows + kBlockSteps / 2);
  return choice;
}

ResolvedHistory resolve_history(const HistoryProblem& problem) {
  check_history(problem);
  const std::uint64_t limit = problem.memory_limit > 0 ? problem.memory_limit : machine_memory() / 2;
  const WeightSums sums = problem.weights.empty() ? WeightSums(problem.alpha)
                                                 : WeightSums(problem.weights.first(static_cast<std::size_t>(problem.steps) + 1));
  if (problem.method != HistoryMethod::automatic) {
    ResolvedHistory wanted = resolve_as(problem.method, sums, problem);
    if (wanted.choice.bytes <= limit) return wanted;
  }
  std::vector<ResolvedHistory> possible;
  for (const HistoryMethod method :
       {HistoryMethod::direct, HistoryMethod::short_memory, HistoryMethod::fft_blocks, HistoryMethod::exponentials}) {
    if (method == HistoryMethod::exponentials && !problem.weights.empty()) continue;
    ResolvedHistory candidate = resolve_as(method, sums, problem);
    if (candidate.choice.truncation <= problem.tolerance + kMinExponentialTolerance || method == problem.method)
      possible.push_back(std::move(candidate));
  }
  const auto cheaper = [](const ResolvedHistory& a, const ResolvedHistory& b) {
    return a.choice.operations < b.choice.operations;
  };
  if (problem.method != HistoryMethod::automatic) {
    const auto wanted = std::find_if(possible.begin(), possible.end(),
                                     [&](const ResolvedHistory& one) { return one.choice.method == problem.method; });
    refuse_memory(wanted->choice, limit, possible);
  }
  std::vector<ResolvedHistory> fitting;
  for (const ResolvedHistory& one : possible)
    if (one.choice.bytes <= limit) fitting.push_back(one);
  if (fitting.empty()) {
    const auto smallest =
        std::min_element(possible.begin(), possible.end(),
                         [](const ResolvedHistory& a, const ResolvedHistory& b) { return a.choice.bytes < b.choice.bytes; });
    refuse_memory(smallest->choice, limit, possible);
  }
  return *std::min_element(fitting.begin(), fitting.end(), cheaper);
}

HistoryChoice choose_history(const HistoryProblem& problem) { return resolve_history(problem).choice; }

}  // namespace almanac::compute
