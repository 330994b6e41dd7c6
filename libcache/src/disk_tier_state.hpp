#pragma once

#include "cache_root.hpp"
#include "disk_economy/cleaner.hpp"
#include "disk_economy/disk_economy.hpp"
#include "entry_file.hpp"
#include "entry_writer.hpp"
#include "expiry.hpp"
#include "seen_entries.hpp"
#include "temporary_file.hpp"
#include "warnings.hpp"

#include <almanac/cache/removal.hpp>
#include <almanac/cache/tiers.hpp>

#include <atomic>
#include <bitset>
#include <optional>
#include <string>

namespace almanac::cache {

/// What a file is to be in its place.
struct Wanted {
  const Key& key;
  std::int64_t coverage = 0;
};

struct DiskTier::State {
  explicit State(DiskOptions given);

  // ---- looking: disk_tier.cpp

  EntryFile::Loading loading(bool verify_arrays) const noexcept {
    return {options.may_map && root.is_local(), options.map_threshold, verify_arrays};
  }

  /// The entry in an opened file, verified; nullptr: it is expired.
  /// Errors: collision ← it holds another key; as EntryFile::load.
  Result<EntryPtr> load(EntryFile& file, const EntryFile::Start& start, const Key& key);

  /// Moves a file that is not what it should be to quarantine, counts it and says so. `name`: by which it is known there.
  /// False: it is still in its place.
  bool condemn(const std::string& path, const FileIdentity& identity, const std::string& name, const Error& reason);

  /// The same for a caller who says so himself. Gives why it is still in its place; nullopt: it is not.
  std::optional<Error> put_aside(const std::string& path, const FileIdentity& identity, const std::string& name, const Error& reason);

  /// What both do. Gives where it is now; empty: it was gone already. Errors: by errno; then it is where it was.
  Result<std::string> move_away(const std::string& path, const FileIdentity& identity, const std::string& name, const Error& reason);

  // ---- storing: disk_tier.cpp

  enum class Mode { first_wins, replace };
  /// Writes and commits. Gives what is there afterwards.
  Result<EntryPtr> store(const EntryPtr& entry, Mode mode);
  /// The same, signed with our producer where it names none, and counted where it fails.
  Result<EntryPtr> accept(const EntryPtr& entry, Mode mode);

  /// Opens a temporary file in a folder of entries, which is made where it is missing. Errors: by errno.
  Result<FileHandle> open_new(const TemporaryFile& temporary, const std::string& folder);

  // ---- committing: disk_commit.cpp

  /// What is known of a place before something is put there.
  struct Present {
    EntryPtr entry;           ///< good enough: adopt it
    bool in_the_way = false;  ///< expired, of less coverage, or wrong and not to be moved: to be replaced
    FileIdentity identity{};  ///< of what is in the way
    FileHandle held{};        ///< it, so that no other file gets its identity
  };
  /// Looks at a place; what is not valid there is moved out of the way. Errors: by errno.
  Result<Present> examine(const char* path, const Wanted& wanted);

  /// What became of a finished file.
  struct Committed {
    EntryPtr adopted;       ///< what is there instead; nullptr: it is in its place
    bool vanished = false;  ///< somebody removed it, or its folder, on the way
  };
  /// Gives a finished file its place, or adopts what is there. Errors: by errno.
  Result<Committed> commit(TemporaryFile& temporary, const char* path, const Wanted& wanted, Present present);

  /// Gives a finished file its place, whatever is there. Errors: by errno.
  Result<Committed> replace(TemporaryFile& temporary, const char* path, const Id& id);

  /// durable: puts the names in a folder of entries on the medium, and all that lead to it; else nothing. Errors: by errno.
  Status settle(const std::string& folder);
  /// The same for an entry that is there already, its bytes first.
  Status settle_entry(const char* path, const std::string& folder);

  // ---- what the dead have left: disk_leftovers.cpp

  /// Once a process and folder: clears away what dead processes left there. True: an entry came into its place.
  bool sweep(const Id& id);
  bool clear_leftovers(const std::string& folder);
  /// A whole entry under a temporary name comes into its place, where that is free or holds less; anything else is
  /// removed, unless somebody may still be at it. True: it came into its place.
  bool restore(const Leftover& leftover);

  // ---- under a budget: disk_maintenance.cpp

  /// Clears away what ranks lowest, until so many bytes more and an entry fit. Busy: another process is at it.
  DiskEconomy::Made make_room(std::uint64_t bytes);
  Cleaner::House house();
  /// What dead processes left in a folder comes into its place, or goes. Gives how many there were.
  std::uint64_t restore_leftovers(const std::string& folder);

  const DiskOptions options;
  const CacheRoot root;
  const RemovalLog removals;
  Warnings warnings;
  DiskEconomy economy;
  SeenEntries seen;
  Mutex mutex;
  std::bitset<256> swept ALMANAC_GUARDED_BY(mutex);
  std::optional<FileIdentity> settled ALMANAC_GUARDED_BY(mutex);  ///< the folder of objects whose name is on the medium
  mutable std::atomic<std::uint64_t> hits{0}, misses{0}, puts{0}, corruptions{0}, errors{0}, evictions{0};
};

/// What the header of an opened file tells. Errors: corrupt ← its key text is not canonical.
Result<EntryInfo> describe(EntryFile& file, std::string path);

/// The key of an entry, however damaged its file is; nullopt: nobody can tell.
std::optional<Key> key_in_file(const char* path, const Id& id);

/// Verifies an opened file from its first byte to its last, as the entry of this id.
/// Errors: collision ← it is that of another id; corrupt; io, by errno.
Result<Key> verify_entry(const EntryFile& file, const Id& id);

}  // namespace almanac::cache
