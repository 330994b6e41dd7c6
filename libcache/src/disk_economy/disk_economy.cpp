#include "disk_economy/disk_economy.hpp"

#include "commit_name.hpp"
#include "lease_record.hpp"
#include "temporary_file.hpp"

#include <charconv>
#include <cstdlib>
#include <utility>

#include <sys/stat.h>

namespace almanac::cache {
namespace {

/// After a cleaning that has not helped there is no other for so long, unless what is held has changed by a part of the budget:
/// where all is pinned, nobody should pay for a look at everything with each entry that passes by.
constexpr std::chrono::minutes kPatience{1};
constexpr std::uint64_t kPart = 64;

bool is_within(const Room& held, const DiskBudget& budget) noexcept {
  return (held.bytes <= 0 || static_cast<std::uint64_t>(held.bytes) <= budget.max_bytes) &&
         (held.entries <= 0 || static_cast<std::uint64_t>(held.entries) <= budget.max_entries);
}

DiskBudget high_water(const DiskBudget& budget) {
  return {.max_bytes = cache::high_water(budget.max_bytes), .max_entries = cache::high_water(budget.max_entries)};
}

}  // namespace

std::uint64_t high_water(std::uint64_t budget) noexcept { return budget == DiskBudget::kUnlimited ? budget : budget - budget / 20; }
std::uint64_t low_water(std::uint64_t budget) noexcept { return budget == DiskBudget::kUnlimited ? budget : budget - budget / 10; }

std::uint64_t token_in(std::string_view temporary_name) noexcept {
  const auto mark = temporary_name.rfind('-');
  std::uint64_t token = 0;
  if (mark == std::string_view::npos || temporary_name.size() < mark + 1 + 16) return 0;
  const char* const from = temporary_name.data() + mark + 1;
  const auto [end, problem] = std::from_chars(from, from + 16, token, 16);
  return problem == std::errc() && end == from + 16 ? token : 0;
}

DiskEconomy::DiskEconomy(const std::string& root, DiskBudget budget, std::function<Made(std::uint64_t)> make_room)
    : budget_(std::move(budget)), ledger_(root + "/usage"), make_room_(std::move(make_room)) {}

DiskEconomy::Answer DiskEconomy::reserve(const UsageRecord& reservation, std::uint64_t& number) {
  if (!keeps_books()) return Answer::not_entered;
  const auto books = ledger_.append(reservation);
  if (!books) {
    // It is not known whether it counts. Who has a budget does not store then; who has none must not hold others to a wrong sum.
    if (!budget_.is_unlimited()) return books.error().code == ErrorCode::io ? Answer::unclear : Answer::broken;
    ledger_.forget();
    return Answer::not_entered;
  }
  number = books->number();
  if (budget_.is_unlimited()) return Answer::granted;
  if (books->is_known() && is_within(books->sum(), budget_)) {
    is_high_ = !is_within(books->sum(), high_water(budget_));
    return Answer::granted;
  }
  UsageRecord back = reservation;
  back.kind = UsageRecord::Kind::cancel;
  enter(back);
  return books->is_known() ? Answer::over : Answer::unknown;
}

/// What cannot be entered leaves the sum too high.
void DiskEconomy::enter(const UsageRecord& record) { [[maybe_unused]] const auto entered = ledger_.append(record); }

bool DiskEconomy::is_worth_a_try(const Room& held) const {
  const MutexLock lock(mutex_);
  if (!futile_ || std::chrono::steady_clock::now() - futile_->when >= kPatience) return true;
  const auto has_changed = [](std::int64_t then, std::int64_t now, std::uint64_t budget) {
    return budget != DiskBudget::kUnlimited && static_cast<std::uint64_t>(std::abs(now - then)) > budget / kPart;
  };
  return has_changed(futile_->held.bytes, held.bytes, budget_.max_bytes) || has_changed(futile_->held.entries, held.entries, budget_.max_entries);
}

bool DiskEconomy::try_to_make_room(std::uint64_t bytes) {
  const auto known = [this] {
    const auto books = ledger_.look();
    return books && *books && (*books)->is_known() ? std::optional((*books)->sum()) : std::nullopt;
  };
  if (const auto held = known(); held && !is_worth_a_try(*held)) return false;
  const Made made = make_room_(bytes);
  const auto held = known();
  const MutexLock lock(mutex_);
  if (made == Made::room) futile_.reset();
  if (made == Made::none && held) futile_ = Futile{*held, std::chrono::steady_clock::now()};
  return made == Made::room;
}

void DiskEconomy::keep_clean() {
  if (is_high_.exchange(false)) try_to_make_room(0);
}

DiskEconomy::Removal DiskEconomy::begin_removal() {
  if (!keeps_books()) return {};
  const auto books = ledger_.look();
  if (!books || !*books) return {};
  return {true, (*books)->number()};
}

void DiskEconomy::release(const Removal& removal, std::uint64_t bytes, std::uint64_t entries) {
  if (!removal.is_entered || bytes == 0) return;
  enter({.kind = UsageRecord::Kind::release, .token = token_in('-' + draw_token()), .room = {static_cast<std::int64_t>(bytes), static_cast<std::int64_t>(entries)},
         .number = removal.number});
}

Status RoomOnDisk::take(const TemporaryFile& temporary, std::uint64_t bytes) {
  const Error refused{ErrorCode::no_space, "there is no room for " + std::to_string(bytes) + " bytes under the budget of " +
                                               std::to_string(economy_.budget().max_bytes) + " bytes and " +
                                               std::to_string(economy_.budget().max_entries) + " entries"};
  is_refused_ = bytes > economy_.budget().max_bytes || economy_.budget().max_entries == 0;
  if (is_refused_) return refused;
  path_ = temporary.path();
  bytes_ = bytes;
  const UsageRecord wanted = UsageLedger::reservation(token_in(path_), id_, static_cast<std::int64_t>(bytes));
  constexpr int kTries = 3;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    switch (economy_.reserve(wanted, removal_.number)) {
      case DiskEconomy::Answer::granted: reservation_ = wanted; removal_.is_entered = true; return success();
      case DiskEconomy::Answer::not_entered: return success();
      case DiskEconomy::Answer::unclear: is_refused_ = true; return refused;
      case DiskEconomy::Answer::broken:
        return Error{ErrorCode::io, "the budget's ledger in " + economy_.ledger().folder() + " cannot be written, so nothing is stored"};
      case DiskEconomy::Answer::over:
      case DiskEconomy::Answer::unknown: break;
    }
    if (!economy_.try_to_make_room(bytes)) break;
  }
  is_refused_ = true;
  return refused;
}

