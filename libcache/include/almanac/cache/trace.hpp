#pragma once

#include <almanac/cache/error.hpp>
#include <almanac/cache/policy.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace almanac::cache {

/// One request that a cache has answered, from wherever.
struct TraceRequest {
  std::chrono::system_clock::time_point when{};
  Candidate wanted;  ///< what was handed out: its bytes, and what making it had cost
};

/// A trace is a text file. A head before the first request, and again wherever a process began to write; then one line a request:
///     almanac-trace 1
///     1795405601234567 5e0c1f7a…32 hex digits 8192 1204511 - ;
/// which are when (in microseconds since 1970), id, bytes, cost in ns, when it expires (as `when`; -: never), and a mark by
/// which a line is known to be whole. Processes append side by side; what one of them left torn costs that line.
inline constexpr std::string_view kTraceHead = "almanac-trace 1\n";

/// Appends one line to `text`.
void append_trace_line(std::string& text, const TraceRequest& request);

/// Nothing: it is no whole line of a trace.
std::optional<TraceRequest> parse_trace_line(std::string_view line);

/// What a file held.
struct TraceCount {
  std::uint64_t requests = 0;
  std::uint64_t damaged = 0;  ///< lines that are none, passed over; the last one, if nobody has ended it, is not counted
};

/// Calls `visit` with each request, in the order of the file; stops when it returns false.
/// Errors: foreign ← it does not begin with a trace's head; newer_format ← it is of another version; by errno.
/// Cost: one pass, bounded memory
Result<TraceCount> read_trace(const std::filesystem::path& file, const std::function<bool(const TraceRequest&)>& visit);

}  // namespace almanac::cache
