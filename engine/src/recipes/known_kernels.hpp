#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/fractional_kernel.hpp>

#include <array>
#include <atomic>
#include <cstddef>

namespace almanac::recipes {

/// A kernel that was asked for, with what is worked out on the way to it.
struct KnownKernel {
  FractionalKernelSpec spec;
  cache::Request request;
  double scale;
};

/// The kernels an engine was asked for first, ready for the next time: to name one and to raise dt to its power takes as long
/// as all the rest of a hit. What was known once is known to the end, so that nobody has to wait or count to read it; who comes
/// when there is no place any more does without.
/// Threads: thread-safe, without locks. Cost: a few ns.
class KnownKernels {
 public:
  KnownKernels() = default;
  ~KnownKernels();
  KnownKernels(const KnownKernels&) = delete;
  KnownKernels& operator=(const KnownKernels&) = delete;

  /// nullptr: not known. Lives as long as this.
  const KnownKernel* find(const FractionalKernelSpec& spec) const noexcept;

  /// Keeps it, unless it is known or its places are taken.
  void remember(KnownKernel kernel);

  static constexpr std::size_t kPlaces = 256;
  static constexpr std::size_t kTries = 4;  ///< places that one kernel may have

 private:
  std::array<std::atomic<const KnownKernel*>, kPlaces> places_{};
};

}  // namespace almanac::recipes
