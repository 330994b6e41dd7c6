#pragma once

#include "mission/mission_text.hpp"
#include "output/series.hpp"

#include <vector>

namespace almanac::models {

inline constexpr double kSameTime = 1e-12;  ///< relative: nearer to a jump, a time is the jump's. Times of steps are rounded

/// What drives an equation from outside, a function of time alone: [forcing] of a mission.
struct TemporalForcing {
  enum class Shape { none, step, pulse, sine };
  Shape shape = Shape::none;
  double amplitude = 1;
  double start = 0;   ///< of a step or pulse
  double length = 1;  ///< of a pulse
  double omega = 1;   ///< amplitude sin(omega t + phase)
  double phase = 0;

  bool present() const noexcept { return shape != Shape::none; }
  /// The value at t ≥ 0; at a jump the mean of both sides, which costs a scheme on equal steps no order; at 0 that of the right.
  double at(double t) const noexcept;

  /// The forcing as jumps of its value at times ≥ 0; not for a sine.
  struct Jump {
    double time, size;
  };
  std::vector<Jump> jumps() const;

  output::Facts facts() const;
};

/// Errors: InputError ← a field outside its range
TemporalForcing read_forcing(mission::MissionText& text);

}  // namespace almanac::models
