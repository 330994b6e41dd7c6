#include <almanac/compute/history.hpp>

#include "written.hpp"
#include "direct_history.hpp"
#include "exponential_history.hpp"
#include "fft_block_history.hpp"
#include "history_choice.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace almanac::compute {
namespace {

constexpr std::array<std::pair<HistoryMethod, std::string_view>, 5> kHistoryNames{{
    {HistoryMethod::automatic, "automatic"},
    {HistoryMethod::direct, "direct"},
    {HistoryMethod::fft_blocks, "fft_blocks"},
    {HistoryMethod::exponentials, "exponentials"},
    {HistoryMethod::short_memory, "short_memory"},
}};

std::vector<double> grunwald_table(double alpha, std::int64_t last, int threads) {
  std::vector<double> w(static_cast<std::size_t>(last) + 1);
  grunwald_weights(alpha, 0, w, threads);
  return w;
}

void check_far(const ExponentialSum& far, std::span<const double> near, std::int64_t steps) {
  if (far.first < 1 || far.first > kNearestFar || far.first > static_cast<std::int64_t>(near.size()))
    throw ArgumentError("far.first", written(far.first),
                        "lie in [1, " + written(kNearestFar) + "] and follow the " + written(near.size()) + " near weights");
  if (far.last < steps) throw ArgumentError("far.last", written(far.last), "be at least the steps, " + written(steps));
  if (far.coefficients.size() != far.rates.size())
    throw ArgumentError("far.coefficients", written(far.coefficients.size()) + " values",
                        "be one a rate, " + written(far.rates.size()));
  for (const double rate : far.rates)
    if (!(rate > 0.0 && std::isfinite(rate))) throw ArgumentError("far.rates", written(rate), "be positive and finite");
  for (const double c : far.coefficients)
    if (!std::isfinite(c)) throw ArgumentError("far.coefficients", written(c), "be finite");
  for (const double w : near)
    if (!std::isfinite(w)) throw ArgumentError("near", written(w), "be finite");
  if (!(far.bound >= 0.0)) throw ArgumentError("far.bound", written(far.bound), "be at least 0");
}

}  // namespace

std::string_view to_string(HistoryMethod method) noexcept {
  for (const auto& [value, name] : kHistoryNames)
    if (value == method) return name;
  return "unknown";
}

std::optional<HistoryMethod> parse_history_method(std::string_view name) noexcept {
  for (const auto& [value, known] : kHistoryNames)
    if (known == name) return value;
  return std::nullopt;
}

History::~History() = default;

void History::refuse(const char* parameter, std::size_t size) const {
  if (size != static_cast<std::size_t>(unknowns_))
    throw ArgumentError(parameter, written(size) + " values", "be one an unknown, " + written(unknowns_));
  throw ArgumentError("step", written(step_), "be at most the steps of the problem, " + written(steps_));
}

void History::sum(std::span<double> out) {
  if (out.size() != static_cast<std::size_t>(unknowns_) || step_ > steps_) refuse("out", out.size());
  do_sum(step_, out.data());
}

void History::push(std::span<const double> v) {
  if (v.size() != static_cast<std::size_t>(unknowns_) || step_ > steps_) refuse("v", v.size());
  do_push(step_, v.data());
  ++step_;
}

std::unique_ptr<History> make_history(const HistoryProblem& problem) {
  const ResolvedHistory resolved = resolve_history(problem);
  const HistoryChoice& choice = resolved.choice;
  const std::int64_t steps = problem.steps;
  std::vector<double> table;
  std::span<const double> w = problem.weights;
  if (w.empty() && choice.method != HistoryMethod::fft_blocks) {
    std::int64_t last = steps;
    if (choice.method == HistoryMethod::exponentials) last = kNearRows + kBlockSteps - 1;
    if (choice.method == HistoryMethod::short_memory) last = choice.terms;
    table = grunwald_table(problem.alpha, last, problem.threads);
    w = table;
  }
  switch (choice.method) {
    case HistoryMethod::fft_blocks: {
      const auto weights_from = [&](std::int64_t first, std::span<double> out) {
        if (problem.poll) problem.poll();
        const auto count =
            static_cast<std::size_t>(std::clamp<std::int64_t>(steps + 1 - first, 0, static_cast<std::int64_t>(out.size())));
        if (problem.weights.empty()) {
          grunwald_weights(problem.alpha, static_cast<std::uint64_t>(first), out.first(count), problem.threads);
        } else if (count > 0) {
          std::copy_n(problem.weights.begin() + first, count, out.begin());
        }
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(count), out.end(), 0.0);
      };
      return std::make_unique<FftBlockHistory>(weights_from, problem.unknowns, steps, problem.threads, problem.plans, choice);
    }
    case HistoryMethod::exponentials:
      return std::make_unique<ExponentialHistory>(std::make_shared<const SharedExponentials>(resolved.exponentials, w),
                                                  problem.unknowns, steps, problem.threads, choice);
    default: return std::make_unique<DirectHistory>(w, choice.terms, problem.unknowns, steps, problem.threads, choice);
  }
}

std::unique_ptr<History> exponential_history(const ExponentialSum& far, std::span<const double> near, std::int64_t unknowns,
                                             std::int64_t steps, int threads) {
  // What all histories are checked for, and what they may take.
  HistoryProblem problem;
  problem.alpha = 1.0;
  problem.unknowns = unknowns;
  problem.steps = steps;
  problem.threads = threads;
  problem.method = HistoryMethod::short_memory;
  problem.terms = 1;
  choose_history(problem);
  check_far(far, near, steps);
  double sum = 0.0;
  for (std::size_t k = 1; k < std::min<std::size_t>(near.size(), kNearRows + kBlockSteps); ++k) sum += std::abs(near[k]);
  return std::make_unique<ExponentialHistory>(std::make_shared<const SharedExponentials>(far, near), unknowns, steps, threads,
                                              exponential_choice(far, sum, unknowns, steps));
}

}  // namespace almanac::compute
