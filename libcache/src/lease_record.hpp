#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace almanac::cache {

/// A process, as far as another one can tell whether it still runs. Fields that the system does not
/// give are empty, and such a process is watched by its heartbeat alone.
struct ProcessIdentity {
  std::string boot;           ///< /proc/sys/kernel/random/boot_id: this boot of this machine
  std::string pid_namespace;  ///< the link /proc/self/ns/pid: where the pid means anything
  std::int64_t pid = 0;
  std::uint64_t start = 0;    ///< field 22 of /proc/pid/stat, so that a pid used again is seen; 0: unknown
  std::string host;           ///< for people

  /// The calling process; looked up once. Right after fork(), too.
  static ProcessIdentity of_this_process();

  /// True when it ran under this boot and in this PID namespace, so that its pid means something here.
  bool is_of_this_system() const;

  enum class Life { runs, ended, unknown };

  /// Ended: it is of this system, and now there is no such pid, or only a zombie, or the pid started at another time.
  /// Unknown: of another machine, boot or namespace, or one that does not tell.
  /// Cost: one small file of /proc opened, read and closed.
  Life life() const;
  bool is_known_dead() const { return life() == Life::ended; }
};

/// What a lease file says. Text, one field a line, the heartbeat at a fixed place:
///
///     almanac-lease 1
///     beat 00000000000000000007
///     token 5d0ab4c5e6f1a2934c0f7b1d90e83a55
///     boot 2c1f…
///     pidns pid:[4026531836]
///     pid 4711
///     start 8831923
///     host node17
///     end
///
/// with `left` in the place of `end` once its holder has gone without doing what it was taken for.
struct LeaseRecord {
  std::string token;  ///< of this acquisition: 32 random hex digits
  std::uint64_t beat = 0;
  ProcessIdentity holder;
  bool is_left = false;

  /// The heartbeat of who does not work, but clears what the dead have left.
  static constexpr std::uint64_t kClearing = std::numeric_limits<std::uint64_t>::max();

  static constexpr std::size_t kBeatOffset = 21;  ///< of the 20 digits
  static constexpr std::size_t kLongest = 4096;

  std::string text() const;

  /// What is to be written over the last line of its text, and from where on, so that it says that it is left. The heartbeat
  /// may be written meanwhile.
  static constexpr std::string_view kLeft = "left\n";
  std::size_t end_offset() const;

  /// nullopt ← anything but a whole record: its writer is at it, or died over it, or it is no lease.
  static std::optional<LeaseRecord> parse(std::string_view text);
};

/// The 20 digits of a heartbeat.
std::string beat_digits(std::uint64_t beat);

/// 32 hex digits that nobody drew before.
std::string draw_token();

}  // namespace almanac::cache
