#pragma once

#include "mutex.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>

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
    say_(line);
  }

 private:
  const std::function<void(std::string_view)> say_;
  Mutex mutex_;
  std::set<std::string, std::less<>> said_ ALMANAC_GUARDED_BY(mutex_);
};

}  // namespace almanac::cache
