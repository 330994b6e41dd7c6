// The disk tier under its budget: making room, and clearing away what nobody needs.

#include "commit_name.hpp"
#include "disk_tier_state.hpp"
#include "lease.hpp"

#include <almanac/cache/statistics.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

std::uint64_t below(std::uint64_t budget, std::uint64_t room) noexcept {
  return budget == DiskBudget::kUnlimited ? budget : budget - std::min(budget, room);
}

/// Files that were moved there longer ago than that; removed, unless it is only to be known how many.
std::uint64_t clear_quarantine(const std::string& folder, std::chrono::system_clock::time_point before, bool dry_run) {
  std::uint64_t cleared = 0;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    struct stat status;
    const std::string path = at->path().string();
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    // When it got its name there: what was written to it is older.
    if (std::chrono::system_clock::time_point(std::chrono::seconds(status.st_ctim.tv_sec)) >= before) continue;
    if (dry_run || remove_name(path.c_str()) == 0) ++cleared;
  }
  return cleared;
}

/// The first lease that a table takes clears what the dead have left.
void clear_dead_leases(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return;
  LeaseOptions options;
  options.folder = folder;
  options.warn = [](std::string_view, std::string_view) {};
  LeaseTable table(std::move(options));
  LeaseTable::Watch watch;
  [[maybe_unused]] const auto own = table.try_acquire(Id::of("maintain"), watch);
}

/// How often entries were used, as far as processes have written that down: read when it is first asked for. What was never used
/// counts as used once: it may have been made ready for somebody.
std::function<std::uint64_t(const Id&)> uses_in(const fs::path& root) {
  return [root, known = std::shared_ptr<const Statistics>()](const Id& id) mutable {
    if (!known) known = std::make_shared<const Statistics>(read_statistics(root));
    const auto used = known->used.find(id);
    return used == known->used.end() ? std::uint64_t{1} : std::max<std::uint64_t>(used->second.uses, 1);
  };
}

}  // namespace

std::uint64_t DiskTier::State::restore_leftovers(const std::string& folder) {
  std::uint64_t cleared = 0;
  for (const Leftover& leftover : leftovers_in(folder)) {
    restore(leftover);
    struct stat status;
    cleared += ::lstat(leftover.path.c_str(), &status) != 0;
  }
  return cleared;
}

Cleaner::House DiskTier::State::house() {
  return {.root = root,
          .economy = economy,
          .clear_leftovers = [this](const std::string& folder) { return restore_leftovers(folder); },
          .take_in = [this](const std::string& homeless) { restore({homeless, true}); },
          .uses = uses_in(root.path()),
          .log = removals,
          .now = std::chrono::system_clock::now()};
}

DiskEconomy::Made DiskTier::State::make_room(std::uint64_t bytes) {
  const DiskBudget& budget = options.budget;
  const std::uint64_t entries = bytes > 0 ? 1 : 0;
  const CleaningGoal goal{.above_bytes = std::min(high_water(budget.max_bytes), below(budget.max_bytes, bytes)),
                          .above_entries = std::min(high_water(budget.max_entries), below(budget.max_entries, entries)),
                          .down_to_bytes = std::min(low_water(budget.max_bytes), below(budget.max_bytes, bytes)),
                          .down_to_entries = std::min(low_water(budget.max_entries), below(budget.max_entries, entries))};
  const auto cleaned = Cleaner(house(), goal).run();
  if (!cleaned) return DiskEconomy::Made::none;
  if (cleaned->is_busy) return DiskEconomy::Made::busy;
  const std::uint64_t gone = cleaned->evicted.entries + cleaned->expired.entries;
  evictions += gone;
  return gone > 0 || !cleaned->is_over_budget ? DiskEconomy::Made::room : DiskEconomy::Made::none;
}

Result<MaintainReport> DiskTier::maintain(const MaintainOptions& options) {
  State& state = *state_;
  if (state.root.problem()) return *state.root.problem();
  const std::uint64_t bytes = options.max_bytes.value_or(state.options.budget.max_bytes);
  const std::uint64_t entries = options.max_entries.value_or(state.options.budget.max_entries);
  constexpr std::chrono::seconds kAges{std::chrono::hours(24 * 36500)};  // a number of nanoseconds holds little more
  std::optional<std::chrono::seconds> max_age = options.max_age;
  if (max_age) max_age = std::min(*max_age, kAges);
  const CleaningGoal goal{.above_bytes = bytes, .above_entries = entries, .down_to_bytes = bytes, .down_to_entries = entries,
                          .max_age = max_age, .dry_run = options.dry_run, .progress = options.progress};
  auto report = Cleaner(state.house(), goal).run();
  if (!report || report->is_busy) return report;
  state.evictions += report->evicted.entries + report->expired.entries + report->unused.entries;
  if (report->is_interrupted) return report;
  const auto oldest = std::chrono::system_clock::now() - std::min<std::chrono::seconds>(options.quarantine_age, kAges);
  report->quarantined = clear_quarantine(state.root.quarantine(), oldest, options.dry_run);
  if (!options.dry_run) clear_dead_leases(state.root.path() / "leases");
  return report;
}

}  // namespace almanac::cache
