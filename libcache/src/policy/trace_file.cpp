#include <almanac/cache/trace.hpp>

#include "file_handle.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cerrno>
#include <limits>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

using Clock = std::chrono::system_clock;
using Microseconds = std::chrono::microseconds;

constexpr std::string_view kAnyHead = "almanac-trace ";
constexpr std::string_view kWhole = " ;";
constexpr std::size_t kLongestLine = 256;
constexpr std::int64_t kLastMicrosecond = std::numeric_limits<std::int64_t>::max() / 1000;  // that a time point can hold

/// One line on its way into a text.
class Line {
 public:
  void put(char mark) noexcept { bytes_[length_++] = mark; }
  void number(std::uint64_t value) noexcept {
    length_ = static_cast<std::size_t>(std::to_chars(bytes_.data() + length_, bytes_.data() + bytes_.size(), value).ptr - bytes_.data());
  }
  /// Times before 1970 are 1970.
  void time(Clock::time_point time) noexcept {
    const auto since = std::chrono::duration_cast<Microseconds>(time.time_since_epoch()).count();
    number(static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0)));
  }
  void hex(std::uint64_t half) noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) put(kDigits[half >> shift & 15]);
  }
  std::string_view text() const noexcept { return {bytes_.data(), length_}; }

 private:
  std::array<char, kLongestLine> bytes_;  // four numbers of 20 digits at most, an id, and marks between them
  std::size_t length_ = 0;
};

/// Takes the next word off the front.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool read_number(std::string_view word, std::int64_t most, std::int64_t& value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() && value >= 0 && value <= most;
}

/// What is wrong with the first line, if anything.
std::optional<Error> problem_of_head(std::string_view line, const std::string& path) {
  if (line == kTraceHead.substr(0, kTraceHead.size() - 1)) return std::nullopt;
  if (line.starts_with(kAnyHead)) {
    return Error{ErrorCode::newer_format, path + ": trace of version '" + std::string(line.substr(kAnyHead.size(), 20)) + "': this build reads version 1"};
  }
  return Error{ErrorCode::foreign, path + ": no trace: it does not begin with '" + std::string(kTraceHead.substr(0, kTraceHead.size() - 1)) + "'"};
}

}  // namespace

void append_trace_line(std::string& text, const TraceRequest& request) {
  Line line;
  line.time(request.when);
  line.put(' ');
  line.hex(request.wanted.id.high);
  line.hex(request.wanted.id.low);
  line.put(' ');
  line.number(request.wanted.bytes);
  line.put(' ');
  line.number(static_cast<std::uint64_t>(std::max<std::int64_t>(request.wanted.cost.count(), 0)));
  line.put(' ');
  if (request.wanted.expires) {
    line.time(*request.wanted.expires);
  } else {
    line.put('-');
  }
  for (const char mark : kWhole) line.put(mark);
  line.put('\n');
  text += line.text();
}

std::optional<TraceRequest> parse_trace_line(std::string_view line) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (!line.ends_with(kWhole)) return std::nullopt;
  line.remove_suffix(kWhole.size());
  TraceRequest request;
  std::int64_t when = 0, bytes = 0, cost = 0, expires = 0;
  if (!read_number(take_word(line), kLastMicrosecond, when)) return std::nullopt;
  const auto id = Id::parse(take_word(line));
  if (!id || !read_number(take_word(line), kMost, bytes) || !read_number(take_word(line), kMost, cost)) return std::nullopt;
  if (line != "-") {
    if (!read_number(line, kLastMicrosecond, expires)) return std::nullopt;
    request.wanted.expires = Clock::time_point(Microseconds(expires));
  }
  request.when = Clock::time_point(Microseconds(when));
  request.wanted.id = *id;
  request.wanted.bytes = static_cast<std::uint64_t>(bytes);
  request.wanted.cost = std::chrono::nanoseconds(cost);
  return request;
}

Result<TraceCount> read_trace(const std::filesystem::path& file, const std::function<bool(const TraceRequest&)>& visit) {
  const FileHandle handle = FileHandle::open(file.c_str(), O_RDONLY);
  if (!handle.is_open()) return system_error(errno, "cannot open", file.string());
  TraceCount count;
  std::vector<char> block(1 << 16);
  std::string line;
  bool has_head = false, is_too_long = false;
  for (;;) {
    const ssize_t got = past_signals([&] { return ::read(handle.get(), block.data(), block.size()); });
    if (got < 0) return system_error(errno, "cannot read", file.string());
    if (got == 0) break;
    std::string_view rest(block.data(), static_cast<std::size_t>(got));
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      is_too_long = is_too_long || line.size() + part.size() > kLongestLine;
      if (!is_too_long) line += part;
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
      if (!has_head) {
        if (auto problem = problem_of_head(line, file.string())) return *problem;
        has_head = true;
      } else if (const auto request = is_too_long ? std::nullopt : parse_trace_line(line)) {
        ++count.requests;
        if (!visit(*request)) return count;
      } else if (line.starts_with(kAnyHead)) {
        if (auto problem = problem_of_head(line, file.string())) return *problem;
      } else if (is_too_long || !line.empty()) {
        ++count.damaged;
      }
      line.clear();
      is_too_long = false;
    }
    if (!has_head && is_too_long) break;  // not a trace, and perhaps without any end of line
  }
  if (has_head) return count;
  if (auto problem = problem_of_head(line, file.string())) return *problem;
  return count;
}

}  // namespace almanac::cache
