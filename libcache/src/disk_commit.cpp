// The disk tier's places: what is in them, and who gets them.

#include "commit_name.hpp"
#include "disk_tier_state.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// A finished file gets its place in one step: by link(2), which replaces nothing; over one that reaches less far by a swap
// of both names, after which what came out is looked at. Had somebody put another one there since the place was
// examined, that was committed: if it reaches as far, it is swapped back. So whoever throws away a file has seen one in
// the place, after it, that reaches as far; and what is killed in between leaves the farther one in the place or under a temporary
// name, from where it is restored before anything is stored there again. A file system that cannot swap gets a rename, as growth is made under a lease.
//
// durable: the file is on the medium before it has a name, and its names are before put() answers. The temporary
// name is removed after that. It would not matter: until then nothing was acknowledged, and after a swap it is the old file's.

namespace almanac::cache {
namespace {

bool is_taken(int number) noexcept { return number == EEXIST || number == EISDIR || number == ENOTEMPTY || number == ENOTDIR; }

std::optional<FileIdentity> identity_of(const char* path, bool* is_file = nullptr) {
  struct stat status;
  if (::lstat(path, &status) != 0) return std::nullopt;
  if (is_file != nullptr) *is_file = S_ISREG(status.st_mode);
  return FileIdentity{status.st_dev, status.st_ino};
}

/// How far the entry in a file reaches; -1: it is none of this key, or expired; nullopt: it cannot be read.
std::optional<std::int64_t> reach_of(const char* path, const Key& key) {
  EntryFile::Start start;
  const FoundEntry found = open_entry(path, start);
  if (found.error && !is_verdict(found.error->code)) return std::nullopt;
  if (!found.file || found.file->header().key_text != key.text() || is_expired(found.file->header().facts)) return -1;
  return coverage_of(found.file->header().attributes);
}

/// The finished file on its way: after a swap, it may be another that is in hand.
struct InHand {
  std::int64_t reach;
  bool is_ours = true;
};

}  // namespace

Result<DiskTier::State::Present> DiskTier::State::examine(const char* path, const Wanted& wanted) {
  EntryFile::Start start;
  FoundEntry found = open_entry(path, start);
  bool is_file = true;
  if (!found.file && !found.error) {
    // Nothing, or a symbolic link to nothing.
    found.identity = identity_of(path, &is_file);
    if (!found.identity || is_file) return Present{};
    found.error = Error{ErrorCode::foreign, "not a file"};
  }
  if (found.file) {
    const EntryHeader& header = found.file->header();
    if (header.key_text == wanted.key.text() && (is_expired(header.facts) || coverage_of(header.attributes) < wanted.coverage)) {
      return Present{nullptr, true, *found.identity, found.release()};
    }
    auto entry = load(*found.file, start, wanted.key);
    if (entry) return *entry ? Present{*std::move(entry)} : Present{nullptr, true, *found.identity, found.release()};
    found.error = entry.error();
  }
  if (!found.is_unusable()) return *found.error;
  if (condemn(path, *found.identity, wanted.key.id().hex(), *found.error)) return Present{};
  // It cannot be moved, and must not keep the place.
  return Present{nullptr, identity_of(path, &is_file) && is_file, *found.identity, found.release()};
}

Result<DiskTier::State::Committed> DiskTier::State::commit(TemporaryFile& temporary, const char* path, const Wanted& wanted, Present present) {
  const std::string from = temporary.path();
  // Held, as is what is in the way: a file that is gone may lend its number to the next one that somebody puts there.
  const FileHandle held = FileHandle::open(from.c_str(), O_PATH | O_NOFOLLOW);
  const auto ours = held.is_open() ? identity_of(from.c_str()) : std::nullopt;
  if (!ours) return errno == ENOENT ? Result<Committed>(Committed{nullptr, true}) : system_error(errno, "cannot look at", from);
  InHand hand{wanted.coverage};
  const auto fail = [&](int number) {
    if (!hand.is_ours) temporary.let_go();  // another's entry, which must not be removed: it is restored from there
    return system_error(number, "cannot commit", path);
  };

  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    int problem = 0;
    if (!present.in_the_way) {
      problem = link_name(from.c_str(), path);
      if (has_no_hard_links(problem)) {
        problem = rename_to_free_name(from.c_str(), path);
        if (problem == 0) temporary.let_go();
      }
      if (problem == 0 && hand.is_ours) return Committed{};
    } else if (hand.is_ours && identity_of(path) != present.identity) {
      problem = EEXIST;  // another by now, or nothing: another look is better than a swap that has to be undone
    } else {
      problem = exchange_names(from.c_str(), path);
      if (problem == EINVAL || problem == ENOSYS) {
        problem = rename_over(from.c_str(), path);
        if (problem != 0) return fail(problem);
        temporary.let_go();
        return Committed{};
      }
      if (problem == 0) {
        const InHand placed = hand;
        const auto out = identity_of(from.c_str());
        hand = {-1, out == ours};
        if (hand.is_ours) {
          hand.reach = wanted.coverage;
        } else if (out != present.identity) {
          const auto reach = reach_of(from.c_str(), wanted.key);
          if (!reach) temporary.let_go();  // who clears leftovers away may be luckier
          hand.reach = reach.value_or(-1);
        }
        if (hand.reach > placed.reach || (hand.reach == placed.reach && placed.is_ours)) {
          --attempt;  // it only ever goes on with what reaches farther
          continue;
        }
        if (placed.is_ours) return Committed{};
      } else if (problem == ENOENT) {
        present.in_the_way = false;  // the place is free by now, or there is nothing left to put there
        continue;
      }
    }
    if (problem == ENOENT) return Committed{nullptr, true};
    if (problem != 0 && !is_taken(problem)) return fail(problem);
    auto now = examine(path, wanted);
    if (!now) {
      if (!hand.is_ours) temporary.let_go();
      return now.error();
    }
    if (now->entry) return Committed{std::move(now->entry)};
    if (!hand.is_ours) return Committed{nullptr, true};
    present = *std::move(now);
  }
  return Error{ErrorCode::io, "cannot commit " + std::string(path) + ": something that is no valid entry is always there again"};
}

