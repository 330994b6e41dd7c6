#pragma once

#include "fft/planned_log.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/engine.hpp>

#include <chrono>

namespace almanac::wrap {

/// What wrapped programs asked for, noted in the log of planned problems, so that `almanac tune --from-log` searches longer for
/// what they will be given then (`--upgrade`). Only what the engine plans as they do: another alignment, other flags or another
/// solver signature it could not make a bundle for.
/// Threads: thread-safe.
class PlannedByPrograms {
 public:
  explicit PlannedByPrograms(Engine& engine);

  void note(const cache::Key& key, std::chrono::nanoseconds planning) noexcept;

 private:
  PlannedLog log_;
};

}  // namespace almanac::wrap
