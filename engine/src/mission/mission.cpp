#include <almanac/mission.hpp>

#include "mission_plan.hpp"
#include "runner.hpp"

#include <algorithm>
#include <utility>

namespace almanac {

struct Mission::State {
  mission::MissionPlan plan;
};

Mission::Mission(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mission::~Mission() = default;
Mission::Mission(Mission&&) noexcept = default;

Mission Mission::load(const std::filesystem::path& file) {
  return Mission(std::make_unique<State>(State{mission::read_mission(file)}));
}

const std::string& Mission::name() const noexcept { return state_->plan.name; }

std::vector<std::string> Mission::case_names() const {
  std::vector<std::string> names;
  for (const mission::PlannedCase& one : state_->plan.cases) names.push_back(one.name);
  return names;
}

MissionReport Mission::run(Engine& engine, const MissionOptions& options) const {
  return mission::run_mission(state_->plan, engine, options);
}

bool MissionReport::failed() const noexcept {
  return !error.empty() || std::ranges::any_of(cases, [](const CaseReport& one) { return one.status == CaseStatus::failed; });
}

std::string_view to_string(CaseStatus status) noexcept {
  switch (status) {
    case CaseStatus::done: return "done";
    case CaseStatus::failed: return "failed";
    case CaseStatus::interrupted: return "interrupted";
    case CaseStatus::not_begun: return "not begun";
    case CaseStatus::planned: return "planned";
  }
  return "";
}

}  // namespace almanac
