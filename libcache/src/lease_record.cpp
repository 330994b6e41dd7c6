#include "lease_record.hpp"

#include <almanac/cache/key.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace almanac::cache {
namespace {

constexpr std::string_view kTitle = "almanac-lease 1";
constexpr std::string_view kEnd = "end\n";

/// What a file says, as far as it fits; empty ← it cannot be read. Files of /proc are given whole by one read.
template <std::size_t Size>
std::string_view contents(const char* path, std::array<char, Size>& buffer) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const auto length = ::read(file, buffer.data(), buffer.size());
  ::close(file);
  return {buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

std::string boot_id() {
  std::array<char, 128> buffer;
  const std::string_view text = contents("/proc/sys/kernel/random/boot_id", buffer);
  return std::string(text.substr(0, text.find('\n')));
}

std::string pid_namespace_here() {
  char link[256];
  const auto length = ::readlink("/proc/self/ns/pid", link, sizeof link);
  return length > 0 ? std::string(link, static_cast<std::size_t>(length)) : std::string();
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string();
}

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

struct ProcessStat {
  char state = '?';
  std::uint64_t start = 0;
};

/// Source: proc(5). The program's name, field 2, is in parentheses and may hold blanks and parentheses itself.
std::optional<ProcessStat> stat_of(std::int64_t pid) {
  std::array<char, 32> path{"/proc/"};
  const auto [end, error] = std::to_chars(path.data() + 6, path.data() + 26, pid);
  if (error != std::errc()) return std::nullopt;
  std::ranges::copy(std::string_view("/stat"), end);
  std::array<char, 1024> buffer;
  const std::string_view text = contents(path.data(), buffer);
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return std::nullopt;
  ProcessStat stat;
  std::string_view rest = text.substr(name_end + 2);
  stat.state = rest[0];
  for (int field = 3; field < 22; ++field) {
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  if (!read_number(rest.substr(0, rest.find_first_of(" \n")), stat.start)) return std::nullopt;
  return stat;
}

ProcessIdentity look_up_this_process() {
  ProcessIdentity self{boot_id(), pid_namespace_here(), ::getpid(), 0, host_name()};
  // A /proc of another PID namespace would speak of somebody else under our pid.
  std::array<char, 64> buffer;
  const std::string own = std::to_string(self.pid) + " ";
  if (const auto stat = stat_of(self.pid); stat && contents("/proc/self/stat", buffer).starts_with(own)) self.start = stat->start;
  return self;
}

/// The process this was looked up in, and those it was forked from.
struct Generation {
  ProcessIdentity self;
  const Generation* parent;
};
std::atomic<const Generation*> generation{nullptr};

/// Looks it up once a process. Without a lock, which a forked child might find taken for ever; what its parent looked up is
/// kept, since generations are few. Where the system did not tell all (no file may be open, say), it is asked again.
const ProcessIdentity& this_process(ProcessIdentity& incomplete) {
  const Generation* known = generation.load(std::memory_order_acquire);
  for (;;) {
    if (known && known->self.pid == ::getpid()) return known->self;
    auto fresh = std::make_unique<const Generation>(Generation{look_up_this_process(), known});
    if (fresh->self.boot.empty() || fresh->self.pid_namespace.empty() || fresh->self.start == 0) {
      incomplete = fresh->self;
      return incomplete;
    }
    if (generation.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
      return fresh.release()->self;
    }
  }
}

}  // namespace

ProcessIdentity ProcessIdentity::of_this_process() {
  ProcessIdentity incomplete;
  return this_process(incomplete);
}

bool ProcessIdentity::is_of_this_system() const {
  if (boot.empty() || pid_namespace.empty() || pid <= 0 || start == 0) return false;
  ProcessIdentity incomplete;
  const ProcessIdentity& here = this_process(incomplete);
  return boot == here.boot && pid_namespace == here.pid_namespace && here.start != 0;
}

ProcessIdentity::Life ProcessIdentity::life() const {
  if (!is_of_this_system()) return Life::unknown;
  if (const auto stat = stat_of(pid)) {
    return stat->start != start || stat->state == 'Z' || stat->state == 'X' ? Life::ended : Life::runs;
  }
  // Gone, or hidden from us.
  return ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH ? Life::ended : Life::unknown;
}

std::string beat_digits(std::uint64_t beat) {
  std::string digits = std::to_string(beat);
  return std::string(20 - digits.size(), '0') + digits;
}

std::string draw_token() {
  std::array<std::uint64_t, 2> bits{};
  if (::getentropy(bits.data(), sizeof bits) != 0) {
    // No system has been seen without it; then this is unique on this machine, which is nearly as good.
    static std::atomic<std::uint64_t> drawn{0};
    bits[0] = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    bits[1] = (static_cast<std::uint64_t>(::getpid()) << 32) + drawn.fetch_add(1);
  }
  return Id{bits[0], bits[1]}.hex();
}

std::string LeaseRecord::text() const {
  std::string text(kTitle);
  text += "\nbeat " + beat_digits(beat);
  text += "\ntoken " + token;
  text += "\nboot " + holder.boot;
  text += "\npidns " + holder.pid_namespace;
  text += "\npid " + std::to_string(holder.pid);
  text += "\nstart " + std::to_string(holder.start);
  text += "\nhost " + holder.host;
  text += '\n';
  text += is_left ? kLeft : kEnd;
  return text;
}

std::size_t LeaseRecord::end_offset() const { return text().size() - (is_left ? kLeft : kEnd).size(); }

std::optional<LeaseRecord> LeaseRecord::parse(std::string_view text) {
  const std::string_view whole = text;
  // The next line without its name and blank; nullopt when it is another one.
  const auto field = [&text](std::string_view name) -> std::optional<std::string_view> {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name)) return std::nullopt;
    std::string_view value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return value;
  };
  const auto title = field(kTitle), beat = field("beat "), token = field("token "), boot = field("boot "),
             space = field("pidns "), pid = field("pid "), start = field("start "), host = field("host ");
  LeaseRecord record;
  if (!title || !beat || !token || !boot || !space || !pid || !start || !host) return std::nullopt;
  if (!read_number(*beat, record.beat) || !read_number(*pid, record.holder.pid)) return std::nullopt;
  if (!read_number(*start, record.holder.start)) return std::nullopt;
  // The token becomes part of a file name.
  if (token->size() != 32 || !std::ranges::all_of(*token, [](unsigned char c) { return std::isxdigit(c); })) return std::nullopt;
  record.token = *token;
  record.holder.boot = *boot;
  record.holder.pid_namespace = *space;
  record.holder.host = *host;
  record.is_left = text == kLeft;
  if (record.text() != whole) return std::nullopt;  // more lines or words, or a number that we write otherwise
  return record;
}

}  // namespace almanac::cache
