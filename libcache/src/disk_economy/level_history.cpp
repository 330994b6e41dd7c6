#include "disk_economy/level_history.hpp"

#include "checksum.hpp"
#include "commit_name.hpp"
#include "file_handle.hpp"
#include "temporary_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <fcntl.h>

namespace almanac::cache {
namespace {

constexpr std::size_t kMostText = 256 * LevelHistory::kMost;

std::string level_checksum(std::string_view text) {
  std::array<char, 8> digits;
  digits.fill('0');
  std::array<char, 8> plain;
  const auto sum = static_cast<std::uint32_t>(checksum64(std::as_bytes(std::span(text))));
  const auto end = std::to_chars(plain.data(), plain.data() + plain.size(), sum, 16).ptr;
  std::copy(plain.data(), end, digits.end() - (end - plain.data()));
  return {digits.data(), digits.size()};
}

std::optional<std::pair<LevelHistory::Time, double>> parse_level(std::string_view line) {
  const auto mark = line.rfind(" #");
  if (mark == std::string_view::npos || line.substr(mark + 2) != level_checksum(line.substr(0, mark))) return std::nullopt;
  std::int64_t seconds = 0;
  double level = 0;
  const char* const end = line.data() + mark;
  const auto [space, problem] = std::from_chars(line.data(), end, seconds);
  if (problem != std::errc() || space == end || *space != ' ') return std::nullopt;
  const auto [stop, trouble] = std::from_chars(space + 1, end, level);
  if (trouble != std::errc() || stop != end || !std::isfinite(level) || level < 0) return std::nullopt;
  return std::pair(LevelHistory::Time(std::chrono::seconds(seconds)), level);
}

}  // namespace

LevelHistory LevelHistory::read(const std::string& file) {
  LevelHistory history;
  const FileHandle handle = FileHandle::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!handle.is_open()) return history;
  std::string text(kMostText, '\0');
  const auto got = read_at(handle, std::as_writable_bytes(std::span(text)), 0, file);
  if (!got) return history;
  std::string_view rest(text.data(), *got);
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (const auto level = parse_level(rest.substr(0, end))) history.levels_.push_back(*level);
    rest.remove_prefix(end + 1);
  }
  std::ranges::sort(history.levels_);
  return history;
}

double LevelHistory::at(Time time) const noexcept {
  const auto after = std::ranges::upper_bound(levels_, time, {}, &std::pair<Time, double>::first);
  return after == levels_.begin() ? 0 : std::prev(after)->second;
}

void LevelHistory::rise(Time now, double level) {
  if (level <= last()) return;
  // A clock that was set back must not bring the order of levels into disorder.
  const Time time = std::chrono::floor<std::chrono::seconds>(levels_.empty() ? now : std::max(now, levels_.back().first));
  if (!levels_.empty() && levels_.back().first == time) {
    levels_.back().second = level;
  } else {
    levels_.emplace_back(time, level);
  }
  if (levels_.size() <= kMost) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    if (i < kMost / 2 && i % 2 == 0) continue;  // of two the later, higher one stays
    levels_[kept++] = levels_[i];
  }
  levels_.resize(kept);
}

void LevelHistory::write(const std::string& file) const noexcept try {
  std::string text;
  for (const auto& [time, level] : levels_) {
    std::array<char, 64> number;
    std::string line = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()) + ' ';
    line.append(number.data(), std::to_chars(number.data(), number.data() + number.size(), level).ptr);
    text += line + " #" + level_checksum(line) + '\n';
  }
  TemporaryFile temporary(file.substr(0, file.rfind('/')));
  FileHandle handle = FileHandle::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!handle.is_open() || !write_at(handle, std::as_bytes(std::span(text)), 0, temporary.path())) return;
  if (handle.close_written() == 0 && rename_over(temporary.path().c_str(), file.c_str()) == 0) temporary.let_go();
} catch (...) {
  // It costs a worse choice.
}

}  // namespace almanac::cache
