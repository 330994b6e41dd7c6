// How entries of the disk tier are removed on purpose, one by one.

#include "commit_name.hpp"
#include "disk_tier_state.hpp"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <sys/stat.h>

namespace almanac::cache {
namespace {

/// Whether a file that was seen may go: it is the same, and, where only idle ones go, was not used since.
bool is_still_it(const struct stat& now, const EntryInfo& seen, bool only_if_idle) {
  if (!S_ISREG(now.st_mode) || static_cast<std::uint64_t>(now.st_ino) != seen.inode) return false;
  const auto used = std::chrono::seconds(now.st_mtim.tv_sec) + std::chrono::nanoseconds(now.st_mtim.tv_nsec);
  return !only_if_idle || std::chrono::system_clock::time_point(used) <= seen.last_used;
}

}  // namespace

Result<bool> DiskTier::remove(const EntryInfo& entry, RemovalReason reason, std::vector<Removal>* unlogged) {
  State& state = *state_;
  if (state.root.problem()) return false;
  const EntryPath path = state.root.entry_path(entry.key.id());
  struct stat status;
  int problem = ::lstat(path.c_str(), &status) == 0 ? 0 : errno;
  if (problem == 0) {
    const bool only_if_idle = reason == RemovalReason::capacity || reason == RemovalReason::ttl_expired;
    if (!is_still_it(status, entry, only_if_idle)) return false;
    const auto leaving = state.economy.begin_removal();
    if (leaving.is_entered) {
      const auto taken = take_out(path.c_str(), FileIdentity{status.st_dev, status.st_ino},
                                  only_if_idle ? std::optional(status.st_mtim) : std::nullopt);
      if (!taken) {
        ++state.errors;
        return taken.error();
      }
      if (!taken->homeless.empty()) state.restore({taken->homeless, true});
      if (!taken->is_gone) return false;
      state.economy.release(leaving, taken->freed);
    } else {
      problem = remove_name(path.c_str());
    }
  }
  if (problem == ENOENT || problem == ENOTDIR) return false;
  if (problem != 0) {
    ++state.errors;
    return system_error(problem, "cannot remove", path.c_str());
  }
  const Removal removal = Removal::of(entry, reason);
  if (unlogged != nullptr) {
    unlogged->push_back(removal);
  } else {
    state.removals.append({&removal, 1});
  }
  return true;
}

void DiskTier::clear_leftovers() {
  if (state_->root.problem()) return;
  std::error_code error;
  for (std::filesystem::directory_iterator at(state_->root.objects(), error), end; !error && at != end; at.increment(error)) {
    state_->clear_leftovers(at->path().string());
  }
}

}  // namespace almanac::cache
