#pragma once

#include <almanac/cache/artifact.hpp>
#include <almanac/cache/error.hpp>
#include <almanac/cache/key.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// Who computed an artifact: program with version, and the instruction set its kernels ran on.
struct Producer {
  std::string version;          ///< e.g. "almanac/0.1.0"
  std::string instruction_set;  ///< e.g. "AVX3"
};

/// What an entry knows about itself besides key and content.
struct EntryFacts {
  Producer producer;
  std::string host_binding;                          ///< empty: portable; else what binds it (CPU, library …)
  std::chrono::nanoseconds cost{0};                  ///< what computing it took
  std::chrono::system_clock::time_point created{};
  std::optional<std::chrono::system_clock::time_point> expires;
  std::vector<Id> dependencies;                      ///< what it was made from
};

/// An artifact under its key. Immutable once shared between threads and tiers.
struct Entry {
  Key key;
  Artifact artifact;
  EntryFacts facts;
};
using EntryPtr = std::shared_ptr<const Entry>;

/// An entry as far as its header tells: everything but the arrays' bytes.
struct EntryInfo {
  struct ArrayInfo {
    std::string name;
    Type type;
    std::vector<std::int64_t> shape;
    std::uint64_t bytes;
    std::uint64_t stored_bytes = 0;                  ///< what its elements take in this tier; less than `bytes`: compressed
  };
  Key key;
  EntryFacts facts;
  Attributes attributes;
  std::vector<ArrayInfo> arrays;
  std::uint64_t stored_bytes = 0;                    ///< what it takes in this tier
  std::string path;                                  ///< where it is; empty for a tier without files
  std::chrono::system_clock::time_point last_used{};
  std::uint64_t inode = 0;                           ///< of the file that was looked at; 0: a tier without files
};

struct TierStats {
  std::uint64_t hits = 0, misses = 0, puts = 0, evictions = 0, corruptions = 0, errors = 0;
  std::uint64_t would_have_hit = 0;                  ///< misses of what had been evicted, as far as it is remembered
  std::uint64_t entries = 0, bytes = 0;              ///< held now, where the tier knows without looking
};

/// One place artifacts live. Every call is complete in itself; nothing is held between calls.
/// Threads: thread-safe.
class Tier {
 public:
  virtual ~Tier() = default;

  virtual std::string_view name() const noexcept = 0;

  /// True for a tier that is given what a nearer one lets go of, and nothing else: what was computed, or found farther away, is not
  /// put there. Who stores something that reaches farther erases what it has.
  virtual bool is_fed_by_demotion() const noexcept { return false; }

  /// The verified entry, or nullptr: a miss. Whatever is torn, flipped, colliding, foreign, newer or
  /// expired is a miss; an error is a tier that could not look.
  virtual Result<EntryPtr> get(const Key& key) = 0;

  /// What get() would find, from the header alone. Not counted as hit or miss.
  virtual Result<std::optional<EntryInfo>> peek(const Key& key) = 0;

  /// Stores, and gives what is there afterwards: the first valid commit of a key wins, except that one
  /// with more coverage replaces one with less.
  virtual Result<EntryPtr> put(const EntryPtr& entry) = 0;

  /// Stores in place of whatever is there, in one step: whoever looks meanwhile finds the one or the other.
  virtual Result<EntryPtr> replace(const EntryPtr& entry) = 0;

  /// Removes; false when it was not there.
  virtual Result<bool> erase(const Key& key) = 0;

  /// Removes all of which `is_meant` gives true, called without a lock; gives how many. A tier that others share does nothing here:
  /// what is in it is removed by invalidate().
  virtual std::uint64_t erase_if(const std::function<bool(const Key&, const EntryFacts&)>& /*is_meant*/) { return 0; }

  virtual TierStats stats() const = 0;

  using VisitUse = std::function<void(const Key& key, std::uint64_t uses, std::chrono::nanoseconds cost, std::uint64_t bytes)>;
  /// Calls `visit` with what was got here and how often, since this was asked last, where the tier counts that itself at no
  /// cost to a hit. Not under a lock; each use is told once. Default: it does not, and whoever gets counts.
  virtual void take_uses(const VisitUse& visit) { (void)visit; }
  virtual bool counts_uses() const noexcept { return false; }
};

}  // namespace almanac::cache
