#pragma once

#include <almanac/cache/statistics.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace almanac::cache {

/// Statistics as text: a head, then one line a fact, each with a checksum of its own, so that of a torn journal the whole lines
/// count. Names that a reader does not know, and lines, are passed over.
///     almanac-statistics 1 #5d41402a
///     span since=1795405601234567 until=… uptime=…(ns) processes=1 #…
///     kind laplacian joined=0 bytes=0 stored=3 … #…          bytes: handed out otherwise than by a tier
///     hits laplacian memory bytes=… cost=… total=… 25:3 26:1 #…   total of times in ns; range:count
///     misses laplacian total=… 40:3 #…
///     computing laplacian total=… 39:3 #…
///     tier disk hits=… misses=… … #…
///     speed disk load=3000 load_byte=0.05 write=… write_byte=… learned=… #…
///     day 20780 requests=… hits=… … #…
///     held 20780 time=… entries=… bytes=… #…
///     used uses=… last=… cost=… bytes=… computed=… coverage=… KEY #…
///     includes 0f3a….journal #…                              a journal that is counted here, and may still lie about
///     end 9 #…                                               lines before this one: only with it is a total whole
struct StatisticsText {
  Statistics statistics;
  std::set<std::string, std::less<>> includes;  ///< names of journals

  enum class State { whole, torn, newer };
  State state = State::torn;                    ///< whole: no line is missing

  std::string text() const;

  /// What there is in it; nothing where the head is not whole, or newer.
  static StatisticsText parse(std::string_view text);
};

/// What a new process is told, in the same lines: head, `speed`, and
///     past laplacian hits=… made=… #…
std::string text_of(const Learned& learned);
Learned parse_learned(std::string_view text);

}  // namespace almanac::cache
