#pragma once

#include <almanac/cache/tier.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// Which entries are meant: those of which everything holds that is asked here. What is left empty asks nothing.
struct Selection {
  std::vector<Id> ids{};         ///< one of these
  std::string kind{};            ///< of this kind
  std::optional<int> version{};  ///< of this version of its recipe
  std::string glob{};            ///< the key text is like this: see matches_glob()
  std::string tag{};             ///< it has this tag
  std::string producer{};        ///< who made it is like this glob: "almanac/0.1.*"
  std::optional<std::chrono::nanoseconds> older_than{};  ///< it was made longer ago
  std::optional<std::chrono::nanoseconds> unused_for{};  ///< it was last used longer ago
  bool expired = false;          ///< it is past its time
  std::function<bool(const Key&, const EntryFacts&)> also{};  ///< and this gives true. Must not throw

  /// True where nothing is asked: all entries are meant.
  bool is_everything() const;

  /// Whether all of it holds that an entry tells of itself: the tag is left out, and so is when it was used.
  bool holds(const Key& key, const EntryFacts& facts, std::chrono::system_clock::time_point now) const;

  /// The same with its use. The tag is left out: see DiskTier::has_tag().
  bool holds(const EntryInfo& entry, std::chrono::system_clock::time_point now) const;
};

/// Whether the whole text is like a pattern: * is any text, ? any one byte, [a-z0] one of these and [!a-z0] none of these ([ without
/// its ] is a bracket); anything else is itself, and so is what follows a backslash. Braces, as keys have them, are themselves.
/// Cost: pattern times text at worst, nothing on the heap
bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace almanac::cache
