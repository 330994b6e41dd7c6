#include "disk_economy/cleaner.hpp"

#include "disk_economy/one_cleaner.hpp"
#include "policy/ranking.hpp"

#include "commit_name.hpp"
#include "entry_file.hpp"
#include "expiry.hpp"
#include "lease_record.hpp"
#include "temporary_file.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string_view>
#include <system_error>

#include <sys/stat.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

constexpr int kMostPasses = 64;
constexpr double kPartOfLooking = 0.8;  // of the work, for who shows how far it is

std::int64_t nanoseconds_of(const timespec& time) noexcept { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

std::chrono::system_clock::time_point time_of(const timespec& time) noexcept {
  return std::chrono::system_clock::time_point(std::chrono::nanoseconds(nanoseconds_of(time)));
}

std::string_view kind_in(std::string_view key_text) noexcept { return key_text.substr(0, key_text.find('@')); }

void add(MaintainReport::Sum& sum, std::uint64_t bytes, std::int64_t cost) noexcept {
  ++sum.entries;
  sum.bytes += bytes;
  sum.cost += std::chrono::nanoseconds(cost);
}

std::uint64_t above(std::int64_t held, std::uint64_t wanted) noexcept {
  return held > 0 && static_cast<std::uint64_t>(held) > wanted ? static_cast<std::uint64_t>(held) - wanted : 0;
}

}  // namespace

Cleaner::Missing Cleaner::missing(const Room& held) const noexcept {
  if (above(held.bytes, goal_.above_bytes) == 0 && above(held.entries, goal_.above_entries) == 0) return {};
  return {above(held.bytes, goal_.down_to_bytes), above(held.entries, goal_.down_to_entries)};
}

Result<MaintainReport> Cleaner::run() {
  keeps_books_ = house_.economy.keeps_books();
  std::optional<OneCleaner> turn;
  if (!goal_.dry_run) {
    const std::string& folder = house_.economy.ledger().folder();
    if (CacheRoot::make_folder(folder)) turn.emplace(folder + "/cleaner");
    report_.is_busy = turn && turn->is_taken();
    if (report_.is_busy) return report_;
    house_.economy.ledger().clear_old();
    for (const Leftover& left : leftovers_in(folder)) {
      if (left.is_abandoned) remove_name(left.path.c_str());
    }
  }
  levels_ = LevelHistory::read(house_.economy.ledger().folder() + "/levels");
  for (int passes = 0; passes < kMostPasses; ++passes) {
    if (const Status passed = pass(); !passed) return passed.error();
    if (report_.is_interrupted || goal_.dry_run || !is_cut_short_ || !report_.is_over_budget || (gone_ == 0 && passes > 0)) break;
  }
  return report_;
}

Status Cleaner::pass() {
  seen_ = {};
  survey_.reset();
  reserved_.clear();
  abandoned_.clear();
  temporaries_.clear();
  expected_.reset();
  leaving_.clear();
  leaving_bytes_ = gone_ = 0;
  is_cut_short_ = false;
  report_.found = report_.kept = {};
  if (keeps_books_) {
    // At least as much as from where cleaning begins to where it ends: more may be held by then than now.
    if (const auto books = house_.economy.ledger().look(); books && *books && (*books)->is_known()) {
      const Room held = (*books)->sum();
      const auto at_most = [](std::int64_t now, std::uint64_t high, std::uint64_t low) {
        return high == DiskBudget::kUnlimited ? 0 : std::max(above(now, low), high - std::min(high, low));
      };
      expected_ = Missing{at_most(held.bytes, goal_.above_bytes, goal_.down_to_bytes),
                          at_most(held.entries, goal_.above_entries, goal_.down_to_entries)};
    }
    if (!goal_.dry_run) begin_survey();
  }

  const std::string objects = house_.root.objects();
  std::vector<std::string> folders;
  std::error_code error;
  fs::directory_iterator at(objects, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) folders.push_back(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory) return system_error(error.value(), "cannot list", objects);
  std::ranges::sort(folders);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (!goes_on(kPartOfLooking * static_cast<double>(i) / static_cast<double>(folders.size()))) return success();
    look_at_folder(objects + '/' + folders[i], folders[i]);
  }
  write_down();
  if (survey_) end_survey();
  make_room();
  write_down();
  return success();
}

bool Cleaner::goes_on(double fraction) {
  report_.is_interrupted = report_.is_interrupted || (goal_.progress && !goal_.progress(fraction));
  if (report_.is_interrupted) write_down();
  return !report_.is_interrupted;
}

// ---- what is held

