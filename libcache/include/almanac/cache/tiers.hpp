#pragma once

#include <almanac/cache/maintenance.hpp>
#include <almanac/cache/policy.hpp>
#include <almanac/cache/removal.hpp>
#include <almanac/cache/tier.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cache {

struct MemoryOptions {
  std::uint64_t budget_bytes = 0;                                         ///< of entries with all that holds them together
  std::uint64_t max_entries = std::numeric_limits<std::uint64_t>::max();
  Policy policy = kDefaultPolicy;                                         ///< who leaves first, and who comes in at all
  /// What the budget in bytes is from now on, for a tier that holds so many: asked where something is put, no more than once a second.
  /// A smaller one is made true at once. Must be thread-safe and not throw. Without it the budget stays what it is.
  std::function<std::uint64_t(std::uint64_t held)> budget{};
  /// Called with each entry that leaves to make room, without a lock, before its memory counts as free. Must not throw.
  std::function<void(const EntryPtr&)> demoted{};
};

/// Keeps entries in this process. Both budgets are hard: space is made before an entry goes in, and one that is larger than
/// the budget, or that the policy does not admit, passes by: it is given back, and not found afterwards. What an entry costs
/// is taken from its facts; less than a microsecond counts as one.
/// Cost: a hit is one shard lock, one hash look-up, one text comparison, one reference count, whatever the policy: it leaves a
/// mark, which is entered in the books when somebody needs room.
std::unique_ptr<Tier> make_memory_tier(const MemoryOptions& options);

/// The same by the default policy, of any number of entries.
std::unique_ptr<Tier> make_memory_tier(std::uint64_t budget_bytes);

struct CompressedMemoryOptions {
  std::uint64_t budget_bytes = 0;        ///< of what is held: compressed arrays and all that goes with them
  std::uint64_t threshold = 64 * 1024;   ///< an entry with fewer bytes in its arrays passes by
  double least_saving = 0.2;             ///< what does not get smaller by this part passes by
  Policy policy = kDefaultPolicy;        ///< who leaves first, and who comes in at all
};

/// Keeps entries in this process with their arrays compressed: zstd over bytes that are shuffled by their place in the element.
/// Meant to be fed with what a memory tier lets go of (is_fed_by_demotion()); the budget is hard. Gives up where nothing is gained: an entry
/// whose beginning does not shrink is not compressed to its end; a kind of which eight in a row did not is tried only now and then;
/// and what is made anew in less time than it takes to decompress, by what hits have taken so far, is not held at all.
/// What was compressed is decompressed for each hit and held against its checksum: what does not match is dropped, a miss.
/// Cost: a hit some ms for 10 MB; while something is compressed or decompressed no lock is held.
std::unique_ptr<Tier> make_compressed_memory_tier(const CompressedMemoryOptions& options);

struct DiskOptions {
  std::filesystem::path root;             ///< made when missing, with a CACHEDIR.TAG
  Producer producer;                      ///< written to headers of entries that name none
  bool durable = false;                   ///< fdatasync file and folder around a commit
  std::uint64_t map_threshold = 1 << 16;  ///< an entry with an array of at least this many bytes is mapped, any other read
  /// Kinds whose arrays are compressed (shuffle and deflate, as HDF5 does it) where that saves a fifth or more; they are read and not mapped.
  std::set<std::string, std::less<>> compressed_kinds{};
  bool may_map = true;                    ///< false: always read (as on network file systems, found by itself)
  /// Called with one line for what no result tells: a root that cannot be used, an entry that is moved to
  /// quarantine (or, on a read-only cache, stays; then once an entry). Default: nothing.
  std::function<void(std::string_view)> warn;
  /// What it may keep. None: nothing is ever evicted; where another process has a budget for the same root, what this one stores counts.
  DiskBudget budget{};
};

/// What validate() found out about one file.
struct Finding {
  std::filesystem::path path;
  ErrorCode code;
  std::string message;
  /// What should be there, as far as the file still tells: by its header, or by a key text in it that has the id the
  /// file is named after.
  std::optional<Key> key{};
  std::int64_t coverage = 0;      ///< by a valid header; 0: unknown
  bool is_out_of_the_way = false; ///< moved to quarantine
};

/// What import_entry() did.
struct Imported {
  EntryInfo entry;            ///< what is in the cache now
  bool was_there = false;     ///< the cache had one already that reaches as far, and kept it
};

