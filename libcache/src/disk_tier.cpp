#include "commit_name.hpp"
#include "disk_tier_state.hpp"
#include "quarantine.hpp"

#include <cerrno>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace almanac::cache {
namespace {

std::int64_t now_seconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

/// Under which it is told once that a file is not used.
std::string cause_of(const std::string& path, const FileIdentity& identity) {
  return path + '\n' + std::to_string(identity.device) + ' ' + std::to_string(identity.inode);
}

}  // namespace

DiskTier::State::State(DiskOptions given) : options(std::move(given)), root(options.root, options.durable), removals(root.problem() ? "" : root.path()), warnings(options.warn),
      economy(root.path().string(), options.budget, [this](std::uint64_t bytes) { return make_room(bytes); }) {
  if (root.problem()) warnings.once(root.problem()->message, root.problem()->message);
}

Result<EntryPtr> DiskTier::State::load(EntryFile& file, const EntryFile::Start& start, const Key& key) {
  const EntryHeader& header = file.header();
  if (header.key_text != key.text()) {
    return Error{ErrorCode::collision, "it holds " + header.key_text.substr(0, 500) + " in the place of " + key.text()};
  }
  if (is_expired(header.facts)) return EntryPtr{};
  const Digest digest = header.self;
  const bool verified = seen.is_verified(file.identity(), digest);
  auto artifact = file.load(start, loading(!verified));
  if (!artifact) return artifact.error();
  if (!verified) seen.verified(file.identity(), digest);
  return EntryPtr(std::make_shared<const Entry>(Entry{key, *std::move(artifact), std::move(file.header().facts)}));
}

bool DiskTier::State::condemn(const std::string& path, const FileIdentity& identity, const std::string& name, const Error& reason) {
  const auto moved = move_away(path, identity, name, reason);
  const std::string line = "cache entry " + path + " is not used (" + std::string(to_string(reason.code)) + "): " + reason.message;
  if (!moved) {
    warnings.once(cause_of(path, identity), line + "; it stays there: " + moved.error().message);
  } else if (!moved->empty()) {
    warnings.once(cause_of(path, identity), line + "; moved to " + *moved);
  }
  return moved.ok();
}

std::optional<Error> DiskTier::State::put_aside(const std::string& path, const FileIdentity& identity, const std::string& name,
                                                const Error& reason) {
  warnings.told(cause_of(path, identity));
  const auto moved = move_away(path, identity, name, reason);
  return moved ? std::nullopt : std::optional(moved.error());
}

Result<std::string> DiskTier::State::move_away(const std::string& path, const FileIdentity& identity, const std::string& name,
                                               const Error& reason) {
  ++corruptions;
  auto moved = quarantine(root, path, identity, name, reason, options.durable);
  if (!moved) return moved.error();
  if (!moved->homeless.empty()) restore({moved->homeless, true});
  if (const auto id = Id::parse(name); id && !moved->to.empty()) {
    Removal removal{.id = *id, .reason = RemovalReason::error};
    if (const auto key = key_in_file(moved->to.c_str(), *id)) removal.key = key->text();
    if (struct stat status; ::lstat(moved->to.c_str(), &status) == 0) removal.bytes = static_cast<std::uint64_t>(status.st_size);
    removals.append({&removal, 1});
  }
  return std::move(moved->to);
}

Result<FileHandle> DiskTier::State::open_new(const TemporaryFile& temporary, const std::string& folder) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (const Status made = CacheRoot::make_folder(folder, options.durable); !made) return made.error();
    FileHandle file = FileHandle::open(temporary.path().c_str(), O_RDWR | O_CREAT | O_EXCL, 0444);
    if (file.is_open()) return file;
    if (errno != ENOENT) break;
  }
  return system_error(errno, "cannot make", temporary.path());
}

Result<EntryPtr> DiskTier::State::store(const EntryPtr& entry, Mode mode) {
  const Key& key = entry->key;
  const Wanted wanted{key, coverage_of(entry->artifact.attributes())};
  const EntryPath path = root.entry_path(key.id());
  const std::string folder = root.folder_of(key.id());
  sweep(key.id());
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Present present;
    if (mode == Mode::first_wins) {
      auto examined = examine(path.c_str(), wanted);
      if (!examined) return examined.error();
      present = *std::move(examined);
    }
    EntryPtr adopted = std::move(present.entry);
    if (!adopted) {
      RoomOnDisk room(economy, key.id());
      TemporaryFile temporary(folder);
      auto file = open_new(temporary, folder);
      if (!file) return file.error();
      const auto may_take = [&](std::uint64_t bytes) { return room.take(temporary, bytes); };
      const auto written = write_entry(*std::move(file), temporary.path(), *entry, options.durable,
                                       options.compressed_kinds.contains(key.kind()), may_take);
      if (room.is_refused()) return entry;  // it passes by
      if (!written) return written.error();
      auto committed = mode == Mode::replace ? replace(temporary, path.c_str(), key.id())
                                             : commit(temporary, path.c_str(), wanted, std::move(present));
      if (!committed) return committed.error();
      if (committed->vanished) continue;
      adopted = std::move(committed->adopted);
      if (!adopted) {
        room.committed(temporary, written->identity.inode);
        if (const Status settled_now = settle(folder); !settled_now) return settled_now.error();
        ++puts;
        seen.verified(written->identity, written->header);
        // Large arrays are handed out as the file's pages, which all processes share, rather than as this one's own copy.
        EntryFile::Start start;
        FoundEntry ours = open_entry(path.c_str(), start);
        if (ours.file && ours.file->identity() == written->identity && ours.file->is_to_be_mapped(loading(false))) {
          if (auto mapped = load(*ours.file, start, key); mapped && *mapped) return mapped;
        }
        return entry;
      }
    }
    if (const Status there = settle_entry(path.c_str(), folder); !there) return there.error();
    return adopted;
  }
  return Error{ErrorCode::io, "cannot commit " + std::string(path.c_str()) + ": its folder is removed again and again"};
}

