#pragma once

#include "mission_plan.hpp"

#include <almanac/mission.hpp>

#include <span>

namespace almanac::mission {

/// As Mission::run.
MissionReport run_mission(const MissionPlan& plan, Engine& engine, const MissionOptions& options);

/// Writes summary.json. Errors: output::WriteFailure ← it cannot be written
/// `findings`: what only the run of a case could tell, one a case.
void write_summary(const std::filesystem::path& file, const MissionPlan& plan, const MissionReport& report,
                   std::span<const output::Facts> findings, int jobs, int threads);

}  // namespace almanac::mission
