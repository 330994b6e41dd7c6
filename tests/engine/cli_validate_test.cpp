// `almanac validate`, as a person would run it over a cache that has seen better days.

#include "command_line.hpp"

#include <almanac/cache/tiers.hpp>

#include <cmath>
#include <csignal>
#include <thread>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class ValidateCommand : public testing::CommandLineTest {
 protected:
  void make(const std::string& kind, const std::string& parameter) { almanac({"get", kind, parameter, "-o", folder_ / "x"}); }

  /// Puts a number that nobody computed into a stored kernel, with all checksums right.
  void falsify(double alpha) {
    cache::DiskTier disk({.root = folder_ / "cache", .producer = {}, .warn = {}});
    const auto entry = disk.get(cache::Key("fractional_kernel", 1, {{"alpha", alpha}}));
    ASSERT_TRUE(entry.ok() && *entry != nullptr);
    const auto old = (*entry)->artifact.at("weights").as<double>();
    std::vector<double> values(old.begin(), old.end());
    values[7] = std::nextafter(values[7], 1);
    const cache::Artifact wrong({cache::Array::of("weights", {static_cast<std::int64_t>(values.size())}, values)},
                                (*entry)->artifact.attributes());
    ASSERT_TRUE(disk.replace(std::make_shared<const cache::Entry>(cache::Entry{(*entry)->key, wrong, (*entry)->facts})).ok());
  }
};

TEST_F(ValidateCommand, SaysHowManyAreSound) {
  make("fractional_kernel", "alpha=0.5");
  make("laplacian", "extent=16");
  const json report = document({"validate"});
  EXPECT_EQ(report["checked"], 2);
  EXPECT_EQ(report["recomputed"], 0);
  EXPECT_TRUE(report["wrong"].empty());
  const Outcome told = almanac({"validate"});
  EXPECT_EQ(told.out, "");
  EXPECT_TRUE(told.err.ends_with("2 files checked, 0 wrong\n")) << told.err;  // behind how far it was, where that took seconds
}

TEST_F(ValidateCommand, RecomputesAFractionHoweverItIsWritten) {
  for (int n = 8; n < 28; ++n) make("laplacian", "extent=" + std::to_string(n));
  EXPECT_EQ(document({"validate", "--recompute", "100%"})["recomputed"], 20);
  const json tenth = document({"validate", "--recompute", "0.1", "--seed", "3"});
  EXPECT_EQ(tenth["seed"], 3);
  EXPECT_GE(tenth["recomputed"], 1);
  EXPECT_LT(tenth["recomputed"], 12) << "20 draws of 0.1";
  EXPECT_EQ(document({"validate", "--recompute", "10%", "--seed", "3"})["recomputed"], tenth["recomputed"]);
  EXPECT_EQ(document({"validate", "--recompute", "0"})["recomputed"], 0);
  for (const char* wrong : {"2", "-0.1", "101%", "5 %", "half", "%", "nan"}) {
    expect_refusal({"validate", std::string("--recompute=") + wrong}, 2, {"--recompute", wrong, "0 to 1", "5%"});
  }
  expect_refusal({"validate", "--seed", "x"}, 2, {"--seed"});
}

TEST_F(ValidateCommand, ASeedThatIsNoneIsRefused) {
  EXPECT_EQ(document({"validate", "--seed", "18446744073709551615"})["seed"], 18446744073709551615U);
  for (const std::string seed : {"-1", "18446744073709551616", "1.5", "x"}) {
    const std::string given = "--seed = '" + seed + "'";
    expect_refusal({"validate", "--seed=" + seed}, 2, {given.c_str(), "from 0 to 18446744073709551615"});
  }
}

