// What a case says it takes, what writing its results takes, and what it makes of the facts of its panels; sees the rooms inside.
#include "mission/mission_plan.hpp"
#include "mission_run.hpp"
#include "models/diffusion/stepping.hpp"
#include "output/result_file.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

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

/// Lets the process have so many bytes of address space more than it has, as long as it lives.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t more) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + more;
    setrlimit(RLIMIT_AS, &limit);
  }
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

// 32 MB of numbers with memory left for half of them.
TEST(ResultFile, IsWrittenFromWhereItsNumbersAre) {
  testing::MissionFolder folder;
  output::Series series{.name = "u", .units = "1", .time = {.name = "t", .units = "1", .coordinates = {0, 1}}, .axes = {}, .values = {}};
  series.axes.push_back({.name = "x0", .units = "1", .coordinates = std::vector<double>(std::size_t{1} << 21, 0.5), .facts = {}});
  series.values.resize(std::size_t{1} << 22);
  for (std::size_t i = 0; i < series.values.size(); ++i) series.values[i] = static_cast<double>(i);
  series.facts = {{"alpha", 0.5}, {"long", std::vector<double>(9000, 2.5)}};
  output::write_hdf5(folder / "warm.h5", {.name = "u", .units = "1", .time = {.name = "t", .units = "1", .coordinates = {0}}, .axes = {}, .values = {1}});
  {
    const MemoryLimit limit(std::size_t{16} << 20);
    EXPECT_NO_THROW(output::write_hdf5(folder / "u.h5", series));
  }
  EXPECT_EQ(testing::read_dataset(folder / "u.h5", "u").values, series.values);
  EXPECT_EQ(testing::read_dataset(folder / "u.h5", "x0").values, series.axes[0].coordinates);
  EXPECT_EQ(testing::read_dataset(folder / "u.h5", "long_facts/long").values, std::vector<double>(9000, 2.5));
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
