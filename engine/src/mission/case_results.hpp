#pragma once

#include "mission_plan.hpp"
#include "output/pictures.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace almanac::mission {

/// "alpha=0.5, kappa=0.0001": every fact with its value.
std::string facts_text(const output::Facts& facts);

/// CASE.h5, CASE.xdmf and CASE.png in the folder; of a case that stopped on its way CASE.incomplete.h5 …
std::vector<std::filesystem::path> files_of_case(const PlannedCase& one, const std::filesystem::path& folder, bool incomplete);

/// Files under the names of a case, complete ones and incomplete ones, that are not among those it has written.
std::vector<std::filesystem::path> earlier_files(const PlannedCase& one, const std::filesystem::path& folder,
                                                 std::span<const std::filesystem::path> written);

/// What became of a case that ran.
struct CaseResults {
  std::vector<std::filesystem::path> files;
  output::Facts findings;  ///< what only the run could tell
  output::Panel panel;     ///< for the overview
};

/// Writes the three files of a case, all of them or none; a complete one takes the place of an incomplete one.
/// Errors: EnvironmentError ← they cannot be written
CaseResults write_case(const MissionPlan& plan, const PlannedCase& one, output::Series result, const std::filesystem::path& folder);

}  // namespace almanac::mission
