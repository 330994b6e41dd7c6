#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Clang's thread-safety analysis: which lock guards what is checked at compile time
// (clang++ -Wthread-safety); other compilers see nothing.
#if defined(__clang__)
#define ALMANAC_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define ALMANAC_THREAD_SAFETY(attribute)
#endif
#define ALMANAC_GUARDED_BY(mutex) ALMANAC_THREAD_SAFETY(guarded_by(mutex))
#define ALMANAC_REQUIRES(mutex) ALMANAC_THREAD_SAFETY(requires_capability(mutex))
#define ALMANAC_EXCLUDES(mutex) ALMANAC_THREAD_SAFETY(locks_excluded(mutex))

namespace almanac::cache {

/// std::mutex with the annotations that the analysis needs. Taken through MutexLock alone.
class ALMANAC_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  void lock() ALMANAC_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() ALMANAC_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

/// Holds a Mutex for its own lifetime.
class ALMANAC_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ALMANAC_THREAD_SAFETY(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() ALMANAC_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable for a Mutex. It wakes without reason at times: wait in a loop over the condition.
/// It is never destroyed: in a forked child that would wait for ever for the parent's threads to leave it. It holds nothing but itself.
class Condition {
 public:
  Condition() : condition_() {}
  ~Condition() {}
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  void wait(Mutex& mutex) ALMANAC_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  void wait_for(Mutex& mutex, std::chrono::nanoseconds longest) ALMANAC_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_for(lock, longest);
    lock.release();
  }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  union {
    std::condition_variable condition_;
  };
};

}  // namespace almanac::cache
