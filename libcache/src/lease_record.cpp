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
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace almanac::cache {
namespace {

constexpr std::string_view kTitle = "almanac-lease 1";

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
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
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return std::nullopt;
  ProcessStat stat;
  std::string_view rest = std::string_view(text).substr(name_end + 2);
  stat.state = rest[0];
  for (int field = 3; field < 22; ++field) {
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  if (!read_number(rest.substr(0, rest.find_first_of(" \n")), stat.start)) return std::nullopt;
  return stat;
}

}  // namespace

ProcessIdentity ProcessIdentity::of_this_process() {
  static const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  static const std::string host = host_name();
  ProcessIdentity self{boot, pid_namespace_here(), ::getpid(), 0, host};
  // A /proc of another PID namespace would speak of somebody else under our pid.
  if (const auto own = stat_of(self.pid); own && first_line("/proc/self/stat").starts_with(std::to_string(self.pid) + " ")) {
    self.start = own->start;
  }
  return self;
}

bool ProcessIdentity::is_known_dead() const {
  if (boot.empty() || pid_namespace.empty() || pid <= 0 || start == 0) return false;
  const ProcessIdentity here = of_this_process();
  if (boot != here.boot || pid_namespace != here.pid_namespace || here.start == 0) return false;
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  const auto stat = stat_of(pid);
  if (!stat) return false;  // hidden from us, or just gone: then the next look tells
  return stat->start != start || stat->state == 'Z' || stat->state == 'X';
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
  text += "\nend\n";
  return text;
}

std::optional<LeaseRecord> LeaseRecord::parse(std::string_view text) {
  // The next line without its name and blank; nullopt when it is another one.
  const auto field = [&text](std::string_view name) -> std::optional<std::string_view> {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name)) return std::nullopt;
    std::string_view value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return value;
  };
  const auto title = field(kTitle), beat = field("beat "), token = field("token "), boot = field("boot "),
             space = field("pidns "), pid = field("pid "), start = field("start "), host = field("host "), end = field("end");
  LeaseRecord record;
  if (!title || !beat || !token || !boot || !space || !pid || !start || !host || !end) return std::nullopt;
  if (!read_number(*beat, record.beat) || !read_number(*pid, record.holder.pid)) return std::nullopt;
  if (!read_number(*start, record.holder.start)) return std::nullopt;
  // The token becomes part of a file name.
  if (token->size() != 32 || !std::ranges::all_of(*token, [](unsigned char c) { return std::isxdigit(c); })) return std::nullopt;
  record.token = *token;
  record.holder.boot = *boot;
  record.holder.pid_namespace = *space;
  record.holder.host = *host;
  return record;
}

}  // namespace almanac::cache