/// Standard HDF5 files under a root folder: the entry format, its verification, atomic commits.
/// What get() and put() hand out stays valid whatever happens to the file: it is heap memory, or a mapping of a
/// file that nobody writes to. Array checksums are verified when a tier first sees an entry, its header always.
/// Cost: a hit on a small entry is four system calls (open, fstat, one read, close) and no libhdf5.
class DiskTier : public Tier {
 public:
  /// Creates the folders when it can; a root that cannot be used makes every put an error and every
  /// get a miss, with one warning, and nothing throws.
  explicit DiskTier(DiskOptions options);
  ~DiskTier() override;

  std::string_view name() const noexcept override { return "disk"; }
  Result<EntryPtr> get(const Key& key) override;
  Result<std::optional<EntryInfo>> peek(const Key& key) override;
  Result<EntryPtr> put(const EntryPtr& entry) override;
  Result<EntryPtr> replace(const EntryPtr& entry) override;
  Result<bool> erase(const Key& key) override;
  TierStats stats() const override;

  const std::filesystem::path& root() const noexcept;

  /// Why the root cannot be used at all; nullopt: it can, if only for reading.
  const std::optional<Error>& problem() const noexcept;

  /// Where the entry of this id is or would be: root/objects/ab/cdef….h5.
  std::filesystem::path path_of(const Id& id) const;

  /// Calls `visit` with each entry whose header is valid, in no order, one header in memory at a time;
  /// stops when it returns false. Passes over headers that do not verify, and folders that cannot be listed: an error counted, a warning.
  Status for_each(const std::function<bool(const EntryInfo&)>& visit) const;

  /// The entry with this id, if its header is valid.
  Result<std::optional<EntryInfo>> peek(const Id& id);

  /// Verifies every byte of every entry. Gives what is wrong, in path order; `progress` is called after each file, and
  /// stops it by returning false. With quarantine, what is wrong is moved out of the way; a folder that cannot be listed is a finding.
  /// Cost: one file and the names of one folder in memory at a time.
  Result<std::vector<Finding>> validate(bool quarantine, const std::function<bool(std::uint64_t done, std::uint64_t all)>& progress);

  /// Writes the entry's file, byte for byte, as a new file at `to`, verified from its first byte to its last on the way.
  /// Gives false when there is no such entry. Nothing is left at `to` where it fails, and no valid entry where it is killed.
  /// Errors: corrupt, … ← the entry is not sound (it is moved to quarantine); by errno ← `to` exists, or cannot be written.
  Result<bool> export_entry(const Id& id, const std::filesystem::path& to);

  /// Takes in an entry's file from elsewhere: copies its bytes under a temporary name, verifies every one of the copy,
  /// and commits it as put() does. No library parses it before, or ever.
  /// Errors: corrupt, foreign, newer_format ← it is not a sound entry, with the reason, and nothing was changed;
  ///         invalid_argument ← it has expired; by errno.
  Result<Imported> import_entry(const std::filesystem::path& file);

  /// Marks an entry with a tag (an empty file tags/<tag>/<id>). Errors: invalid_argument ← not a tag.
  Status tag(std::string_view tag, const Id& id);

  /// Whether this id has that tag; it keeps it when its entry is removed. Errors: invalid_argument ← not a tag; by errno.
  Result<bool> has_tag(std::string_view tag, const Id& id) const;

  /// Removes an entry that was seen, unless another file is in its place by now, and writes it down (removal.hpp). For `capacity` and
  /// `ttl_expired` one that was used or replaced meanwhile stays as well. False: it is gone already, or stays. Between the last look and
  /// the removal nothing is locked: what takes its place in just that moment goes instead, and is made anew.
  /// Who removes many gives `unlogged`, where the removal is added instead, and appends them to the log some at a time.
  /// Errors: by errno.
  Result<bool> remove(const EntryInfo& entry, RemovalReason reason, std::vector<Removal>* unlogged = nullptr);

  /// Brings into their places what processes were killed on, or away, in all folders; else that happens when a folder is first used.
  void clear_leftovers();

  /// Clears away what is past its time, what was not used for long, what does not fit the budgets, and what dead processes left.
  /// Readers are never held up, and what they hold stays valid; an entry that is used or replaced meanwhile stays.
  /// Errors: by errno ← the root cannot be used, or not be listed.
  /// Cost: one pass over the headers, bounded memory (about 100 bytes for each entry that goes, 32 MiB at most; then it takes more passes)
  Result<MaintainReport> maintain(const MaintainOptions& options);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace almanac::cache
