#pragma once

#include "mission/mission_text.hpp"
#include "output/series.hpp"

namespace almanac::models {

/// How data vary in time: phi(t), by which all of a field is multiplied.
/// Threads: immutable
class TimeFactor {
 public:
  TimeFactor() = default;  ///< constant

  double at(double t) const noexcept;
  output::Facts facts() const;

  /// Reads the field `time` of a section, and what belongs to it:
  ///   constant     1
  ///   exponential  rate ≥ 0: exp(-rate t)
  ///   sine         frequency > 0, phase (0, in radians): sin(2 pi frequency t + phase)
  ///   power        exponent in [0, 100]: t^exponent
  ///   pulse        start ≥ 0, end > start: 1 between them, 1/2 at each but for 0, else 0
  /// Errors: InputError
  static TimeFactor read(mission::Section& section);
  /// Refuses what grows beyond mission::kGreatest before the last time. Errors: InputError
  void refuse_beyond(mission::Section& section, double end) const;

 private:
  enum class Kind { constant, exponential, sine, power, pulse };

  Kind kind_ = Kind::constant;
  double first_ = 0, second_ = 0;  // rate; frequency, phase; exponent; start, end
};

}  // namespace almanac::models
