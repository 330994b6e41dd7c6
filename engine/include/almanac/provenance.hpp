#pragma once

#include <almanac/cache/cache.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace almanac {

/// Where an answer came from.
struct Provenance {
  std::string source;                 ///< "computed", "joined", or a tier: "memory", "disk" …
  std::string key;
  std::string id;
  std::chrono::nanoseconds elapsed;   ///< of the request
  std::chrono::nanoseconds cost;      ///< what computing it took, when it was computed
  std::string producer;               ///< program with version, and instruction set
  std::string rigor{};                ///< of a plan: what the one in use was planned at; else empty
};

Provenance provenance_of(const cache::Answer& answer);

}  // namespace almanac
