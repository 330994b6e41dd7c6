#pragma once

#include "mutex.hpp"

#include <almanac/cache/one_line.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace almanac::cache {

/// Says each thing once.
/// Threads: thread-safe; the callback is called without a lock.
class Warnings {
 public:
  explicit Warnings(std::function<void(std::string_view)> say) : say_(std::move(say)) {}

  void once(std::string_view cause, std::string_view line) ALMANAC_EXCLUDES(mutex_) {
    if (!say_) return;
    {
      const MutexLock lock(mutex_);
      if (!said_.emplace(cause).second) return;
    }
    say_(one_line(line));
  }

  /// Somebody has been told otherwise: the cause is not told any more.
  void told(std::string_view cause) ALMANAC_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    said_.emplace(cause);
  }

  /// Keeps a line back until say_held(): it may be the shadow of a greater trouble that is about to be told.
  void hold(std::string_view cause, std::string_view line) ALMANAC_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (held_.first.empty()) held_ = {std::string(cause), std::string(line)};
  }

  /// Says what was kept back, once, unless anything else was said before.
  void say_held() ALMANAC_EXCLUDES(mutex_) {
    std::pair<std::string, std::string> held;
    {
      const MutexLock lock(mutex_);
      if (held_.first.empty()) return;
      held = std::exchange(held_, {});
      if (!said_.empty()) return;
    }
    once(held.first, held.second);
  }

 private:
  const std::function<void(std::string_view)> say_;
  Mutex mutex_;
  std::set<std::string, std::less<>> said_ ALMANAC_GUARDED_BY(mutex_);
  std::pair<std::string, std::string> held_ ALMANAC_GUARDED_BY(mutex_);  ///< cause and line; empty: nothing
};

}  // namespace almanac::cache
