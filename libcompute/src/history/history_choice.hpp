#pragma once

#include <almanac/compute/history.hpp>

#include <vector>

namespace almanac::compute {

/// A choice, and what is needed to build it that was computed on the way.
struct ResolvedHistory {
  HistoryChoice choice;
  ExponentialSum exponentials;  // where the choice is exponentials
};

/// Checks the problem and chooses. Errors: as choose_history
ResolvedHistory resolve_history(const HistoryProblem& problem);

/// The choice for exponentials of any kind: `near` bounds Σ |w_k| over the lags that are summed directly.
HistoryChoice exponential_choice(const ExponentialSum& far, double near, std::int64_t unknowns, std::int64_t steps);

/// The machine's memory in bytes; the largest number where it is not known.
std::uint64_t machine_memory() noexcept;

}  // namespace almanac::compute