/// Reservations that are open now may become files before we look into their folders, or after: they count as they are, with what
/// is in their places, and we pass over those.
void Cleaner::begin_survey() {
  UsageRecord mark{.kind = UsageRecord::Kind::survey, .token = token_in('-' + draw_token())};
  UsageLedger& ledger = house_.economy.ledger();
  if (!ledger.append(mark)) return;
  OpenReservations open;
  const auto read = ledger.each(&mark, [&open](const UsageRecord& record) { open.apply(record); });
  if (!read || !*read) return;
  survey_ = mark;
  for (const auto& [token, reservation] : open.all()) {
    if (UsageLedger::is_of_the_dead(reservation)) {
      abandoned_.insert(token);
      continue;
    }
    seen_ += reservation.room;
    struct stat status;
    const bool is_first = reserved_.insert(reservation.id).second;
    if (is_first && ::lstat(house_.root.entry_path(reservation.id).c_str(), &status) == 0) seen_ += {status.st_size, 1};
  }
}

void Cleaner::end_survey() {
  std::vector<std::pair<std::uint64_t, std::int64_t>> known;
  UsageLedger& ledger = house_.economy.ledger();
  const auto read = ledger.each(nullptr, [&](const UsageRecord& record) {
    const bool is_reservation = record.kind == UsageRecord::Kind::reserve || record.kind == UsageRecord::Kind::carried;
    if (is_reservation && !abandoned_.contains(record.token)) known.emplace_back(record.token, record.room.bytes);
  });
  if (!read) return;
  for (const auto& [token, bytes] : temporaries_) {
    const std::uint64_t its_token = token;
    const auto reservation = std::ranges::find_if(known, [&](const auto& one) { return one.first == its_token; });
    const std::int64_t counted = token == 0 || reservation == known.end() ? 0 : reservation->second;
    const std::int64_t more = static_cast<std::int64_t>(bytes) - counted;
    if (more > 0) seen_ += {more, 1};
  }
  UsageRecord base = *survey_;
  base.kind = UsageRecord::Kind::base;
  base.room = seen_;
  [[maybe_unused]] const auto entered = ledger.append(base);  // else the old sum stays, which is no lower
}

void Cleaner::look_at_folder(const std::string& folder, const std::string& name) {
  const auto names = [&] {
    std::vector<std::string> all;
    std::error_code error;
    fs::directory_iterator at(folder, error);
    for (const fs::directory_iterator end; !error && at != end; at.increment(error)) all.push_back(at->path().filename().string());
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
      survey_.reset();  // the old sum stays, which is no lower than what is there
      if (report_.trouble.empty()) report_.trouble = "cannot list " + folder + ": " + error.message();
    }
    return all;
  };
  std::vector<std::string> files = names();
  if (!goal_.dry_run && std::ranges::any_of(files, [](const std::string& file) { return is_temporary_name(file); })) {
    report_.leftovers += house_.clear_leftovers(folder);
    files = names();
  }
  for (const std::string& file : files) {
    if (const auto id = id_of_file(name, file)) {
      look_at_entry(*id);
    } else if (is_temporary_name(file)) {
      look_at_temporary(folder + '/' + file);
    }
  }
}

void Cleaner::look_at_temporary(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  temporaries_.emplace_back(token_in(path), static_cast<std::uint64_t>(status.st_size));
}

void Cleaner::look_at_entry(const Id& id) {
  const EntryPath path = house_.root.entry_path(id);
  const bool is_reserved = reserved_.contains(id);
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  if (!found.file) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    add(report_.found, static_cast<std::uint64_t>(status.st_size), 0);
    add(report_.kept, static_cast<std::uint64_t>(status.st_size), 0);
    if (!is_reserved) seen_ += {status.st_size, 1};
    return;  // validate() says what is wrong with it
  }
  const EntryHeader& header = found.file->header();
  const std::int64_t used = nanoseconds_of(found.file->modified());
  const std::int64_t came = std::chrono::duration_cast<std::chrono::nanoseconds>(header.facts.created.time_since_epoch()).count();
  Leaving entry{.rank = 0, .since = used, .id = id, .identity = found.file->identity(), .modified = found.file->modified(),
                .bytes = header.file_size, .cost = header.facts.cost.count()};
  add(report_.found, entry.bytes, entry.cost);

  const bool is_under_way = is_reserved || header.id != id;
  const auto& pinned = house_.economy.budget().pinned_kinds;
  const bool is_pinned = std::ranges::find(pinned, kind_in(header.key_text)) != pinned.end();
  const bool is_unused = goal_.max_age && !is_pinned && house_.now - time_of(found.file->modified()) > *goal_.max_age;
  if (!is_under_way && is_expired(header.facts) && remove(entry, RemovalReason::ttl_expired, report_.expired, header.key_text, false)) return;
  if (!is_under_way && is_unused && remove(entry, RemovalReason::ttl_expired, report_.unused, header.key_text, false)) return;
  add(report_.kept, entry.bytes, entry.cost);
  if (!is_reserved) seen_ += {static_cast<std::int64_t>(entry.bytes), 1};
  if (is_under_way || is_pinned) return;

  const Policy policy = house_.economy.budget().policy;
  Standing standing{.bytes = entry.bytes, .cost = header.facts.cost, .hits = house_.uses(id), .came = static_cast<std::uint64_t>(came),
                    .used = static_cast<std::uint64_t>(used)};
  if (header.facts.expires) standing.expires = *header.facts.expires;
  entry.rank = rank_of(policy, standing, levels_.at(time_of(found.file->modified())));
  if (policy == Policy::fifo || policy == Policy::ttl) entry.since = came;
  consider(entry);
}

