#pragma once

#include "cache_root.hpp"
#include "entry_file.hpp"
#include "entry_writer.hpp"
#include "seen_entries.hpp"
#include "temporary_file.hpp"
#include "warnings.hpp"

#include <almanac/cache/tiers.hpp>

#include <atomic>
#include <bitset>
#include <optional>
#include <string>

namespace almanac::cache {

struct DiskTier::State {
  explicit State(DiskOptions given);

  /// The entry in an opened file, verified; nullptr: it is expired.
  /// Errors: collision ← it holds another key; as EntryFile::load.
  Result<EntryPtr> load(EntryFile& file, const EntryFile::Start& start, const Key& key);

  /// What put() has to know about what is there already.
  struct Present {
    EntryPtr entry;         ///< good enough: adopt it
    bool in_the_way = false;  ///< valid, but expired or of less coverage: to be replaced
  };
  /// Looks at the place of an entry; what is not valid there is moved out of the way. Errors: by errno.
  Result<Present> examine(const char* path, const Entry& wanted);

  /// Gives the written file its final name, or adopts who was faster; nullptr: it is ours now.
  Result<EntryPtr> commit(TemporaryFile& temporary, const char* path, const Entry& entry, bool in_the_way);

  /// Puts the written file in the place, whatever is there. Errors: by errno.
  Status replace(TemporaryFile& temporary, const char* path, const Id& id);

  enum class Mode { first_wins, replace };
  /// Writes and commits. Gives what is there afterwards.
  Result<EntryPtr> store(const EntryPtr& entry, Mode mode);
  /// The same, signed with our producer where it names none, and counted where it fails.
  Result<EntryPtr> accept(const EntryPtr& entry, Mode mode);

  /// Moves a file that is not what it should be to quarantine, counts it and says so. `id`: where it was found.
  void condemn(const std::string& path, const FileIdentity& identity, const Id& id, const Error& reason);

  /// Once a process and folder: clears away what dead processes left.
  void sweep(const Id& id);

  const DiskOptions options;
  const CacheRoot root;
  Warnings warnings;
  SeenEntries seen;
  Mutex swept_mutex;
  std::bitset<256> swept ALMANAC_GUARDED_BY(swept_mutex);
  mutable std::atomic<std::uint64_t> hits{0}, misses{0}, puts{0}, corruptions{0}, errors{0};
};

/// True when the entry is past its time.
bool is_expired(const EntryFacts& facts);

/// What the header of an opened file tells. Errors: corrupt ← its key text is not canonical.
Result<EntryInfo> describe(EntryFile& file, std::string path);

}  // namespace almanac::cache
