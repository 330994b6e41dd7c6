#include "temporary_file.hpp"

#include "checksum.hpp"
#include "file_handle.hpp"
#include "lease_record.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
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

template <class T>
bool take_number(std::string_view& text, T& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data() + text.size() || *end != '-') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

/// What is known of the process that the name tells of.
ProcessIdentity::Life owner_of(std::string_view name, const ProcessIdentity& self) {
  name.remove_prefix(kMark.size());
  std::uint64_t place = 0;
  ProcessIdentity owner = self;
  if (!take_number(name, place, 16) || !take_number(name, owner.pid, 10) || !take_number(name, owner.start, 10)) return ProcessIdentity::Life::unknown;
  return place == place_of(self) ? owner.life() : ProcessIdentity::Life::unknown;
}

bool is_old(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return false;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return now - std::chrono::seconds(status.st_mtim.tv_sec) > kAbandoned;
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& folder) {
  const ProcessIdentity self = ProcessIdentity::of_this_process();
  std::array<char, 20> place;
  const auto place_end = std::to_chars(place.data(), place.data() + place.size(), place_of(self), 16).ptr;
  path_ = folder + '/' + std::string(kMark) + std::string(place.data(), place_end) + '-' + std::to_string(self.pid) + '-' +
          std::to_string(self.start) + '-' + draw_token();
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) past_signals([this] { return ::unlink(path_.c_str()); });
}

bool is_temporary_name(std::string_view name) noexcept { return name.starts_with(kMark); }

std::vector<Leftover> leftovers_in(const std::string& folder) {
  std::vector<Leftover> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!is_temporary_name(name)) continue;
    const auto owner = owner_of(name, ProcessIdentity::of_this_process());
    if (owner == ProcessIdentity::Life::runs) continue;
    found.push_back({at->path().string(), owner == ProcessIdentity::Life::ended || is_old(at->path().string())});
  }
  return found;
}

}  // namespace almanac::cache
