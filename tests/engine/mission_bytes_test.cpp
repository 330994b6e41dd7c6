// What a case says it takes, and what it makes of the facts of its panels; sees the rooms inside.
#include "mission/mission_plan.hpp"
#include "mission_run.hpp"
#include "models/diffusion/stepping.hpp"

#include <gtest/gtest.h>

namespace almanac {
namespace {

// The solver keeps 6 m + 8 rows while it solves the m first steps together, m at least 2 for alpha = 0.5 (the powers 1/2 and 1).
TEST(CaseBytes, HaveTheFirstStepsThatStartingWeightsCouple) {
  testing::MissionFolder folder;
  const auto bytes = [&](const std::string& start, const std::string& kappa) {
    const auto file = folder.write("m.toml", "[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\nscheme = \"trapezoidal\"\nstart = \"" + start +
                                                 "\"\n" + kappa + "[domain]\nextent = [64, 64]\n[initial]\nprofile = \"random\"\n[time]\ndt = 0.01\nsteps = 50\n");
    return mission::read_mission(file).cases.front().work->bytes(1);
  };
  for (const std::string kappa : {"kappa = 1\n", "[model.kappa]\nprofile = \"ball\"\nbackground = 1\nvalue = 2\nradius = 0.1\n"}) {
    const double more = bytes("starting_weights", kappa) - bytes("none", kappa);
    EXPECT_GE(more, 4096.0 * (6 * 2 + 8) * sizeof(double)) << kappa;
    EXPECT_EQ(bytes("auto", kappa), bytes("starting_weights", kappa));
  }
}

TEST(PanelFacts, AreTheWorstOfAllPanelsAndEveryWord) {
  output::Facts all;
  models::add_panel_facts(all, {{"history_used", std::string("direct")}, {"history_bound", 1e-12}, {"start_used", std::string("starting_weights")}});
  models::add_panel_facts(all, {{"history_used", std::string("direct")},
                                {"history_bound", 3e-12},
                                {"history_terms_used", std::int64_t{40}},
                                {"start_used", std::string("initial")},
                                {"start_reason", std::string("too few steps")}});
  models::add_panel_facts(all, {{"history_used", std::string("direct")}, {"history_bound", 2e-12}, {"start_used", std::string("initial")}});
  const output::Facts expected{{"history_used", std::string("direct")},
                               {"history_bound", 3e-12},
                               {"start_used", std::string("starting_weights; initial")},
                               {"history_terms_used", std::int64_t{40}},
                               {"start_reason", std::string("too few steps")}};
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace almanac