Result<EntryPtr> DiskTier::State::accept(const EntryPtr& entry, Mode mode) {
  if (!entry) return Error{ErrorCode::invalid_argument, "no entry to put"};
  if (root.problem()) {
    ++errors;
    return *root.problem();
  }
  EntryPtr signed_entry = entry;
  if (entry->facts.producer.version.empty() && entry->facts.producer.instruction_set.empty()) {
    auto copy = std::make_shared<Entry>(*entry);
    copy->facts.producer = options.producer;
    signed_entry = std::move(copy);
  }
  auto stored = store(signed_entry, mode);
  if (!stored) ++errors;
  economy.keep_clean();
  return stored;
}

DiskTier::DiskTier(DiskOptions options) : state_(std::make_unique<State>(std::move(options))) {}
DiskTier::~DiskTier() = default;

Result<EntryPtr> DiskTier::get(const Key& key) {
  State& state = *state_;
  if (state.root.problem()) {
    ++state.misses;
    return EntryPtr{};
  }
  const EntryPath path = state.root.entry_path(key.id());
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  if (!found.file && !found.error && state.sweep(key.id())) found = open_entry(path.c_str(), start);
  if (found.file) {
    auto entry = state.load(*found.file, start, key);
    if (entry && *entry) {
      ++state.hits;
      const std::int64_t now = now_seconds();
      if (now - found.file->modified().tv_sec >= SeenEntries::kTouchSeconds && state.seen.claim_touch(found.file->identity(), now)) {
        found.file->touch();
      }
      return entry;
    }
    if (!entry) found.error = entry.error();
  }
  if (found.error && !found.is_unusable()) {
    ++state.errors;
    return *found.error;
  }
  ++state.misses;
  if (found.error) state.condemn(path.c_str(), *found.identity, key.id().hex(), *found.error);
  return EntryPtr{};
}

Result<std::optional<EntryInfo>> DiskTier::peek(const Key& key) {
  auto info = peek(key.id());
  if (!info || !*info || ((*info)->key == key && !is_expired((*info)->facts))) return info;
  return std::optional<EntryInfo>();
}

Result<EntryPtr> DiskTier::put(const EntryPtr& entry) { return state_->accept(entry, State::Mode::first_wins); }

Result<EntryPtr> DiskTier::replace(const EntryPtr& entry) { return state_->accept(entry, State::Mode::replace); }

Result<bool> DiskTier::erase(const Key& key) {
  State& state = *state_;
  if (state.root.problem()) return false;
  const EntryPath path = state.root.entry_path(key.id());
  state.sweep(key.id());  // what was killed on its way here would come back
  const auto seen = peek(key.id());
  const auto write_down = [&] {
    const bool is_known = seen && *seen;
    const Removal removal = is_known ? Removal::of(**seen, RemovalReason::manual) : Removal{.id = key.id(), .key = key.text()};
    state.removals.append({&removal, 1});
  };
  if (const auto leaving = state.economy.begin_removal(); leaving.is_entered) {
    if (const auto taken = take_out(path.c_str(), std::nullopt, std::nullopt); taken && taken->is_gone) {
      state.economy.release(leaving, taken->freed);
      write_down();
      return true;
    }
  }
  int problem = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    problem = remove_name(path.c_str());
    if (problem == 0) {
      write_down();
      return true;
    }
    if (problem == ENOENT || problem == ENOTDIR) return false;
    struct stat status;
    if (::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      state.condemn(path.c_str(), {status.st_dev, status.st_ino}, key.id().hex(), {ErrorCode::foreign, "not a file"});
      return false;
    }
    if (problem != EISDIR) break;  // else it was a folder, and is none any more
  }
  ++state.errors;
  return system_error(problem, "cannot remove", path.c_str());
}

TierStats DiskTier::stats() const {
  TierStats stats;
  stats.hits = state_->hits;
  stats.misses = state_->misses;
  stats.puts = state_->puts;
  stats.corruptions = state_->corruptions;
  stats.errors = state_->errors;
  stats.evictions = state_->evictions;
  return stats;
}

const std::optional<Error>& DiskTier::problem() const noexcept { return state_->root.problem(); }

const std::filesystem::path& DiskTier::root() const noexcept { return state_->root.path(); }

std::filesystem::path DiskTier::path_of(const Id& id) const {
  if (state_->root.problem()) return state_->root.path() / "objects" / id.hex().substr(0, 2) / (id.hex().substr(2) + ".h5");
  return state_->root.entry_path(id).c_str();
}

}  // namespace almanac::cache
