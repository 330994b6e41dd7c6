#pragma once

#include <atomic>
#include <exception>

namespace almanac::compute {

/// What a parallel loop's work threw: an exception that leaves a thread's part of the loop would end the program. The first that is
/// seen is kept, the work that is left is passed over, and it is thrown again after the loop.
class LoopFailure {
 public:
  template <class Work>
  void run(const Work& work) noexcept {
    if (failed_.load(std::memory_order_relaxed)) return;
    try {
      work();
    } catch (...) {
      if (!failed_.exchange(true)) first_ = std::current_exception();
    }
  }

  /// After the loop, whose end the threads have waited for.
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::atomic<bool> failed_ = false;
  std::exception_ptr first_;
};

}  // namespace almanac::compute
