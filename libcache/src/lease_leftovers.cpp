// What dead processes have left in the lease folder: cleared through the protocol, so that nobody else notices.

#include "lease.hpp"
#include "lease_file.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

/// Names that are looked at, at most: whoever takes the first lease has something better to do.
constexpr int kMostNames = 4096;

/// How long a file that hangs on no chain is left alone when nobody can tell whether its holder lives.
constexpr std::chrono::hours kLongSilence{24};

constexpr std::string_view kSuffix = ".lease";
constexpr std::size_t kHexDigits = 32;

}  // namespace

/// A lease whose holder is known dead is succeeded and ended; a file that hangs on no chain is removed when its holder is
/// known dead, or could not be told and has not beaten for a day. Nothing of a process that lives, or may live.
/// `own` is a file made just now: its time is the file system's now, whatever other clocks say.
void LeaseTable::clear_leftovers(const std::filesystem::path& own) const noexcept {
  try {
    const auto now = std::filesystem::last_write_time(own);
    std::vector<Id> leases;
    std::vector<std::pair<Id, std::filesystem::path>> successors;
    int names = 0;
    std::error_code failed;
    for (std::filesystem::directory_iterator file(options_.folder, failed), end; !failed && file != end && names < kMostNames;
         file.increment(failed), ++names) {
      const std::string name = file->path().filename().string();
      if (!name.ends_with(kSuffix) || file->path() == own) continue;
      const auto id = Id::parse(std::string_view(name).substr(0, kHexDigits));
      if (!id.ok()) continue;
      if (name.size() == kHexDigits + kSuffix.size()) leases.push_back(id.value());
      if (name.size() == 2 * kHexDigits + 1 + kSuffix.size()) successors.emplace_back(id.value(), file->path());
    }
    for (const Leftover& left : leftovers_in(options_.folder.string())) {
      if (left.is_abandoned) ::unlink(left.path.c_str());
    }
    for (const Id& id : leases) clear_dead(id);
    for (const auto& [id, path] : successors) clear_loose(id, path, now);
  } catch (...) {
    // It was a favour.
  }
}

/// Waiters of this lease see one that succeeded it to clear it, or nothing: both mean that the work is still to be done.
void LeaseTable::clear_dead(const Id& id) const {
  std::vector<Link> links = chain(id);
  if (links.empty() || links.size() == kLongestChain || !(links.back().is_left || links.back().holder.is_known_dead())) return;
  Held held{successor(id, links.back()),
            {draw_token(), LeaseRecord::kClearing, ProcessIdentity::of_this_process()}, std::move(links)};
  if (make_lease_file(held.path, held.record) == 0) remove_files(held);  // else somebody else has succeeded it
}

void LeaseTable::clear_loose(const Id& id, const std::filesystem::path& path, std::filesystem::file_time_type now) const {
  const std::vector<Link> links = chain(id);
  const auto is_it = [&](const Link& link) { return link.path == path; };
  const auto is_torn = [](const Link& link) { return link.token.size() != kHexDigits; };
  if (std::ranges::any_of(links, is_it) || std::ranges::any_of(links, is_torn)) return;  // torn: the chain may go on
  const auto record = lease_record_in(path);
  const auto life = record ? record->holder.life() : ProcessIdentity::Life::unknown;
  if (life == ProcessIdentity::Life::runs) return;
  std::error_code gone;
  const auto beaten = std::filesystem::last_write_time(path, gone);
  if (gone || (life == ProcessIdentity::Life::unknown && now - beaten < kLongSilence)) return;
  ::unlink(path.c_str());
}

}  // namespace almanac::cache
