#include "temporary_file.hpp"

#include "checksum.hpp"
#include "lease_record.hpp"
#include "mutex.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

constexpr std::string_view kMark = ".tmp-";
constexpr std::chrono::hours kAbandoned{24};

std::uint64_t place_of(const ProcessIdentity& process) {
  const std::string text = process.boot + '\n' + process.pid_namespace;
  return checksum64(std::as_bytes(std::span(text)));
}

/// As ProcessIdentity::of_this_process(), which reads /proc, but once a process.
ProcessIdentity this_process() {
  static Mutex mutex;
  static std::optional<ProcessIdentity> known;
  const MutexLock lock(mutex);
  if (!known || known->pid != ::getpid()) known = ProcessIdentity::of_this_process();
  return *known;
}

template <class T>
bool take_number(std::string_view& text, T& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data() + text.size() || *end != '-') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

/// True when the process that the name tells of is known to have ended.
bool owner_is_dead(std::string_view name, const ProcessIdentity& self) {
  name.remove_prefix(kMark.size());
  std::uint64_t place = 0;
  ProcessIdentity owner = self;
  if (!take_number(name, place, 16) || !take_number(name, owner.pid, 10) || !take_number(name, owner.start, 10)) return false;
  return place == place_of(self) && owner.is_known_dead();
}

bool is_abandoned(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return false;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return now - std::chrono::seconds(status.st_mtim.tv_sec) > kAbandoned;
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& folder) {
  const ProcessIdentity self = this_process();
  std::array<char, 20> place;
  const auto place_end = std::to_chars(place.data(), place.data() + place.size(), place_of(self), 16).ptr;
  path_ = folder + '/' + std::string(kMark) + std::string(place.data(), place_end) + '-' + std::to_string(self.pid) + '-' +
          std::to_string(self.start) + '-' + draw_token();
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

bool is_temporary_name(std::string_view name) noexcept { return name.starts_with(kMark); }

void remove_leftovers(const std::string& folder) noexcept try {
  const ProcessIdentity self = this_process();
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!is_temporary_name(name)) continue;
    if (owner_is_dead(name, self) || is_abandoned(at->path().string())) ::unlink(at->path().c_str());
  }
} catch (...) {
  // No memory for a name: what is left behind stays until the next process looks.
}

}  // namespace almanac::cache
