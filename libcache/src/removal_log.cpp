#include <almanac/cache/removal.hpp>

#include "commit_name.hpp"
#include "file_handle.hpp"
#include "lease_record.hpp"

#include <almanac/cache/one_line.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

using SystemClock = std::chrono::system_clock;
using Microseconds = std::chrono::microseconds;

constexpr std::array kAllReasons = {RemovalReason::manual, RemovalReason::ttl_expired, RemovalReason::data_changed, RemovalReason::capacity,
                                    RemovalReason::error,  RemovalReason::pattern,     RemovalReason::dependency};
constexpr std::size_t kLongestKey = 4096;
constexpr std::size_t kLongestLogLine = 8192;
constexpr std::size_t kChecksumDigits = 8;
constexpr std::int64_t kLastWhen = std::numeric_limits<std::int64_t>::max() / 1000;  // that a time point can hold, in microseconds

std::string checksum_of_line(std::string_view line) { return Id::of(line).hex().substr(0, kChecksumDigits); }

/// A word of a line: without blanks, and never empty.
std::string word_of(std::string_view text) {
  std::string word = one_line(text.substr(0, 64));
  std::ranges::replace(word, ' ', '_');
  return word.empty() ? "?" : word;
}

std::string user_of_this_process() {
  // Asking the system's books may take a network; whoever may write the log may write anything into it.
  for (const char* name : {"LOGNAME", "USER"}) {
    if (const char* user = std::getenv(name); user != nullptr && *user != '\0') return user;
  }
  return "uid" + std::to_string(::geteuid());
}

std::string who_this_is() {
  const ProcessIdentity self = ProcessIdentity::of_this_process();
  return word_of(user_of_this_process()) + '@' + word_of(self.host) + ' ' + word_of(program_invocation_short_name) + ' ' +
         std::to_string(self.pid);
}

void append_removal_line(std::string& text, const Removal& removal, SystemClock::time_point now, std::string& us) {
  if (removal.who.empty() && us.empty()) us = who_this_is();
  const auto when = removal.when == SystemClock::time_point() ? now : removal.when;
  std::string line = std::to_string(std::max<std::int64_t>(std::chrono::duration_cast<Microseconds>(when.time_since_epoch()).count(), 0));
  line.append(" ").append(to_string(removal.reason)).append(" ").append(removal.id.hex());
  line.append(" ").append(std::to_string(removal.bytes));
  line.append(" ").append(std::to_string(std::max<std::int64_t>(removal.cost.count(), 0)));
  line.append(" ").append(removal.who.empty() ? us : one_line(removal.who));
  line.append(" ").append(one_line(removal.key).substr(0, kLongestKey));
  const std::string checksum = checksum_of_line(line);
  text.append(line).append(" #").append(checksum).append("\n");
}

/// Takes the next word off the front.
std::string_view word_off(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <class Number>
bool read_whole(std::string_view word, Number& value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() && value >= 0;
}

/// Nothing: it is no whole line of a log.
std::optional<Removal> parse_removal_line(std::string_view line) {
  const std::size_t sign = line.rfind(" #");
  if (sign == std::string_view::npos || line.substr(sign + 2) != checksum_of_line(line.substr(0, sign))) return std::nullopt;
  line = line.substr(0, sign);
  std::int64_t when = 0, cost = 0;
  Removal removal;
  if (!read_whole(word_off(line), when) || when > kLastWhen) return std::nullopt;
  const auto reason = parse_removal_reason(word_off(line));
  const auto id = Id::parse(word_off(line));
  if (!reason || !id || !read_whole(word_off(line), removal.bytes) || !read_whole(word_off(line), cost)) return std::nullopt;
  for (int word = 0; word < 3; ++word) {
    if (word > 0) removal.who += ' ';
    removal.who += word_off(line);
  }
  removal.id = *id;
  removal.reason = *reason;
  removal.key = line;
  removal.cost = std::chrono::nanoseconds(cost);
  removal.when = SystemClock::time_point(Microseconds(when));
  return removal;
}

/// Makes a log that is full the older one. Where another process does it, or has done it, it is left to that.
void roll_over(const FileHandle& full, const std::string& path, const std::string& older) {
  if (::flock(full.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return;  // without locks, at worst a log is lost
  struct stat ours, there;
  if (::fstat(full.get(), &ours) != 0 || ::stat(path.c_str(), &there) != 0) return;
  if (ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) rename_over(path.c_str(), older.c_str());
}

void append_text(const std::string& path, const std::string& older, std::uint64_t most_bytes, std::string text) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    // Of a folder that several people write to, all append; and none leads the others elsewhere by a link.
    const FileHandle file = FileHandle::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0666);
    struct stat status;
    if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size >= most_bytes && attempt == 0) {
      roll_over(file, path, older);
      continue;
    }
    std::array<char, 1> last{'\n'};
    if (size > 0) past_signals([&] { return ::pread(file.get(), last.data(), 1, status.st_size - 1); });
    if (last[0] != '\n') text.insert(0, 1, '\n');  // somebody died over what was written last
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t now = past_signals([&] { return ::write(file.get(), rest.data(), rest.size()); });
      if (now <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(now));
    }
    return;
  }
}

