#pragma once

#include <almanac/cache/metrics.hpp>
#include <almanac/cache/tier.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// What is needed, and how to make it where nobody has it.
struct Request {
  Key key;

  /// Least coverage that will do; 0: the key says it all.
  std::int64_t coverage = 0;

  /// Makes the artifact. `prior` is what is known already and reaches less far than needed, or nullptr;
  /// a result made from it keeps its prefix byte for byte. May throw: everybody who waits gets the exception.
  std::function<Artifact(const Artifact* prior)> make{};

  /// What making it is expected to cost, as far as the recipe knows; 0: it does not.
  std::chrono::nanoseconds estimate{0};

  std::string host_binding{};                                 ///< as EntryFacts
  std::vector<Id> dependencies{};
  bool recompute = false;                                     ///< look nowhere: make it, and put it in place of what is there
};

/// An artifact, and where it came from.
struct Answer {
  EntryPtr entry;
  /// "computed", the name of the tier that had it, or "joined": another thread or process was at it, and was
  /// waited for. Lives as long as the cache.
  std::string_view source;
  std::chrono::nanoseconds elapsed{0}; ///< of this request
};

struct CacheOptions {
  Producer producer;
  /// Folder for leases, made when missing; empty: no single flight across processes. Set it where a tier is
  /// shared between processes: with nothing shared, they would wait for each other in vain.
  std::filesystem::path lease_folder;
  /// What costs less, by the recipe's estimate and by the last measurement of its kind, is computed without a
  /// lease. What costs nobody knows gets one.
  std::chrono::milliseconds lease_threshold{10};
  std::chrono::milliseconds lease_wait{600'000};  ///< who has waited this long computes for itself
  /// Called with one line per cause when a tier or the lease folder fails. Must not throw. Default: nothing.
  std::function<void(std::string_view)> warn;
};

/// The tiers in order: look-up, promotion, single flight, metrics.
/// Threads: thread-safe. No lock is held while an artifact is made, read or written.
class Cache {
 public:
  /// `tiers` from the nearest to the farthest; none at all is a cache that only joins flights.
  Cache(std::vector<std::unique_ptr<Tier>> tiers, CacheOptions options);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// The artifact: from the first tier that has it verified and far enough (promoted to those before
  /// it), from a computation under way in this process or another, or made here, timed, and stored.
  /// `make` runs without any lock and may ask this cache for other keys. The cost written down is what make()
  /// took, with what the prior had cost where there was one.
  /// Errors: only what `make` throws, which is not remembered. A failing tier is a count and a warning.
  /// Cost: a hit in a memory tier in front is some 100 ns, two clock readings among them.
  Answer get_or_compute(const Request& request);

  /// The nearest entry that reaches far enough, promoted, without making anything; entry is nullptr on a miss,
  /// which is not counted.
  Answer find(const Key& key, std::int64_t coverage = 0);

  /// What the tiers know of it, from headers alone: the nearest of the entries that reach farthest.
  std::optional<EntryInfo> peek(const Key& key);

  /// Removes it from every tier; true if any had it.
  bool erase(const Key& key);

  Metrics metrics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace almanac::cache
