#pragma once

#include <almanac/mission.hpp>

#include <set>
#include <string>

namespace almanac::testing {

/// Three cases of a small field.
inline const std::string kMission = R"([mission]
name = "Small Test!"
[model]
equation = "time_fractional_diffusion"
kappa = 0.05
[domain]
extent = [24, 16]
boundary = ["neumann", "periodic"]
units = "m"
[initial]
profile = "gaussian"
width = 0.2
units = "K"
[time]
dt = 0.01
steps = 40
units = "s"
[output]
every = 10
[sweep]
alpha = [0.5, 1.0, 1.5]
[cache]
tags = ["small"]
)";

/// The same without its sweep.
inline const std::string kOneCase = kMission.substr(0, kMission.find("[sweep]"));

/// Where the artifacts of all cases came from.
inline std::set<std::string> sources(const MissionReport& report) {
  std::set<std::string> all;
  for (const CaseReport& one : report.cases) {
    for (const ArtifactUse& use : one.artifacts) all.insert(use.source);
  }
  return all;
}

}  // namespace almanac::testing
