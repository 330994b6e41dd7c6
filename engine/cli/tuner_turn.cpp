#include "tuner_turn.hpp"

#include "interrupt.hpp"

#include "fft/background_tuner.hpp"

#include <system_error>

namespace almanac::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};

}  // namespace

TunerTurn::TunerTurn(const std::filesystem::path& root, Who who) : root_(root), who_(who) {
  std::error_code ignored;  // where nothing can be written, there is nobody to wait for
  std::filesystem::create_directory(tuner_lock(root_).parent_path(), ignored);
}

bool TunerTurn::take(const std::function<void(std::string_view)>& say) {
  if (who_ == Who::background) {
    at_work_.emplace(tuner_lock(root_));
    return static_cast<bool>(*at_work_);
  }
  for (bool said = false;; said = true) {
    if (!wanted_ || !*wanted_) wanted_.emplace(turn_lock(root_));
    at_work_.emplace(tuner_lock(root_));
    if (!at_work_->is_taken()) return true;
    if (!said) {
      say("waiting: another tuner is at work over this cache; one in the background leaves off when it has planned what it is at");
    }
    if (wait_for_interrupt(kBetweenLooks)) return false;
  }
}

bool TunerTurn::is_over() {
  if (who_ == Who::somebody || is_over_) return is_over_;
  const Clock::time_point now = Clock::now();
  if (now - looked_ < kBetweenLooks) return false;
  looked_ = now;
  is_over_ = OneHolder(turn_lock(root_)).is_taken();
  return is_over_;
}

}  // namespace almanac::cli