void RoomOnDisk::committed(TemporaryFile& temporary, ino_t ours) {
  is_committed_ = true;
  struct stat status;
  if (!reservation_) {
    // The ledger may have come since: then it is entered now.
    if (path_.empty() || !economy_.keeps_books()) return;
    reservation_ = UsageLedger::reservation(token_in(path_), id_, static_cast<std::int64_t>(bytes_));
    economy_.enter(*reservation_);
    return;
  }
  if (temporary.path().empty() || ::lstat(temporary.path().c_str(), &status) != 0 || status.st_ino == ours) return;
  if (!S_ISREG(status.st_mode) || remove_name(temporary.path().c_str()) != 0) return;
  temporary.let_go();
  if (status.st_nlink == 1) freed_ = static_cast<std::uint64_t>(status.st_size);
}

RoomOnDisk::~RoomOnDisk() try {
  if (!reservation_) return;
  struct stat status;
  if (!is_committed_ && ::lstat(path_.c_str(), &status) == 0) return;  // it is still there, under its temporary name, and counts
  reservation_->kind = is_committed_ ? UsageRecord::Kind::settle : UsageRecord::Kind::cancel;
  economy_.enter(*reservation_);
  if (freed_ > 0) economy_.release(removal_, freed_);
} catch (...) {
  // No memory: it counts until the next survey.
}

}  // namespace almanac::cache
