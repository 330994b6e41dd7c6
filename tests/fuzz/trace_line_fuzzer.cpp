// A line of a trace: what parses is a whole request, which is written down again as it was understood.

#include "targets.hpp"

#include <almanac/cache/trace.hpp>

#include <string>
#include <string_view>

namespace almanac::fuzz {

void trace_line(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto request = cache::parse_trace_line(text);
  if (!request) return;
  const cache::Candidate& wanted = request->wanted;
  promised(wanted.cost.count() >= 0 && request->when.time_since_epoch().count() >= 0, "a time that was never written");
  std::string line;
  cache::append_trace_line(line, *request);
  promised(line.ends_with('\n') && line.size() <= 256, "a line that is longer than lines are");
  const auto again = cache::parse_trace_line(std::string_view(line).substr(0, line.size() - 1));
  promised(again && again->when == request->when && again->wanted.id == wanted.id && again->wanted.bytes == wanted.bytes &&
               again->wanted.cost == wanted.cost && again->wanted.expires == wanted.expires,
           "a request that is another one when it is written down");
  for (std::size_t length = 0; length < text.size(); ++length) {
    promised(!cache::parse_trace_line(text.substr(0, length)), "a torn line is read");
  }
}

}  // namespace almanac::fuzz
