#include "disk_economy/usage_ledger.hpp"

#include "cache_root.hpp"
#include "checksum.hpp"
#include "commit_name.hpp"
#include "lease_record.hpp"
#include "temporary_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

constexpr std::size_t kRecordsAtOnce = 128;

std::uint64_t hash_of(const std::string& text) { return checksum64(std::as_bytes(std::span(text))); }

std::string sixteen_digits(std::uint64_t value) {
  std::array<char, 16> digits;
  digits.fill('0');
  std::array<char, 16> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
  std::copy(text.data(), end, digits.end() - (end - text.data()));
  return {digits.data(), digits.size()};
}

/// "ledger-<boot>-": of this boot of this machine.
const std::string& ledger_prefix() {
  static const std::string prefix = "ledger-" + sixteen_digits(hash_of(ProcessIdentity::of_this_process().boot)) + "-";
  return prefix;
}

std::array<std::byte, UsageRecord::kBytes> bytes_of(const UsageRecord& record) {
  std::array<std::byte, UsageRecord::kBytes> bytes;
  record.render(bytes);
  return bytes;
}

/// Unless another has it already: that was made out of the same.
Status give_name(TemporaryFile& temporary, const std::string& name) {
  int problem = link_name(temporary.path().c_str(), name.c_str());
  if (has_no_hard_links(problem)) {
    problem = rename_to_free_name(temporary.path().c_str(), name.c_str());
    if (problem == 0) temporary.let_go();
  }
  if (problem != 0 && problem != EEXIST) return system_error(problem, "cannot make", name);
  return success();
}

}  // namespace

UsageLedger::UsageLedger(std::string folder, std::uint64_t most_records) : folder_(std::move(folder)), most_records_(most_records) {}

bool UsageLedger::is_of_the_dead(const UsageRecord& reservation) {
  ProcessIdentity owner = ProcessIdentity::of_this_process();
  if (reservation.place != hash_of(owner.pid_namespace)) return false;
  owner.pid = reservation.pid;
  owner.start = reservation.start;
  return owner.is_known_dead();
}

UsageRecord UsageLedger::reservation(std::uint64_t token, const Id& id, std::int64_t bytes) {
  const ProcessIdentity self = ProcessIdentity::of_this_process();
  return {.kind = UsageRecord::Kind::reserve, .pid = static_cast<std::uint32_t>(self.pid), .token = token, .room = {bytes, 1},
          .start = self.start, .place = hash_of(self.pid_namespace), .id = id};
}

std::string UsageLedger::path_of(std::uint64_t number) const { return folder_ + '/' + ledger_prefix() + sixteen_digits(number); }

/// 0: there is none.
std::uint64_t UsageLedger::last_number() const {
  std::uint64_t last = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::string& prefix = ledger_prefix();
    std::uint64_t number = 0;
    if (!name.starts_with(prefix) || name.size() != prefix.size() + 16) continue;
    const auto [stop, problem] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number, 16);
    if (problem == std::errc() && stop == name.data() + name.size()) last = std::max(last, number);
  }
  return last;
}

bool UsageLedger::is_there() const {
  if (known().file) return true;
  struct stat status;
  return ::lstat(folder_.c_str(), &status) == 0 && last_number() != 0;
}

UsageLedger::View UsageLedger::known() const {
  const MutexLock lock(mutex_);
  return view_;
}

/// Unless another thread is farther already.
void UsageLedger::keep(const View& view) {
  const MutexLock lock(mutex_);
  if (!view_.file || std::pair(view.number, view.offset) >= std::pair(view_.number, view_.offset)) view_ = view;
}

void UsageLedger::drop(const View& view) {
  const MutexLock lock(mutex_);
  if (view_.file == view.file) view_ = {};
}

Result<UsageLedger::Found> UsageLedger::read_on(View& view, const UsageRecord* mark, const std::function<void(const UsageRecord&)>& visit) const {
  std::array<std::byte, kRecordsAtOnce * UsageRecord::kBytes> buffer;
  for (;;) {
    const auto got = read_at(*view.file, buffer, view.offset, view.path);
    if (!got) return got.error();
    // What is less than a record is none yet.
    for (std::size_t at = 0; at + UsageRecord::kBytes <= *got; at += UsageRecord::kBytes) {
      view.offset += UsageRecord::kBytes;
      const auto record = UsageRecord::parse(std::span(buffer).subspan(at).first<UsageRecord::kBytes>());
      if (!record) {
        view.books.lost_one();
        continue;
      }
      view.books.apply(*record);
      if (visit) visit(*record);
      if (view.books.is_sealed()) return Found::seal;
      if (mark != nullptr && record->kind == mark->kind && record->token == mark->token) return Found::mark;
    }
    if (*got < buffer.size()) return Found::end;
  }
}

Status UsageLedger::make_first() {
  TemporaryFile temporary(folder_);
  FileHandle file = FileHandle::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (!file.is_open() && errno == ENOENT) {
    if (const Status made = CacheRoot::make_folder(folder_); !made) return made;
    file = FileHandle::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  }
  if (!file.is_open()) return system_error(errno, "cannot make", temporary.path());
  const std::string first = path_of(1);
  if (const Status written = write_at(file, bytes_of(UsageBooks().header()), 0, temporary.path()); !written) return written;
  if (const int problem = file.close_written()) return system_error(problem, "cannot write", temporary.path());
  return give_name(temporary, first);
}