TEST_F(ValidateCommand, FindsANumberThatNobodyComputedAndReplacesIt) {
  make("fractional_kernel", "alpha=0.5");
  falsify(0.5);
  EXPECT_EQ(almanac({"validate"}).exit_code, 0) << "all its checksums are right";
  const json report = document({"validate", "--recompute", "1"}, 1);
  ASSERT_EQ(report["wrong"].size(), 1U);
  EXPECT_EQ(report["wrong"][0]["reason"], "differs");
  EXPECT_EQ(report["wrong"][0]["key"], "fractional_kernel@1{alpha=0.5}");
  EXPECT_NE(report["wrong"][0]["message"].get<std::string>().find("weights[7] = "), std::string::npos);
  EXPECT_EQ(report["wrong"][0]["repair"], nullptr);
  EXPECT_EQ(document({"validate", "--recompute", "1", "--repair"}, 1)["wrong"][0]["repair"], "rebuilt");
  EXPECT_EQ(almanac({"validate", "--recompute", "1"}).exit_code, 0);
}

TEST_F(ValidateCommand, RepairsWhatIsTornAndStillSaysThatItWas) {
  make("fractional_kernel", "alpha=0.5");
  make("laplacian", "extent=16");
  make("fft_wisdom", "extent=16");
  for (const fs::path& entry : entries()) flip(entry);
  const Outcome told = almanac({"validate"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.err.find("3 files checked, 3 wrong"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("--repair"), std::string::npos) << told.err;
  EXPECT_EQ(entries().size(), 3U) << "nothing was asked for";
  const Outcome repaired = almanac({"validate", "--repair"});
  EXPECT_EQ(repaired.exit_code, 1);
  EXPECT_NE(repaired.err.find("3 wrong, 3 of them rebuilt"), std::string::npos) << repaired.err;
  EXPECT_NE(repaired.out.find("rebuilt"), std::string::npos) << repaired.out;
  EXPECT_EQ(repaired.err.find("warning"), std::string::npos) << "told twice: " << repaired.err;
  EXPECT_EQ(document({"validate", "--recompute", "1"})["recomputed"], 3);
  EXPECT_EQ(document({"get", "laplacian", "extent=16", "-o", folder_ / "x"})["source"], "disk");
}

TEST_F(ValidateCommand, AFileThatIsNoEntryIsToldAndLeavesNothingToRebuild) {
  make("laplacian", "extent=16");
  std::ofstream(entries().at(0).parent_path() / "notes.h5") << "somebody's";
  const json report = document({"validate"}, 1);
  EXPECT_EQ(report["wrong"][0]["reason"], "foreign");
  EXPECT_EQ(report["wrong"][0]["key"], nullptr);
  EXPECT_NE(document({"validate", "--repair"}, 1)["wrong"][0]["repair"], "rebuilt");
}

/// Whether a process has asked to be told of Ctrl-C.
bool catches_interrupt(int process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigCgt:")) return (std::stoull(line.substr(8), nullptr, 16) >> (SIGINT - 1) & 1U) != 0;
  }
  return false;
}

TEST_F(ValidateCommand, CtrlCEndsItBetweenTwoEntriesAndPrintsWhatWasFound) {
  std::ofstream catalog(folder_ / "catalog.toml");
  catalog << "[[fractional_kernel]]\nn = 500000\nalpha = [";
  for (int i = 0; i < 30; ++i) catalog << (i == 0 ? "" : ", ") << 0.1 + 0.01 * i;
  catalog << "]\n";
  catalog.close();
  ASSERT_EQ(almanac({"warmup", folder_ / "catalog.toml"}).exit_code, 0);
  // Checking and computing 30 tables of 4 MB takes a while; should this process have slept through all of it, then again.
  Outcome outcome;
  for (int attempt = 0; attempt < 20 && outcome.exit_code != 130; ++attempt) {
    testing::RunningProgram program(typed({"validate", "--recompute", "1", "--json"}), surroundings());
    while (!catches_interrupt(program.process()) && !program.has_ended()) std::this_thread::yield();
    program.signal(SIGINT);
    outcome = program.finish();
  }
  EXPECT_EQ(outcome.exit_code, 130);
  const json report = json::parse(outcome.out);
  EXPECT_TRUE(report["interrupted"]);
  EXPECT_LE(report["checked"], 30);
  EXPECT_LT(report["recomputed"], 30);
  EXPECT_TRUE(report["wrong"].empty());
}

}  // namespace
}  // namespace almanac
