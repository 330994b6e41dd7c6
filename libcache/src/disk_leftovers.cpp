// What processes that were killed have left in the folders of the disk tier.

#include "commit_name.hpp"
#include "disk_tier_state.hpp"
#include "lease_record.hpp"

#include <new>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// A temporary name of a dead process is half an entry, or a whole one that was killed before it had its place or lost it
// for a moment, or another name of what is in the place, or something condemned that has its name in the quarantine. So
// it is removed only when its bytes have been found wrong, or its place to hold something as good; until then a
// kill changes nothing, and the next process finds it again. Two at once both verify, and commit as put() does: the
// second finds the first's. Where nobody can tell whether its process runs, a sound one is only linked into a place that is free,
// which takes nothing from its owner.

namespace almanac::cache {

bool DiskTier::State::sweep(const Id& id) {
  {
    const MutexLock lock(mutex);
    auto done = swept[id.high >> 56];
    if (done) return false;
    done = true;
  }
  return clear_leftovers(root.folder_of(id));
}

bool DiskTier::State::clear_leftovers(const std::string& folder) try {
  bool restored = false;
  for (const Leftover& leftover : leftovers_in(folder)) restored |= restore(leftover);
  return restored;
} catch (const std::bad_alloc&) {
  return false;  // what is left behind stays until the next process looks
}

bool DiskTier::State::restore(const Leftover& leftover) {
  TemporaryFile file = TemporaryFile::left_behind(leftover.path);
  const auto leave = [&file] {
    file.let_go();
    return false;
  };
  const auto drop = [&] { return leftover.is_abandoned ? false : leave(); };

  struct stat status;
  if (::lstat(leftover.path.c_str(), &status) != 0) return leave();
  if (S_ISDIR(status.st_mode)) {
    // Condemned, and not to be unlinked.
    if (leftover.is_abandoned) rename_over(leftover.path.c_str(), (root.quarantine() + "/folder-" + draw_token().substr(0, 8)).c_str());
    return leave();
  }
  if (!S_ISREG(status.st_mode)) return drop();

  EntryFile::Start start;
  const FoundEntry found = open_entry(leftover.path.c_str(), start);
  if (found.error && !is_verdict(found.error->code)) return leave();
  if (!found.file) return drop();
  const EntryHeader& header = found.file->header();
  const std::string folder = root.folder_of(header.id);
  const EntryPath place = root.entry_path(header.id);
  if (!leftover.path.starts_with(folder + '/') || is_expired(header.facts)) return drop();
  if (struct stat there; ::lstat(place.c_str(), &there) == 0) {
    if (FileIdentity{there.st_dev, there.st_ino} == found.file->identity()) return drop();
    if (!leftover.is_abandoned) return leave();
  }
  // The header is written last, and yet a power cut may have left it whole and an array torn.
  const auto key = verify_entry(*found.file, header.id);
  if (!key) return is_verdict(key.error().code) ? drop() : leave();
  if (options.durable && past_signals([&] { return ::fsync(found.file->handle().get()); }) != 0) return leave();

  if (!leftover.is_abandoned) {
    if (link_name(leftover.path.c_str(), place.c_str()) != 0) return leave();
    leave();
    return settle(folder).ok();
  }
  const auto committed = commit(file, place.c_str(), {*key, coverage_of(header.attributes)}, {});
  if (!committed || !settle(folder)) return leave();
  return !committed->adopted && !committed->vanished;
}

}  // namespace almanac::cache
