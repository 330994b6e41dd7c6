#pragma once

#include <almanac/cache/admission.hpp>

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace almanac::cache {

/// When what was computed for somebody gets where.
///   write_through  into every tier, before it is handed out
///   write_back     into memory at once, beyond it a little later; Cache::flush() waits for that
///   read_through   into memory only; what is found farther away is kept nearer as ever
///   cache_aside    nowhere
/// Whatever is stored by name (Request::keep, Request::recompute, Cache::put_many) is so at once, in all tiers of its kind.
enum class WriteMode { write_through, write_back, read_through, cache_aside };

/// What is done to arrays on disk. deflate: where that saves a fifth or more, with bytes shuffled, as HDF5 does it.
enum class Compression { none, deflate };

std::span<const WriteMode> all_write_modes() noexcept;
std::span<const Compression> all_compressions() noexcept;

/// "write_through" …, "none" …
std::string_view to_string(WriteMode mode) noexcept;
std::string_view to_string(Compression compression) noexcept;

/// Errors: invalid_argument ← no such name; the message lists them.
Result<WriteMode> parse_write_mode(std::string_view name);
Result<Compression> parse_compression(std::string_view name);

/// How artifacts of one kind are kept.
struct KindSettings {
  Admission admission = kDefaultAdmission;
  WriteMode write = WriteMode::write_through;

  /// What is made from now on expires so long after, as the strategy adapts it; nullopt: never.
  std::optional<std::chrono::nanoseconds> ttl{};

  /// The tiers by name where it is kept; empty: all. Looked up it is in all of them.
  std::set<std::string, std::less<>> tiers{};

  bool pin = false;                             ///< on disk never evicted to make room
  Compression compression = Compression::none;  ///< on disk
};

}  // namespace almanac::cache
