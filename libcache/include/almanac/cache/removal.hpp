#pragma once

#include <almanac/cache/error.hpp>
#include <almanac/cache/tier.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace almanac::cache {

/// Why an entry was removed.
///   manual        somebody named it
///   ttl_expired   it was past its time
///   data_changed  what it was made from, or the host it is bound to, is another by now
///   capacity      there was no room for all
///   error         it was not sound, and is in the quarantine
///   pattern       it was among those that a glob, a tag, a producer or an age meant
///   dependency    it was made from one that was removed
enum class RemovalReason { manual, ttl_expired, data_changed, capacity, error, pattern, dependency };

/// All of them, in the order above.
std::span<const RemovalReason> all_removal_reasons() noexcept;

/// "manual" …
std::string_view to_string(RemovalReason reason) noexcept;

/// Errors: invalid_argument ← no reason's name; the message lists them.
Result<RemovalReason> parse_removal_reason(std::string_view name);

/// One entry that is gone.
struct Removal {
  Id id;
  RemovalReason reason = RemovalReason::manual;
  std::string key{};                 ///< its text; empty: nobody could tell any more. Of more than 4096 bytes, the beginning
  std::uint64_t bytes = 0;           ///< that it took in its tier
  std::chrono::nanoseconds cost{0};  ///< of making it anew
  std::chrono::system_clock::time_point when{};  ///< append(): 1970 is now
  std::string who{};                 ///< "user@host program pid"; append(): empty is this process

  static Removal of(const EntryInfo& entry, RemovalReason reason);
};

/// What was removed from a cache, why, and who asked: a text file in its root, removals.log, one line a removal:
///     1795405601234567 capacity 5e0c1f7a…32 hex digits 8192 1204511 ann@node17 almanac 4711 laplacian@1{…} #5d41402a
/// which are when (in microseconds since 1970), why, id, bytes, cost in ns, user and host (as the environment says), program,
/// pid, key, and a checksum over what is before it. Processes append side by side, whole lines; what one of them left torn costs
/// that line. At some MB the file becomes removals.1.log, in the place of the one before.
/// Threads: thread-safe, and so are processes.
class RemovalLog {
 public:
  static constexpr std::string_view kFile = "removals.log";
  static constexpr std::string_view kOlderFile = "removals.1.log";
  static constexpr std::uint64_t kMostBytes = 4 << 20;  ///< about 20,000 lines

  /// Touches nothing. An empty root: nothing is kept.
  explicit RemovalLog(std::filesystem::path root, std::uint64_t most_bytes = kMostBytes);

  /// Writes a line for each, all at once. Whatever fails is silent: a log is never in the way.
  /// Cost: six system calls, however many they are
  void append(std::span<const Removal> removals) const noexcept;

  struct Count {
    std::uint64_t removals = 0;
    std::uint64_t damaged = 0;  ///< lines that are none, passed over
  };

  /// Calls `visit` with each, the oldest first; stops when it returns false. No log is an empty one.
  /// Errors: by errno.
  /// Cost: one pass, bounded memory
  static Result<Count> read(const std::filesystem::path& root, const std::function<bool(const Removal&)>& visit);

 private:
  std::filesystem::path root_;
  std::uint64_t most_bytes_;
};

}  // namespace almanac::cache
