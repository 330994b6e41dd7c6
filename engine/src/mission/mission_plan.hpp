#pragma once

#include "models/model.hpp"

#include <almanac/warmup.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace almanac::mission {

/// A case of a mission under its name.
struct PlannedCase {
  std::string name;                 ///< "alpha=0.5", also of its files; without a sweep made from the mission's name
  std::unique_ptr<const models::Case> work;
};

/// A mission file, read and checked.
/// Threads: immutable
struct MissionPlan {
  std::filesystem::path file;
  std::string name;
  std::vector<std::string> tags;
  Catalog warmup;                   ///< [cache] warmup
  std::vector<PlannedCase> cases;
};

/// Errors: InputError, EnvironmentError as Mission::load
MissionPlan read_mission(const std::filesystem::path& file);

}  // namespace almanac::mission