/// Calls `visit` with each whole line of a file. False: it said so. Errors: by errno.
Result<bool> read_lines(const FileHandle& file, const std::string& path, RemovalLog::Count& count,
                        const std::function<bool(const Removal&)>& visit) {
  std::vector<char> block(1 << 16);
  std::string line;
  bool is_too_long = false;
  for (;;) {
    const ssize_t got = past_signals([&] { return ::read(file.get(), block.data(), block.size()); });
    if (got < 0) return system_error(errno, "cannot read", path);
    if (got == 0) return true;
    std::string_view rest(block.data(), static_cast<std::size_t>(got));
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      is_too_long = is_too_long || line.size() + part.size() > kLongestLogLine;
      if (!is_too_long) line += part;
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
      if (const auto removal = is_too_long ? std::nullopt : parse_removal_line(line)) {
        ++count.removals;
        if (!visit(*removal)) return false;
      } else if (is_too_long || !line.empty()) {
        ++count.damaged;
      }
      line.clear();
      is_too_long = false;
    }
  }
}

/// Open: it is there. Errors: by errno ← it is there, and cannot be read.
Result<FileHandle> open_log(const std::string& path) {
  FileHandle file = FileHandle::open(path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!file.is_open() && errno != ENOENT && errno != ENOTDIR) return system_error(errno, "cannot open", path);
  return file;
}

bool is_same_file(const FileHandle& one, const FileHandle& other) {
  struct stat a, b;
  return ::fstat(one.get(), &a) == 0 && ::fstat(other.get(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

std::span<const RemovalReason> all_removal_reasons() noexcept { return kAllReasons; }

std::string_view to_string(RemovalReason reason) noexcept {
  switch (reason) {
    case RemovalReason::manual: return "manual";
    case RemovalReason::ttl_expired: return "ttl_expired";
    case RemovalReason::data_changed: return "data_changed";
    case RemovalReason::capacity: return "capacity";
    case RemovalReason::error: return "error";
    case RemovalReason::pattern: return "pattern";
    case RemovalReason::dependency: return "dependency";
  }
  return "unknown";
}

Result<RemovalReason> parse_removal_reason(std::string_view name) {
  std::string known;
  for (const RemovalReason reason : kAllReasons) {
    if (to_string(reason) == name) return reason;
    known.append(known.empty() ? "" : ", ").append(to_string(reason));
  }
  return Error{ErrorCode::invalid_argument, "reason '" + one_line(name.substr(0, 100)) + "': must be one of " + known};
}

Removal Removal::of(const EntryInfo& entry, RemovalReason reason) {
  return {.id = entry.key.id(), .reason = reason, .key = entry.key.text(), .bytes = entry.stored_bytes, .cost = entry.facts.cost};
}

RemovalLog::RemovalLog(std::filesystem::path root, std::uint64_t most_bytes) : root_(std::move(root)), most_bytes_(most_bytes) {}

void RemovalLog::append(std::span<const Removal> removals) const noexcept try {
  if (root_.empty() || removals.empty()) return;
  const auto now = SystemClock::now();
  std::string text, us;
  for (const Removal& removal : removals) append_removal_line(text, removal, now, us);
  append_text((root_ / kFile).string(), (root_ / kOlderFile).string(), most_bytes_, std::move(text));
} catch (const std::exception&) {  // no memory: not noted
}

Result<RemovalLog::Count> RemovalLog::read(const std::filesystem::path& root, const std::function<bool(const Removal&)>& visit) {
  // The newer first: where it becomes the older one between the two, both are one.
  const std::string path = (root / kFile).string(), older_path = (root / kOlderFile).string();
  auto newer = open_log(path);
  if (!newer) return newer.error();
  auto older = open_log(older_path);
  if (!older) return older.error();
  Count count;
  if (older->is_open() && !(newer->is_open() && is_same_file(*newer, *older))) {
    const auto goes_on = read_lines(*older, older_path, count, visit);
    if (!goes_on) return goes_on.error();
    if (!*goes_on) return count;
  }
  if (newer->is_open()) {
    const auto goes_on = read_lines(*newer, path, count, visit);
    if (!goes_on) return goes_on.error();
  }
  return count;
}

}  // namespace almanac::cache
