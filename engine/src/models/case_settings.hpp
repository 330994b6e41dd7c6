#pragma once

#include "mission/mission_text.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft.hpp>

#include <string>

namespace almanac::models {

/// [fft]: how transforms are planned. The thread count decides about bits, so it never follows the jobs.
struct FftSettings {
  compute::Rigor rigor = compute::Rigor::measure;
  int threads = 1;
};
FftSettings read_fft(mission::MissionText& text);

/// A text field `units`; "1" where it is not there.
std::string read_units(mission::Section& section);

/// units(u)/units(t)^order, as people write it.
std::string derived_units(const std::string& units, const std::string& time_units, double order);

/// Refuses a field for what the solver has against an argument that was made of it; the value is said once.
/// Errors: InputError at `field` of `section`
[[noreturn]] void refuse_argument(mission::Section& section, std::string_view field, const compute::ArgumentError& error);

/// Refuses a case that does not fit this machine's memory.
/// Errors: InputError at `field` of `section` ← more bytes than there are
void refuse_what_does_not_fit(mission::Section& section, std::string_view field, double bytes);

}  // namespace almanac::models
