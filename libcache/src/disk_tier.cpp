#include "disk_tier_state.hpp"
#include "quarantine.hpp"

#include <cerrno>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

/// How often a commit looks again at a place that changes under its eyes.
constexpr int kCommitAttempts = 8;

bool has_no_hard_links(int number) noexcept {
  return number == EPERM || number == EOPNOTSUPP || number == ENOSYS || number == EMLINK || number == EXDEV;
}

/// rename(2) that replaces nothing, as far as kernel and file system can. Gives an errno, 0: done.
int rename_to_free_name(const char* from, const char* to) noexcept {
  if (::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  return ::rename(from, to) == 0 ? 0 : errno;
}

Status sync_folder(const std::string& folder) {
  const FileHandle handle = FileHandle::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (!handle.is_open() || ::fsync(handle.get()) != 0) return system_error(errno, "cannot sync", folder);
  return success();
}

std::int64_t now_seconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

}  // namespace

bool is_expired(const EntryFacts& facts) { return facts.expires && *facts.expires <= std::chrono::system_clock::now(); }

DiskTier::State::State(DiskOptions given) : options(std::move(given)), root(options.root), warnings(options.warn) {
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
  auto artifact = file.load(start, {options.may_map && root.is_local(), options.map_threshold, !verified});
  if (!artifact) return artifact.error();
  if (!verified) seen.verified(file.identity(), digest);
  return EntryPtr(std::make_shared<const Entry>(Entry{key, *std::move(artifact), std::move(file.header().facts)}));
}

void DiskTier::State::condemn(const std::string& path, const FileIdentity& identity, const Id& id, const Error& reason) {
  ++corruptions;
  const auto moved = quarantine(root, path, identity, id.hex(), reason);
  const std::string line = "cache entry " + path + " is not used (" + std::string(to_string(reason.code)) + "): " + reason.message;
  if (!moved) {
    warnings.once(path, line + "; it stays there: " + moved.error().message);
  } else if (!moved->empty() && options.warn) {
    options.warn(line + "; moved to " + *moved);
  }
}

Result<DiskTier::State::Present> DiskTier::State::examine(const char* path, const Entry& wanted) {
  EntryFile::Start start;
  FoundEntry found = open_entry(path, start);
  if (!found.file && !found.error) return Present{};
  if (found.file) {
    const EntryHeader& header = found.file->header();
    if (header.key_text == wanted.key.text() &&
        (is_expired(header.facts) || coverage_of(header.attributes) < coverage_of(wanted.artifact.attributes()))) {
      return Present{nullptr, true};
    }
    auto entry = load(*found.file, start, wanted.key);
    if (entry) return *entry ? Present{*std::move(entry), false} : Present{nullptr, true};
    found.error = entry.error();
  }
  if (!is_verdict(found.error->code)) return *found.error;
  condemn(path, *found.identity, wanted.key.id(), *found.error);
  return Present{};
}

Result<EntryPtr> DiskTier::State::commit(TemporaryFile& temporary, const char* path, const Entry& entry, bool in_the_way) {
  const char* from = temporary.path().c_str();
  for (int attempt = 0; attempt < kCommitAttempts; ++attempt) {
    int problem = 0;
    if (in_the_way) {
      if (::rename(from, path) == 0) {
        temporary.renamed();
        return EntryPtr{};
      }
      problem = errno;
    } else {
      if (::link(from, path) == 0) return EntryPtr{};
      problem = errno;
      if (has_no_hard_links(problem)) {
        problem = rename_to_free_name(from, path);
        if (problem == 0) {
          temporary.renamed();
          return EntryPtr{};
        }
      }
    }
    if (problem != EEXIST && problem != EISDIR && problem != ENOTEMPTY) return system_error(problem, "cannot commit", path);
    auto present = examine(path, entry);
    if (!present) return present.error();
    if (present->entry) return std::move(present->entry);
    in_the_way = present->in_the_way;
  }
  return Error{ErrorCode::io, "cannot commit " + std::string(path) + ": something that is no valid entry is always there again"};
}

