#pragma once

#include "fft/one_holder.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace almanac::cli {

/// One tuner at a time over a cache: two would measure each other. One that somebody asked for waits until the other has left
/// off; one in the background leaves off when it sees that, and does not begin where there is another.
class TunerTurn {
 public:
  enum class Who { somebody, background };

  TunerTurn(const std::filesystem::path& root, Who who);

  /// False ← in the background: another one is at it, or nothing can be written here; else: asked to stop. `say` is told what is
  /// waited for. After watch_for_interrupt().
  bool take(const std::function<void(std::string_view)>& say);

  /// True once one in the background is to leave off. Quick: it looks now and then.
  bool is_over();

 private:
  using Clock = std::chrono::steady_clock;

  const std::filesystem::path root_;
  const Who who_;
  std::optional<OneHolder> wanted_;   // by somebody
  std::optional<OneHolder> at_work_;
  Clock::time_point looked_{};
  bool is_over_ = false;
};

}  // namespace almanac::cli
