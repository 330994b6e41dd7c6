#pragma once

#include <almanac/compute/exponential_sum.hpp>
#include <almanac/compute/fft.hpp>
#include <almanac/compute/relaxation.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::compute {

/// How S_n = Σ_{k=1}^{n} w_k v_{n-k} is formed, step after step:
///   direct        each term; N²/2 products an unknown, all of v is kept
///   fft_blocks    products of blocks by FFT, O(N log² N); all of v and its spectra are kept
///   exponentials  weights beyond the nearest as a sum of Q exponentials, with a certified bound; O(N Q), 48 + Q numbers kept
///   short_memory  the last terms only, with the bound of what is left out
///   automatic     the cheapest of them whose truncation is within the tolerance and whose state fits
/// Whom they serve: exponentials the Grünwald–Letnikov weights of one order alone (scheme grunwald, relax_modes), since from their integral
/// the bound is proved; the other three any weights: several terms, bdf2 … bdf6, multistep, l1 and product integration, for which
/// fft_blocks is what grows as N log² N. Who has a sum of exponentials and a bound for weights of another kind: exponential_history.
enum class HistoryMethod { automatic, direct, fft_blocks, exponentials, short_memory };
std::string_view to_string(HistoryMethod method) noexcept;
std::optional<HistoryMethod> parse_history_method(std::string_view name) noexcept;

/// Gives a plan of the problem, out of a cache for instance; must be safe to call while the history is made.
using FftPlanProvider = std::function<std::shared_ptr<const FftPlan<double>>(const FftProblem&)>;

/// The lengths of the transforms that fft_blocks asks its provider for, c2c forward, out of place.
/// Errors: none; steps below 1: none
std::vector<std::int64_t> fft_block_lengths(std::int64_t steps);

/// What a history is to be made for.
struct HistoryProblem {
  double alpha = 0;                      ///< of Grünwald–Letnikov weights, in (0, 2]; not looked at where weights are given
  std::span<const double> weights = {};  ///< any w_0 … w_steps, finite; w_0 is not used. Copied
  std::int64_t unknowns = 1;             ///< ≥ 1, the length of each v_n
  std::int64_t steps = 0;                ///< n = 0 … steps; at most 1e8
  double tolerance = 1e-12;              ///< for exponentials and short_memory: what truncation may be; in [1e-15, 1]
  HistoryMethod method = HistoryMethod::automatic;
  std::int64_t terms = 0;          ///< short_memory keeps this many; 0: as many as the tolerance asks
  std::uint64_t memory_limit = 0;  ///< bytes; 0: half of this machine's memory
  int threads = 1;
  FftPlanProvider plans = {};  ///< for fft_blocks; empty: Rigor::estimate, planned here
  std::function<void()> poll = {};  ///< called every now and then while fft_blocks are made; what it throws passes through
};

/// The engine chosen, and what is known of it beforehand.
struct HistoryChoice {
  HistoryMethod method = HistoryMethod::direct;
  double truncation = 0;    ///< |Ŝ_n - S_n| ≤ (truncation + rounding) max_{j<n} |v_j|, for every n, unknown by unknown
  double rounding = 0;      ///< the worst that adding up in double can do; what is seen is far smaller
  std::uint64_t bytes = 0;  ///< of state and tables; for fft_blocks less what FFTW keeps for plans
  double operations = 0;    ///< multiply-adds until the last step, about
  std::int64_t terms = 0;   ///< exponentials: Q; otherwise: how many terms a sum has at most

  double bound() const noexcept { return truncation + rounding; }
};

/// The memory of a fractional scheme, S_n = Σ_{k=1}^{n} w_k v_{n-k}, on line: at step n the sum, then v_n.
/// Shapes:   every span (unknowns)
/// Threads:  one caller at a time; works on HistoryProblem::threads of its own. The same bits for every thread count and however
///           the unknowns are cut into histories of one method; direct, exponentials and short_memory differ between instruction
///           sets only by whether a multiply and add are fused
/// Cost:     most steps touch a few rows of `unknowns`; each 32nd step passes over the state once for the next 32
/// Accuracy: choice().bound(), proved by history_engines_test.cpp
class History {
 public:
  virtual ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// out = S_n with n = step(). May be asked for any number of times, or not at all.
  /// Errors: ArgumentError ← out.size() is not unknowns(); n is above the steps of the problem
  void sum(std::span<double> out);