Status DiskTier::State::replace(TemporaryFile& temporary, const char* path, const Id& id) {
  for (int attempt = 0; attempt < kCommitAttempts; ++attempt) {
    if (struct stat status; ::lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
      condemn(path, {status.st_dev, status.st_ino}, id, {ErrorCode::foreign, "not a file"});
    }
    if (::rename(temporary.path().c_str(), path) == 0) {
      temporary.renamed();
      return success();
    }
    if (errno != EISDIR && errno != ENOTEMPTY) return system_error(errno, "cannot commit", path);
  }
  return system_error(EISDIR, "cannot commit", path);
}

void DiskTier::State::sweep(const Id& id) {
  {
    const MutexLock lock(swept_mutex);
    auto done = swept[id.high >> 56];
    if (done) return;
    done = true;
  }
  remove_leftovers(root.folder_of(id));
}

Result<EntryPtr> DiskTier::State::store(const EntryPtr& entry, Mode mode) {
  const EntryPath path = root.entry_path(entry->key.id());
  Present present;
  if (mode == Mode::first_wins) {
    auto examined = examine(path.c_str(), *entry);
    if (!examined) return examined.error();
    if (examined->entry) return std::move(examined->entry);
    present.in_the_way = examined->in_the_way;
  }

  const std::string folder = root.folder_of(entry->key.id());
  if (const Status made = CacheRoot::make_folder(folder); !made) return made.error();
  sweep(entry->key.id());
  TemporaryFile temporary(folder);
  const auto written = write_entry(temporary.path(), *entry, options.durable);
  if (!written) return written.error();
  Result<EntryPtr> adopted = EntryPtr{};
  if (mode == Mode::replace) {
    if (const Status replaced = replace(temporary, path.c_str(), entry->key.id()); !replaced) return replaced.error();
  } else {
    adopted = commit(temporary, path.c_str(), *entry, present.in_the_way);
    if (!adopted) return adopted.error();
  }
  if (options.durable) {
    for (const std::string& changed : {folder, root.objects()}) {
      if (const Status synced = sync_folder(changed); !synced) return synced.error();
    }
  }
  if (*adopted) return adopted;
  ++puts;
  seen.verified(written->identity, written->header);

  // Large arrays are handed out as the file's pages, which all processes share, rather than as this one's own copy.
  EntryFile::Start start;
  FoundEntry ours = open_entry(path.c_str(), start);
  if (ours.file && ours.file->is_to_be_mapped({options.may_map && root.is_local(), options.map_threshold, false})) {
    if (auto mapped = load(*ours.file, start, entry->key); mapped && *mapped) return mapped;
  }
  return entry;
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
  if (found.error && !is_verdict(found.error->code)) {
    ++state.errors;
    return *found.error;
  }
  ++state.misses;
  if (found.error) state.condemn(path.c_str(), *found.identity, key.id(), *found.error);
  return EntryPtr{};
}

Result<std::optional<EntryInfo>> DiskTier::peek(const Key& key) {
  auto info = peek(key.id());
  if (!info || !*info || ((*info)->key == key && !is_expired((*info)->facts))) return info;
  return std::optional<EntryInfo>();
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
  return stored;
}

Result<EntryPtr> DiskTier::put(const EntryPtr& entry) { return state_->accept(entry, State::Mode::first_wins); }

Result<EntryPtr> DiskTier::replace(const EntryPtr& entry) { return state_->accept(entry, State::Mode::replace); }

Result<bool> DiskTier::erase(const Key& key) {
  State& state = *state_;
  if (state.root.problem()) return false;
  const EntryPath path = state.root.entry_path(key.id());
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  ++state.errors;
  return system_error(errno, "cannot remove", path.c_str());
}

TierStats DiskTier::stats() const {
  TierStats stats;
  stats.hits = state_->hits;
  stats.misses = state_->misses;
  stats.puts = state_->puts;
  stats.corruptions = state_->corruptions;
  stats.errors = state_->errors;
  return stats;
}

const std::optional<Error>& DiskTier::problem() const noexcept { return state_->root.problem(); }

const std::filesystem::path& DiskTier::root() const noexcept { return state_->root.path(); }

std::filesystem::path DiskTier::path_of(const Id& id) const {
  if (state_->root.problem()) return state_->root.path() / "objects" / id.hex().substr(0, 2) / (id.hex().substr(2) + ".h5");
  return state_->root.entry_path(id).c_str();
}

}  // namespace almanac::cache