// ---- who leaves

void Cleaner::consider(const Leaving& entry) {
  leaving_.push_back(entry);
  std::push_heap(leaving_.begin(), leaving_.end());
  leaving_bytes_ += entry.bytes;
  const auto is_one_too_many = [this] {
    if (leaving_.size() > kMostLeaving) return true;
    return expected_ && leaving_bytes_ - leaving_.front().bytes >= expected_->bytes && leaving_.size() > expected_->entries;
  };
  while (!leaving_.empty() && is_one_too_many()) {
    leaving_bytes_ -= leaving_.front().bytes;
    std::pop_heap(leaving_.begin(), leaving_.end());
    leaving_.pop_back();
    is_cut_short_ = true;
  }
}

void Cleaner::make_room() {
  Room held = seen_;
  if (survey_) {
    removal_ = house_.economy.begin_removal();
    if (const auto books = house_.economy.ledger().look(); books && *books && (*books)->is_known()) held = (*books)->sum();
  }
  const Missing all = missing(held);
  std::sort_heap(leaving_.begin(), leaving_.end());
  RisingLevel level(levels_.last());
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(seen_.entries, 1));
  std::uint64_t bytes = 0, entries = 0;
  for (const Leaving& entry : leaving_) {
    if (bytes >= all.bytes && entries >= all.entries) break;
    const double part = all.bytes > 0 ? static_cast<double>(bytes) / static_cast<double>(all.bytes) : static_cast<double>(entries) / static_cast<double>(all.entries);
    if (!goes_on(kPartOfLooking + (1 - kPartOfLooking) * part)) break;
    std::string key_text;
    if (!goal_.dry_run) {
      const EntryPath path = house_.root.entry_path(entry.id);
      EntryFile::Start start;
      const FoundEntry found = open_entry(path.c_str(), start);
      if (found.file) key_text = found.file->header().key_text;  // for the log
    }
    if (!remove(entry, RemovalReason::capacity, report_.evicted, key_text, true)) continue;
    bytes += entry.bytes;
    ++entries;
    level.evicted(entry.rank, count);
    report_.kept.bytes -= std::min(report_.kept.bytes, entry.bytes);
    report_.kept.entries -= std::min<std::uint64_t>(report_.kept.entries, 1);
    report_.kept.cost -= std::chrono::nanoseconds(entry.cost);
  }
  report_.is_over_budget = bytes < all.bytes || entries < all.entries;
  if (goal_.dry_run || entries == 0 || house_.economy.budget().policy != Policy::gdsf) return;  // a level of other ranks is none of gdsf's
  levels_.rise(house_.now, level.value());
  levels_.write(house_.economy.ledger().folder() + "/levels");
}

bool Cleaner::remove(const Leaving& entry, RemovalReason reason, MaintainReport::Sum& sum, const std::string& key_text, bool is_counted) {
  if (!goal_.dry_run) {
    const auto taken = take_out(house_.root.entry_path(entry.id).c_str(), entry.identity, entry.modified);
    if (!taken) {
      if (report_.failed++ == 0) report_.trouble = taken.error().message;
      return false;
    }
    if (!taken->homeless.empty()) house_.take_in(taken->homeless);
    if (!taken->is_gone) return false;
    if (is_counted && taken->freed > 0) released_ += {static_cast<std::int64_t>(taken->freed), 1};
    removals_.push_back({.id = entry.id, .reason = reason, .key = key_text, .bytes = entry.bytes, .cost = std::chrono::nanoseconds(entry.cost)});
    ++gone_;
  }
  add(sum, entry.bytes, entry.cost);
  if (removals_.size() >= kReleasedAtOnce) write_down();
  return true;
}

void Cleaner::write_down() {
  if (released_.bytes > 0) {
    house_.economy.release(removal_, static_cast<std::uint64_t>(released_.bytes), static_cast<std::uint64_t>(released_.entries));
  }
  released_ = {};
  house_.log.append(removals_);
  removals_.clear();
}

}  // namespace almanac::cache