Result<DiskTier::State::Committed> DiskTier::State::replace(TemporaryFile& temporary, const char* path, const Id& id) {
  int problem = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    bool is_file = true;
    if (const auto there = identity_of(path, &is_file); there && !is_file) condemn(path, *there, id.hex(), {ErrorCode::foreign, "not a file"});
    problem = rename_over(temporary.path().c_str(), path);
    if (problem == 0) {
      temporary.let_go();
      return Committed{};
    }
    if (problem == ENOENT) return Committed{nullptr, true};
    if (!is_taken(problem)) break;
  }
  return system_error(problem, "cannot commit", path);
}

Status DiskTier::State::settle(const std::string& folder) {
  if (!options.durable) return success();
  const auto failed = [](int number, const std::string& path) { return system_error(number, "cannot sync", path); };
  // What is not there any more was removed since, by somebody who meant it.
  const std::string objects = root.objects();
  if (const int problem = sync_folder(folder); problem != 0 && problem != ENOENT) return failed(problem, folder);
  if (const int problem = sync_folder(objects); problem != 0 && problem != ENOENT) return failed(problem, objects);

  // What is above changes only where somebody removes the cache and makes it again.
  const auto identity = identity_of(objects.c_str());
  {
    const MutexLock lock(mutex);
    if (identity && settled == identity) return success();
  }
  const std::string top = root.path().string();
  if (const int problem = sync_folder(top); problem != 0 && problem != ENOENT) return failed(problem, top);
  // A folder that may not be read was there before us.
  const std::string above = root.path().parent_path().string();
  if (const int problem = sync_folder(above); problem != 0 && problem != ENOENT && problem != EACCES) return failed(problem, above);
  const MutexLock lock(mutex);
  settled = identity;
  return success();
}

Status DiskTier::State::settle_entry(const char* path, const std::string& folder) {
  if (!options.durable) return success();
  const FileHandle file = FileHandle::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) return errno == ENOENT ? success() : Status(system_error(errno, "cannot open", path));
  if (past_signals([&] { return ::fsync(file.get()); }) != 0) return system_error(errno, "cannot sync", path);
  return settle(folder);
}

}  // namespace almanac::cache
