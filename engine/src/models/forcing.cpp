#include "forcing.hpp"

#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace almanac::models {
namespace {

constexpr std::array<std::string_view, 4> kShapes{"none", "step", "pulse", "sine"};

/// 0 before a jump, 1 behind it, 1/2 at it; at 0 the right side counts.
double heaviside(double t, double jump) {
  if (jump <= 0) return 1;
  if (std::abs(t - jump) <= kSameTime * jump) return 0.5;
  return t > jump ? 1 : 0;
}

}  // namespace

double TemporalForcing::at(double t) const noexcept {
  switch (shape) {
    case Shape::none: return 0;
    case Shape::step: return amplitude * heaviside(t, start);
    case Shape::pulse: return amplitude * (heaviside(t, start) - heaviside(t, start + length));
    case Shape::sine: return amplitude * std::sin(omega * t + phase);
  }
  return 0;
}

std::vector<TemporalForcing::Jump> TemporalForcing::jumps() const {
  if (shape == Shape::step) return {{start, amplitude}};
  if (shape == Shape::pulse) return {{start, amplitude}, {start + length, -amplitude}};
  return {};
}

output::Facts TemporalForcing::facts() const {
  output::Facts facts{{"forcing", std::string(kShapes[static_cast<std::size_t>(shape)])}};
  if (present()) facts.emplace_back("forcing_amplitude", amplitude);
  if (shape == Shape::step || shape == Shape::pulse) facts.emplace_back("forcing_start", start);
  if (shape == Shape::pulse) facts.emplace_back("forcing_length", length);
  if (shape == Shape::sine) {
    facts.emplace_back("forcing_omega", omega);
    facts.emplace_back("forcing_phase", phase);
  }
  return facts;
}

TemporalForcing read_forcing(mission::MissionText& text) {
  mission::Section section = text.section("forcing");
  TemporalForcing forcing;
  if (!section.present()) return forcing;
  const std::string shape = section.word("shape", kShapes);
  while (kShapes[static_cast<std::size_t>(forcing.shape)] != shape) forcing.shape = static_cast<TemporalForcing::Shape>(static_cast<int>(forcing.shape) + 1);
  if (forcing.present()) forcing.amplitude = section.real("amplitude", mission::kFinite, 1);
  if (forcing.shape == TemporalForcing::Shape::step || forcing.shape == TemporalForcing::Shape::pulse) {
    forcing.start = section.real("start", mission::kNotNegative, 0);
  }
  if (forcing.shape == TemporalForcing::Shape::pulse) forcing.length = section.real("length", mission::kPositive);
  if (forcing.shape == TemporalForcing::Shape::sine) {
    forcing.omega = section.real("omega", mission::kFinite);
    forcing.phase = section.real("phase", mission::kFinite, 0);
  }
  return forcing;
}

}  // namespace almanac::models
