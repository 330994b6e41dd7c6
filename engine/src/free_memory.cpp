#include "free_memory.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace almanac {
namespace {

constexpr std::size_t kMostBytes = 1 << 16;
constexpr std::string_view kGroups = "/sys/fs/cgroup";

/// The beginning of a small file; empty ← it cannot be read.
std::string contents(const std::string& name) {
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0) return {};
  std::string text(kMostBytes, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file, text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  ::close(file);
  text.resize(size);
  return text;
}

std::optional<std::size_t> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;  // "max" is none
}

/// What follows the name at the beginning of a line.
std::optional<std::size_t> number_behind(const std::string& text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    if (line.starts_with(name)) return number_at(line.substr(name.size()));
    at = end + 1;
  }
  return std::nullopt;
}

struct GroupFiles {
  const char *limit, *used, *droppable;
};
constexpr GroupFiles kUnified{"/memory.max", "/memory.current", "inactive_file"};
constexpr GroupFiles kSeparate{"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"};

/// What a group and all those above it leave; a group that is not to be seen leaves everything.
std::size_t left_by(const std::string& hierarchy, std::string group, const GroupFiles& files) {
  std::size_t left = std::numeric_limits<std::size_t>::max();
  for (;; group.resize(group.rfind('/'))) {
    if (group == "/") group.clear();
    const std::string folder = hierarchy + group;
    const auto limit = number_at(contents(folder + files.limit));
    const auto used = number_at(contents(folder + files.used));
    if (limit && used) {
      const std::size_t needed = *used - std::min(*used, number_behind(contents(folder + "/memory.stat"), files.droppable).value_or(0));
      left = std::min(left, *limit - std::min(*limit, needed));
    }
    if (group.empty() || group.front() != '/') return left;
  }
}

std::size_t left_by_groups(const std::string& root) {
  std::size_t left = std::numeric_limits<std::size_t>::max();
  const std::string groups = contents(root + "/proc/self/cgroup");
  for (std::size_t at = 0; at < groups.size();) {
    const std::size_t end = std::min(groups.find('\n', at), groups.size());
    // "0::/user.slice" of the unified hierarchy, "7:memory:/docker/3f" of separate ones.
    const std::string line = groups.substr(at, end - at);
    at = end + 1;
    const std::size_t controllers = line.find(':');
    const std::size_t group = controllers == std::string::npos ? std::string::npos : line.find(':', controllers + 1);
    if (group == std::string::npos) continue;
    const std::string of = ',' + line.substr(controllers + 1, group - controllers - 1) + ',';
    if (of == ",,") left = std::min(left, left_by(root + std::string(kGroups), line.substr(group + 1), kUnified));
    if (of.find(",memory,") != std::string::npos) {
      left = std::min(left, left_by(root + std::string(kGroups) + "/memory", line.substr(group + 1), kSeparate));
    }
  }
  return left;
}

/// What the limits of this process leave it: of its addresses, and of its data.
std::size_t left_by_limits(const std::string& root) {
  const std::string limits = contents(root + "/proc/self/limits"), sizes = contents(root + "/proc/self/statm");
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::size_t left = std::numeric_limits<std::size_t>::max(), at = 0;
  for (int field = 0; field < 6 && at < sizes.size(); ++field) {  // all addresses, …, data and stack
    const auto pages = number_at(std::string_view(sizes).substr(at));
    const auto limit = field == 0   ? number_behind(limits, "Max address space")
                       : field == 5 ? number_behind(limits, "Max data size")
                                    : std::nullopt;
    if (pages && limit) left = std::min(left, *limit - std::min(*limit, *pages * page));
    at = std::min(sizes.find(' ', at), sizes.size() - 1) + 1;
  }
  return left;
}

std::size_t half_of_machine() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::size_t>(pages) / 2 * static_cast<std::size_t>(page) : 0;
}

}  // namespace

std::size_t free_memory(const char* root) noexcept {
  try {
    const auto available = number_behind(contents(std::string(root) + "/proc/meminfo"), "MemAvailable:");  // in kB
    return std::min({available ? *available * 1024 : half_of_machine(), left_by_groups(root), left_by_limits(root)});
  } catch (...) {
    return 0;
  }
}

}  // namespace almanac