  /// Takes v_n, n = step(), and goes on to n + 1.
  /// Errors: ArgumentError ← v.size() is not unknowns(); n is above the steps of the problem
  void push(std::span<const double> v);

  std::int64_t step() const noexcept { return step_; }  ///< n
  std::int64_t unknowns() const noexcept { return unknowns_; }
  const HistoryChoice& choice() const noexcept { return choice_; }

 protected:
  History(std::int64_t unknowns, std::int64_t steps, const HistoryChoice& choice)
      : unknowns_(unknowns), steps_(steps), choice_(choice) {}

  std::int64_t steps() const noexcept { return steps_; }

 private:
  virtual void do_sum(std::int64_t n, double* out) = 0;
  virtual void do_push(std::int64_t n, const double* v) = 0;
  void refuse(const char* parameter, std::size_t size) const;

  std::int64_t unknowns_, steps_;
  std::int64_t step_ = 0;
  HistoryChoice choice_;
};

/// The engine a problem would get.
/// Errors:   ArgumentError ← any field outside its range; method ← exponentials with weights given (see exponential_history);
///           memory_limit ← state that does not fit: says how much it is, and which method needs less
/// Cost:     microseconds; with weights given, a pass over them
HistoryChoice choose_history(const HistoryProblem& problem);

/// That engine. Errors: as choose_history; std::bad_alloc
std::unique_ptr<History> make_history(const HistoryProblem& problem);

/// A history with weights of any kind whose far part is a sum of exponentials: w_k is near[k] up to 47 as far as near reaches,
/// and the sum's beyond. Its bound is taken as it is given.
/// Errors: ArgumentError ← far.first above near.size() or above kNearestFar; far.last below steps; rates not positive, numbers
///         not finite, sizes that differ; unknowns, steps, threads as HistoryProblem has them
std::unique_ptr<History> exponential_history(const ExponentialSum& far, std::span<const double> near, std::int64_t unknowns,
                                             std::int64_t steps, int threads = 1);

/// n (n+1) … (n+m-1) (n+m)^(alpha-m) / Gamma(1+alpha), m = floor(alpha): not less than the sum Gamma(n+alpha) / (Gamma(n) Gamma(1+alpha))
/// of the first n = steps coefficients of (1-z)^-alpha, and at most 1.13 times that. The values of a Grünwald–Letnikov scheme
/// Σ w_k v_(n-k) + rate v_n = g_n, rate ≥ 0 and alpha ≤ 2, are at most this times max |g|: so it amplifies any error of its sums.
/// Source:   J. G. Wendel 1948, Amer. Math. Monthly 55, 563
double history_amplification(double alpha, std::int64_t steps) noexcept;

/// The first lag that exponentials stand for.
inline constexpr std::int64_t kNearestFar = 17;

/// relax_modes with a history of choice: the same scheme, its sums by the engine asked for. For exponentials and automatic,
/// time.weights may be empty: they are then the Grünwald–Letnikov weights of time.alpha. With method direct, the bits of
/// relax_modes. Modes are stepped some at a time, so that their state stays in cache.
/// Accuracy: for lambda ≤ 0 a history's bound b changes u^n by at most b max|v| times history_amplification(alpha, n), and for
///           alpha ≤ 1 times dt^-alpha / |lambda| where that is less
/// Errors:   as relax_modes and choose_history
/// Gives:    the choice, its bytes and operations for the modes together
HistoryChoice relax_modes(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                          std::span<const double> u1, std::span<double> out, std::int64_t out_stride,
                          const HistoryProblem& history, int threads = 1);

}  // namespace almanac::compute
