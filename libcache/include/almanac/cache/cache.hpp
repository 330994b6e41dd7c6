#pragma once

#include <almanac/cache/admission.hpp>
#include <almanac/cache/appraisal.hpp>
#include <almanac/cache/kind_settings.hpp>
#include <almanac/cache/metrics.hpp>
#include <almanac/cache/tier.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
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

  /// Bytes of its arrays, as far as the recipe knows; 0: it does not. Nothing is decided by it: it is for who asks what loading will take.
  std::uint64_t expected_bytes = 0;

  bool recompute = false;                                     ///< look nowhere: make it, and put it in place of what is there
  bool keep = false;                                          ///< asked for by name: stored even where loading is no quicker than making

  /// Asked now and then while this call waits for another thread or process, and before make(); true: it ends without an
  /// entry. Asked too when make() has thrown; true: the exception is for this call alone, which was interrupted. Whoever else
  /// waits goes on waiting, or takes over. Must not throw.
  std::function<bool()> give_up{};
};

/// An artifact, and where it came from.
struct Answer {
  EntryPtr entry;  ///< nullptr ← the caller gave up
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
  std::chrono::milliseconds lease_interval{1000}; ///< between the heartbeats of a lease; ten without one is a vanished holder

  /// How artifacts are kept, unless `kinds` has their kind. Their cost, for admission, is the recipe's estimate or what making them
  /// took, whichever is more. Here everything is stored.
  KindSettings settings{.admission = Admission::aggressive};
  std::map<std::string, KindSettings, std::less<>> kinds{};

  /// What a process does first takes so much longer than later on, through code and memory that it meets for the first time: making
  /// as well as loading. A making that took longer than loading, but not by more than this, does not pay.
  std::chrono::nanoseconds cold_start{0};

  /// Of results whose kind is written back no more bytes than these wait to be written; one more is written through.
  std::uint64_t write_back_bytes = 64'000'000;

  /// What earlier processes have learned: of tiers by their names, and of kinds.
  std::map<std::string, TierSpeed, std::less<>> speeds{};
  std::map<std::string, Usage, std::less<>> past{};

  /// What is handed out is appended to this file, one line an answer, as trace.hpp has it; empty: nothing is.
  std::filesystem::path trace_file;

  /// Root of the cache whose statistics (statistics.hpp) are added to: when this cache ends, and now and then before. Load
  /// times that were learned there are known from the start. Empty: nothing is kept.
  std::filesystem::path statistics_root;

  /// Called with one line per cause when a tier or the lease folder fails. Must not throw. Default: nothing.
  std::function<void(std::string_view)> warn;
};

/// The tiers in order: look-up, promotion, single flight, admission, write policy, metrics.
/// Threads: thread-safe. No lock is held while an artifact is made, read or written.
class Cache {
 public:
  /// `tiers` from the nearest to the farthest; none at all is a cache that only joins flights.
  Cache(std::vector<std::unique_ptr<Tier>> tiers, CacheOptions options);
  /// What waits to be written back is written first.
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

  /// One of many answers.
  struct Outcome {
    Answer answer;
    std::exception_ptr failure;  ///< what make() threw; then there is no entry
  };

  /// Many at once, each as get_or_compute() gives it, in the order of the requests. First what some tier has is looked
  /// up; then what nobody holds is made, one after the other in the order given; only then is anything waited for that
  /// other threads and processes make, and what they leave unmade is taken over. A failing one does not stop the rest.
  /// `arrived`, if any, is called with the place in `requests` as each is answered, from this thread and without a lock. It
  /// may take the entry out of the outcome, so that not all of them are held until the last is there.
  std::vector<Outcome> get_many(std::span<const Request> requests,
                                const std::function<void(std::size_t, Outcome&)>& arrived = {});

  /// Stores entries that were made elsewhere, in every tier. Gives what to use from now on, in their order: the one that
  /// was there first, if any reaches as far. A failing tier is a count and a warning.
  std::vector<EntryPtr> put_many(std::span<const EntryPtr> entries);

  /// The nearest entry that reaches far enough, promoted, without making anything; entry is nullptr on a miss,
  /// which is not counted.
  Answer find(const Key& key, std::int64_t coverage = 0);

  /// What the tiers know of it, from headers alone: the nearest of the entries that reach farthest.
  std::optional<EntryInfo> peek(const Key& key);

  /// Removes it from every tier; true if any had it.
  bool erase(const Key& key);

  /// What making this artifact and loading it takes, and which tiers would be given it: stored or not. Makes nothing, and counts as
  /// no look-up. Cost: the headers of one entry in each tier
  Appraisal appraise(const Request& request);

  /// Waits until everything that was to be written back before is written, or has failed as a write does. In a forked child:
  /// nothing, which is the parent's.
  void flush();

  /// How fast each tier is, by what this process has learned from its use and was told of it; nothing of memory.
  std::map<std::string, TierSpeed, std::less<>> speeds() const;

  /// Removes all of which `is_meant` gives true from the tiers of this process; gives how many. It is called without a lock.
  std::uint64_t erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant);

  Metrics metrics() const;

  /// Writes what was counted since the last time. A failure is silent: it is tried again with what is counted then.
  void save_statistics() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace almanac::cache
