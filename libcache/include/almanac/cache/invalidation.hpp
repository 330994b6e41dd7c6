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

  /// Called with each entry that is gone (with dry_run, that would be), and why.
  std::function<void(const EntryInfo&, RemovalReason)> visit{};
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
  std::uint64_t failed = 0;                      ///< that could not be removed, or are what such a one was made from, and stay
  std::optional<Error> trouble{};                ///< the first reason for that; or why not all can be seen
  bool interrupted = false;
};

/// Removes what is meant from the disk, and what was made from it. What was made from others goes before them: whoever is killed on the
/// way leaves the rest of a cascade where the same call finds it again. Each entry is whole or gone at any time, and what others have got
/// of it stays valid. What was made from an entry that had left before is found by its id (Selection::ids, parents) alone.
/// What another process holds in memory it goes on using, and what it makes from that in this moment it may store.
/// Errors: as DiskTier::for_each; invalid_argument ← not a tag
/// Cost: one pass over the headers, a header more for each that goes; 16 MB for a million ids, 32 bytes for each id that others depend on
Result<Invalidated> invalidate(DiskTier& disk, const Selection& selection, const InvalidationOptions& options);

}  // namespace almanac::cache
