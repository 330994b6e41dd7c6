// `almanac run` with the demos of equations in time, as a person would try them.
#include "program.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class EquationDemos : public ::testing::Test {
 protected:
  Outcome run(std::vector<std::string> more) {
    more.insert(more.begin(), {ALMANAC_PROGRAM, "run"});
    return testing::run_program(more, {{"ALMANAC_DIR", folder_ / "cache"}, {"HOME", folder_.path()}});
  }

  testing::TemporaryFolder folder_;
};

TEST_F(EquationDemos, RelaxationComparesItsSchemes) {
  const Outcome outcome = run({ALMANAC_DATA_FOLDER "/missions/relaxation.toml", "--output", folder_ / "out", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["cases"].size(), 9U);
  for (const char* name : {"scheme=bdf2.h5", "scheme=l1.png", "scheme=grunwald.xdmf", "overview.png"}) EXPECT_TRUE(fs::exists(folder_ / "out" / name)) << name;
  const json summary = json::parse(std::ifstream(folder_ / "out" / "summary.json"));
  std::map<std::string, double> errors;
  for (const json& one : summary["cases"]) errors[one["case"]] = one["findings"]["last_error"].get<double>();
  // each order is worth more than a digit with steps of 1/200
  EXPECT_GT(errors["scheme=grunwald"], 10 * errors["scheme=bdf2"]);
  EXPECT_GT(errors["scheme=bdf2"], 10 * errors["scheme=bdf3"]);
  EXPECT_GT(errors["scheme=bdf3"], 10 * errors["scheme=bdf4"]);
}

TEST_F(EquationDemos, ThePlateIsThereAndItsTablesAreShared) {
  const Outcome outcome = run({ALMANAC_DATA_FOLDER "/missions/plate.toml", "--output", folder_ / "out", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  ASSERT_EQ(report["cases"].size(), 4U);
  // the damping is not in the key of the starting weights: what the first case got ready, the others find
  std::size_t tables = 0;
  for (const json& artifact : report["cases"][3]["artifacts"]) {
    if (artifact["kind"] == "starting_weights") ++tables;
    EXPECT_NE(artifact["source"], "computed") << artifact;
  }
  EXPECT_EQ(tables, 2U);
}

TEST_F(EquationDemos, ACaseThatStopsExitsWithOneAndSaysWhere) {
  const fs::path file = folder_ / "grows.toml";
  std::ofstream(file) << "[model]\nequation = \"relaxation\"\nalpha = 1\nlambda = -100\nscheme = \"bdf1\"\n[time]\ndt = 0.01\nsteps = 10\n";
  const Outcome outcome = run({file, "--output", folder_ / "out"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.out.find("step 1, unknown 0"), std::string::npos) << outcome.out;
  EXPECT_TRUE(fs::exists(folder_ / "out" / "grows.incomplete.h5"));
}

}  // namespace
}  // namespace almanac
