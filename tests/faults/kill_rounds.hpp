#pragma once

#include <functional>

#include <sys/types.h>

namespace almanac::testing {

/// Something that processes do to a cache folder, while they are killed.
class Deed {
 public:
  virtual ~Deed() = default;

  /// In the child: opens what it works with.
  virtual void begin() = 0;

  /// In the child, again and again: does it; gives false where it went wrong. Deeds recur every `turns()` times, and each
  /// of them is killed at alike.
  virtual bool work(int turn) = 0;
  virtual int turns() const = 0;

  /// In the parent, after the kill: looks at all that the child has told, as a new process would, and makes ready for
  /// the next round.
  virtual void check() = 0;

  /// In the parent, before: true when the dead child has left files in the making, or leases.
  virtual bool has_left_something(pid_t child) const = 0;
};

struct Kills {
  int kills = 0;
  int with_leftovers = 0;
};

/// Lets a child do the deed and kills it, so many times. The instants are spread evenly over each of the turns, as the first
/// thing a new process does, and over as much time again. Stops at the first failure.
Kills kill_at(Deed& deed, int kills, unsigned seed);

}  // namespace almanac::testing