/// After a seal, or in place of a file that does not take records any more.
Status UsageLedger::make_next(const View& view) {
  View whole{view.file, view.path, view.number, 0, {}};
  OpenReservations open;
  const auto found = read_on(whole, nullptr, [&open](const UsageRecord& record) { open.apply(record); });
  if (!found) return found.error();
  if (*found != Found::seal) whole.books.lost_one();

  std::vector<std::byte> bytes;
  const auto add = [&bytes](const UsageRecord& record) {
    const auto one = bytes_of(record);
    bytes.insert(bytes.end(), one.begin(), one.end());
  };
  add(whole.books.header());
  for (const auto& reservation : open.all()) {
    UsageRecord carried = reservation.second;
    carried.kind = UsageRecord::Kind::carried;
    add(carried);
  }
  if (const auto survey = whole.books.survey()) add(*survey);

  TemporaryFile temporary(folder_);
  FileHandle file = FileHandle::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (!file.is_open()) return system_error(errno, "cannot make", temporary.path());
  const std::string next = path_of(view.number + 1);
  if (const Status written = write_at(file, bytes, 0, temporary.path()); !written) return written;
  if (const int problem = file.close_written()) return system_error(problem, "cannot write", temporary.path());
  const Status named = give_name(temporary, next);
  // The one before stays: who lists the folder at this moment may see neither the next one nor what is removed meanwhile.
  if (named && view.number > 1) remove_name(path_of(view.number - 1).c_str());
  return named;
}

/// The last file, open. A view without a file: there is none. Errors: by errno.
Result<UsageLedger::View> UsageLedger::current(bool make) {
  if (View view = known(); view.file) return view;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::uint64_t number = last_number();
    if (number == 0) number = last_number();
    if (number == 0) {
      if (!make) return View{};
      if (const Status made = make_first(); !made) return made.error();
      continue;
    }
    View view{nullptr, path_of(number), number, 0, {}};
    FileHandle file = FileHandle::open(view.path.c_str(), O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    if (file.is_open()) {
      view.file = std::make_shared<const FileHandle>(std::move(file));
      return view;
    }
    if (errno != ENOENT) return system_error(errno, "cannot open", view.path);
  }
  return Error{ErrorCode::io, "the ledger in " + folder_ + " vanishes again and again"};
}

Result<std::optional<UsageBooks>> UsageLedger::look() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto view = current(false);
    if (!view) return view.error();
    if (!view->file) return std::optional<UsageBooks>();
    const auto found = read_on(*view, nullptr);
    if (!found) return found.error();
    struct stat status;
    if (*found != Found::seal && ::fstat(view->file->get(), &status) == 0 && status.st_nlink > 0) {
      keep(*view);
      return std::optional(view->books);
    }
    // Sealed, or taken away.
    if (*found == Found::seal) {
      if (const Status made = make_next(*view); !made) return made.error();
    }
    drop(*view);
  }
  return Error{ErrorCode::io, "the ledger in " + folder_ + " vanishes again and again"};
}

Result<UsageBooks> UsageLedger::append(const UsageRecord& record) {
  const auto bytes = bytes_of(record);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto view = current(true);
    if (!view) return view.error();
    const ssize_t put = past_signals([&] { return ::write(view->file->get(), bytes.data(), bytes.size()); });
    if (put < 0) {
      const Error failed = system_error(errno, "cannot write", view->path);
      drop(*view);
      return failed;
    }
    auto found = read_on(*view, &record);
    if (!found) {
      drop(*view);
      return found.error();
    }
    if (*found == Found::mark) {
      struct stat status;
      const UsageBooks books = view->books;
      if (::fstat(view->file->get(), &status) != 0 || status.st_nlink == 0) {
        // Sealed since, it counts; else somebody has taken it away, and it counts nowhere.
        found = read_on(*view, nullptr);
        if (!found || *found != Found::seal) {
          drop(*view);
          continue;
        }
      }
      if (view->offset / UsageRecord::kBytes >= most_records_ + 2 * view->books.carried()) {
        const auto seal = bytes_of({.kind = UsageRecord::Kind::seal});
        if (past_signals([&] { return ::write(view->file->get(), seal.data(), seal.size()); }) > 0) {
          // Where that fails, the next one who meets the seal does it.
          [[maybe_unused]] const Status made = make_next(*view);
          drop(*view);
          return books;
        }
      }
      keep(*view);
      return books;
    }
    // Behind a seal; or what was written is not to be found, as after half a record: the next file begins in order again.
    if (*found == Found::end) {
      const auto seal = bytes_of({.kind = UsageRecord::Kind::seal});
      past_signals([&] { return ::write(view->file->get(), seal.data(), seal.size()); });
    }
    if (const Status made = make_next(*view); !made) return made.error();
    drop(*view);
  }
  return Error{ErrorCode::io, "the ledger in " + folder_ + " vanishes again and again"};
}

Result<bool> UsageLedger::each(const UsageRecord* mark, const std::function<void(const UsageRecord&)>& visit) {
  if (const auto books = look(); !books) return books.error();  // so that it is the last file
  auto view = current(false);
  if (!view) return view.error();
  if (!view->file) return false;
  view->offset = 0;
  view->books = {};
  const auto found = read_on(*view, mark, visit);
  if (!found) return found.error();
  return mark == nullptr || *found == Found::mark;
}

void UsageLedger::forget() noexcept try {
  for (std::uint64_t number = last_number(); number != 0; number = last_number()) {
    if (remove_name(path_of(number).c_str()) != 0) break;
  }
  drop(known());
} catch (...) {
  // It was to be a favour.
}

void UsageLedger::clear_old() const noexcept try {
  constexpr std::chrono::hours kWeek{24 * 7};
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with("ledger-") || name.starts_with(ledger_prefix())) continue;
    std::error_code unknown;
    const auto written = std::filesystem::last_write_time(at->path(), unknown);
    if (!unknown && std::filesystem::file_time_type::clock::now() - written > kWeek) remove_name(at->path().c_str());
  }
} catch (...) {
  // It was to be a favour.
}

}  // namespace almanac::cache
