#pragma once

#include <almanac/cache/error.hpp>
#include <almanac/cache/key.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// Which entry leaves first where there is no room for all.
///   gdsf   the one that saves the least recompute time for its bytes. It ranks by
///              H = L + hits · cost / bytes,
///          where L rises with what is evicted, so that what is not asked for any more falls behind, and hits are those of
///          this stay and, as far as they are remembered, of those before. What comes anew is admitted only in place of
///          entries none of which ranks above it.
///   lru    the one that was not used for longest
///   lfu    the one with the fewest hits since it came; of those the one that was not used for longest
///   fifo   the one that came first
///   ttl    the one that expires first; of those that never do, the one that came first
///
/// Three things in gdsf are not in its first paper. A first request counts half: most of what is asked for once is never
/// asked for again. Each eviction takes L only min(1, 16 / entries) of the way to the rank of the victim: where many entries
/// come and go once, all the way is further than popularity drifts, and drowns what the hits say. And the history is a
/// count-min sketch that halves its counts now and then: bounded memory, for keys far beyond those that are held.
///
/// Source: Cherkasova 1998, HPL-98-69R1 (GreedyDual-Size-Frequency); Cao and Irani 1997, USITS (cost and size); Einziger,
///         Friedman and Manes 2017, ACM ToS 13:35, and Cormode and Muthukrishnan 2005, J. Algorithms 55 (history, admission).
enum class Policy { gdsf, lru, lfu, fifo, ttl };

inline constexpr Policy kDefaultPolicy = Policy::gdsf;

/// All of them, the default first.
std::span<const Policy> all_policies() noexcept;

/// "gdsf" …
std::string_view to_string(Policy policy) noexcept;

/// Errors: invalid_argument ← no policy's name; the message lists them.
Result<Policy> parse_policy(std::string_view name);

/// What a policy is told of an entry.
struct Candidate {
  Id id;
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds cost{0};  ///< of making it anew
  std::optional<std::chrono::system_clock::time_point> expires{};
};

/// What is missing for a newcomer, of each budget.
struct Shortage {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};

/// The books of a place that holds entries under a budget: which are there, and which go. It holds no entry, reads no clock
/// and throws no dice: the same calls give the same victims, everywhere.
/// Threads: one caller at a time
/// Cost: a call is O(log n); some 200 bytes an entry, and for gdsf 64 to 128 bytes more of history, 64 MiB at most
class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;

  virtual Policy policy() const noexcept = 0;

  /// An entry that is held was used. False: it is not held.
  virtual bool hit(const Id& id) = 0;

  /// An entry that is not held was asked for, made, and is smaller than the whole budget. True: it is held from now on, and
  /// `victims`, in the order they leave, are not any more; their bytes, and how many they are, make up for the shortage.
  /// False: it passes by, and all stay; or it is held already.
  virtual bool admit(const Candidate& newcomer, Shortage shortage, std::vector<Id>& victims) = 0;

  /// It is gone for another reason. False: it was not held.
  virtual bool erase(const Id& id) = 0;

  /// How many are held.
  virtual std::size_t size() const noexcept = 0;
};

std::unique_ptr<EvictionPolicy> make_policy(Policy policy);

}  // namespace almanac::cache
