#pragma once

#include <almanac/cache/kind_settings.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// Why a tier would be given an artifact that is made now, or would not.
enum class Verdict {
  in_memory,         ///< given: memory takes everything
  asked_for,         ///< given: it is made by name (Request::keep, Request::recompute)
  everything,        ///< given: by its strategy everything is
  pays,              ///< given: making it takes longer than least_cost
  grows,             ///< given: what is there reaches less far, and is extended
  depends,           ///< nobody knows yet what making it takes: what it takes decides
  too_quick,         ///< not given: making it takes no longer than least_cost
  read_through,      ///< not given: beyond memory its kind is only read
  cache_aside,       ///< not given: nothing of its kind is stored unless it is asked for by name
  other_tiers,       ///< not given: its kind is kept elsewhere
  only_demoted,      ///< not given: this tier is fed by what a nearer one lets go of
};

/// "pays" …
std::string_view to_string(Verdict verdict) noexcept;

/// True for those that give it. Of `depends` nobody knows.
bool is_stored(Verdict verdict) noexcept;

/// What an artifact is worth keeping, and where. What it would take to make and load it, stored or not.
struct Appraisal {
  /// Where `cost` is from: the entry's header, what the kind took last in this process, the recipe's estimate.
  enum class Source { measured, last_of_kind, estimate, unknown };

  struct InTier {
    std::string_view tier;                   ///< lives as long as the cache
    bool is_there = false;                   ///< and reaches far enough
    std::chrono::nanoseconds load{0};        ///< what loading it from there will probably take
    std::chrono::nanoseconds write{0};
    std::chrono::nanoseconds least_cost{0};  ///< what making it must take longer than; negative: always
    Verdict verdict = Verdict::depends;
  };

  std::chrono::nanoseconds cost{0};          ///< of making it anew
  Source source = Source::unknown;
  std::optional<std::uint64_t> bytes;        ///< of its arrays; nullopt: nobody knows, and times to load are those of a small one
  double reuse = 1;                          ///< of its kind: hits per artifact made
  KindSettings settings;                     ///< of its kind
  std::vector<InTier> tiers;                 ///< from the nearest
};

/// "measured", "last_of_kind" …
std::string_view to_string(Appraisal::Source source) noexcept;

}  // namespace almanac::cache
