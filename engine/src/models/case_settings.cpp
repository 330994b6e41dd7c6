#include "case_settings.hpp"

#include "mission/dataset.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac::models {

FftSettings read_fft(mission::MissionText& text) {
  constexpr std::string_view kRigors[] = {"estimate", "measure", "patient", "exhaustive", "adaptive"};
  mission::Section fft = text.section("fft");
  FftSettings settings;
  settings.rigor = *compute::parse_rigor(fft.word("rigor", kRigors, "measure"));
  settings.threads = static_cast<int>(fft.integer("threads", 1, compute::kMaxFftThreads, 1));
  return settings;
}

std::string read_units(mission::Section& section) { return section.text("units", "1"); }

std::string derived_units(const std::string& units, const std::string& time_units, double order) {
  if (order == 0 || time_units == "1") return units;
  const std::string power = std::abs(order) == 1 ? time_units : fmt::format("{}^{}", time_units, cache::canonical_real(std::abs(order)));
  if (order > 0) return fmt::format("{}/{}", units, power);
  return units == "1" ? power : fmt::format("{} {}", units, power);
}

void refuse_argument(mission::Section& section, std::string_view field, const compute::ArgumentError& error) {
  section.complain(field, error.parameter() == field ? "must " + error.range() : error.what());
}

void refuse_what_does_not_fit(mission::Section& section, std::string_view field, double bytes) {
  const double there = static_cast<double>(mission::physical_memory());
  if (bytes <= there) return;
  const std::string needed = bytes < 9e18 ? format_size(static_cast<std::uint64_t>(bytes)) : fmt::format("{:.2g} bytes", bytes);
  section.complain(field, fmt::format("a case needs {} of memory, this machine has {}", needed,
                                      format_size(static_cast<std::uint64_t>(there))));
}

}  // namespace almanac::models
