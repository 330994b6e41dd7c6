#pragma once

#include <almanac/cache/removal.hpp>
#include <almanac/cache/selection.hpp>
#include <almanac/cache/tiers.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace almanac::cache {

struct InvalidationOptions {
  RemovalReason reason = RemovalReason::manual;  ///< of what is meant; what was made from it goes by `dependency`
  bool dry_run = false;                          ///< look, remove nothing

  /// What is made from these goes as well, whether they are on disk or not.
  std::vector<Id> parents{};

  /// Called with each entry that goes, before it does, and why; false: it stays, and what it was made from does. Default: all go.
  std::function<bool(const EntryInfo&, RemovalReason)> visit{};
  /// Called with each entry that is gone.
  std::function<void(const EntryInfo&, RemovalReason)> removed{};
  std::function<bool()> stop{};                  ///< true: end at the next clean point. Must not throw
};

/// How much of something.
struct RemovalSum {
  std::uint64_t entries = 0, bytes = 0;
  std::chrono::nanoseconds cost{0};              ///< of making it all anew

  void add(const EntryInfo& entry);
};

/// What went; with dry_run, what would.
struct Invalidated {
  RemovalSum meant;                              ///< by the selection
  RemovalSum dependents;                         ///< made from what was meant, or from what was made from that …
  std::uint64_t failed = 0;                      ///< that could not be removed; what they were made from stays with them
  std::optional<Error> trouble{};                ///< the first reason for that; or why some folders could not be listed
  bool interrupted = false;
};

/// Removes what is meant from the disk, and what was made from it. What was made from others goes before them: whoever is killed on the
/// way leaves the rest of a cascade where the same call finds it again. Each entry is whole or gone at any time, and what others have got
/// of it stays valid.
/// What another process holds in memory it goes on using, and what it makes from that in this moment it may store.
/// Errors: as DiskTier::for_each; invalid_argument ← not a tag
/// Cost: one pass over the headers, one more for what depends on others, where anything does; ids of those in memory
Result<Invalidated> invalidate(DiskTier& disk, const Selection& selection, const InvalidationOptions& options);

}  // namespace almanac::cache
