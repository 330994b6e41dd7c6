#pragma once

#include <almanac/cache/error.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace almanac::cache {

/// What an implicit result must have cost to be stored beyond memory, and how long what expires lasts.
///   aggressive     everything is stored; it lasts twice as long
///   balanced       cost > load
///   conservative   cost > 10 load; it lasts half as long
///   dynamic        uses · (cost − load) > write, that is cost > load + write / reuse; it lasts reuse times as long, ½ to 2 times
/// load and write are what loading an artifact from a tier and storing it there will probably take, reuse is how often one of its
/// kind is found again once it was made.
enum class Admission { aggressive, balanced, conservative, dynamic };

inline constexpr Admission kDefaultAdmission = Admission::balanced;

/// All of them, in this order.
std::span<const Admission> all_admissions() noexcept;

/// "aggressive" …
std::string_view to_string(Admission admission) noexcept;

/// Errors: invalid_argument ← no strategy's name; the message lists them.
Result<Admission> parse_admission(std::string_view name);

/// What storing one artifact in one tier is about.
struct Economics {
  std::chrono::nanoseconds load{0};   ///< predicted, learned from the tier's hits
  std::chrono::nanoseconds write{0};  ///< predicted, learned from what was stored there
  double reuse = 1;                   ///< hits per artifact made, of its kind
};

/// It is stored where making it took longer than this; negative: always.
std::chrono::nanoseconds least_cost(Admission admission, const Economics& economics) noexcept;

/// The time to live of what expires, for a kind that is found again so often.
std::chrono::nanoseconds adapted(std::chrono::nanoseconds ttl, Admission admission, double reuse) noexcept;

/// How often artifacts of a kind were asked for.
struct Usage {
  std::uint64_t hits = 0;  ///< found in a tier
  std::uint64_t made = 0;
};

/// (hits + 4) / (made + 4): one, where nothing is known yet.
double reuse_of(const Usage& usage) noexcept;

/// How long moving some bytes takes: latency + bytes · nanoseconds_per_byte.
struct Speed {
  std::chrono::nanoseconds latency{0};
  double nanoseconds_per_byte = 0;

  std::chrono::nanoseconds time_of(std::uint64_t bytes) const noexcept;
};

/// Of a tier. Begins with what was measured of a local disk and its page cache.
struct TierSpeed {
  Speed load{std::chrono::nanoseconds(3000), 1.0 / 18};
  Speed write{std::chrono::nanoseconds(150'000), 0.5};
};

}  // namespace almanac::cache
