#pragma once

#include <almanac/cache/policy.hpp>
#include <almanac/cache/trace.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>

namespace almanac::cache {

/// What may be held at a time. Both are hard.
struct ReplayBudget {
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t entries = std::numeric_limits<std::uint64_t>::max();
};

/// What a policy made of a trace. Sums end at the greatest value of their type.
struct ReplayReport {
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  std::uint64_t bytes_asked = 0;                ///< of all requests
  std::uint64_t bytes_hit = 0;
  std::chrono::nanoseconds cost_asked{0};       ///< what it all would cost without a cache
  std::chrono::nanoseconds cost_paid{0};        ///< of what was missed: recompute time that is still paid
  std::uint64_t evictions = 0;
  std::uint64_t passed_by = 0;                  ///< made and not kept: not admitted, or larger than the budget
  std::uint64_t most_bytes = 0;                 ///< held at a time
  std::uint64_t most_entries = 0;

  double hit_ratio() const noexcept;            ///< hits / requests; 0 of none
  double byte_hit_ratio() const noexcept;       ///< bytes_hit / bytes_asked
  double seconds_paid() const noexcept;
};

/// Plays requests to a policy over a budget, without any artifact. A request for what is held and not expired is a hit;
/// any other pays its cost and is put to the policy. What is held in fewer bytes than it is asked for with has grown: a miss
/// that replaces it.
/// Threads: one caller at a time. Cost: as the policy's, and some 100 bytes an entry held
class Replay {
 public:
  Replay(Policy policy, ReplayBudget budget);
  ~Replay();
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;

  void request(const TraceRequest& request);

  Policy policy() const noexcept;
  const ReplayReport& report() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace almanac::cache
