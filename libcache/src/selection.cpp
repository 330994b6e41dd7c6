#include <almanac/cache/selection.hpp>

#include <algorithm>
#include <cstddef>

namespace almanac::cache {
namespace {

/// What stands at a place of a pattern, other than a star: how long it is there, and whether it takes this byte.
struct Element {
  std::size_t length = 1;
  bool takes = false;
};

/// Source: POSIX.1-2017, XCU 2.13 (pattern matching notation), without its character classes and collating elements.
Element bracket_at(std::string_view pattern, unsigned char byte) noexcept {
  std::size_t at = 1;
  const bool is_inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (is_inverted) ++at;
  bool is_in = false;
  for (const std::size_t first = at; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > first) return {at + 1, is_in != is_inverted};
    const auto from = static_cast<unsigned char>(pattern[at]);
    auto to = from;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      to = static_cast<unsigned char>(pattern[at + 2]);
      at += 2;
    }
    is_in = is_in || (from <= byte && byte <= to);
  }
  return {1, byte == '['};
}

Element element_at(std::string_view pattern, unsigned char byte) noexcept {
  switch (pattern.front()) {
    case '?': return {1, true};
    case '[': return bracket_at(pattern, byte);
    case '\\':
      if (pattern.size() > 1) return {2, static_cast<unsigned char>(pattern[1]) == byte};
      [[fallthrough]];
    default: return {1, static_cast<unsigned char>(pattern.front()) == byte};
  }
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  // Of several stars only the last one met needs to be tried again: what is before it has matched as early as it can.
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t at = 0, star = kNone, tried = 0;
  for (std::size_t place = 0; place < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      tried = place;
      continue;
    }
    const Element element = at < pattern.size() ? element_at(pattern.substr(at), static_cast<unsigned char>(text[place])) : Element{};
    if (element.takes) {
      at += element.length;
      ++place;
    } else if (star != kNone) {
      at = star;
      place = ++tried;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == kNone;
}

bool Selection::is_everything() const {
  return ids.empty() && kind.empty() && !version && glob.empty() && tag.empty() && producer.empty() && !older_than && !unused_for &&
         !expired && !also;
}

bool Selection::holds(const Key& key, const EntryFacts& facts, std::chrono::system_clock::time_point now) const {
  if (!kind.empty() && key.kind() != kind) return false;
  if (version && key.version() != *version) return false;
  if (!ids.empty() && std::ranges::find(ids, key.id()) == ids.end()) return false;
  if (expired && !(facts.expires && *facts.expires <= now)) return false;
  if (older_than && !(facts.created < now - *older_than)) return false;
  if (!glob.empty() && !matches_glob(glob, key.text())) return false;
  if (!producer.empty() && !matches_glob(producer, facts.producer.version)) return false;
  return !also || also(key, facts);
}

bool Selection::holds(const EntryInfo& entry, std::chrono::system_clock::time_point now) const {
  return (!unused_for || entry.last_used < now - *unused_for) && holds(entry.key, entry.facts, now);
}

}  // namespace almanac::cache
