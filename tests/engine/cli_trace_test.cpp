// almanac trace: what programs ask for is recorded, and replayed over policies and budgets.

#include "command_line.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace almanac {
namespace {

using nlohmann::json;
using testing::Outcome;

class Trace : public testing::CommandLineTest {
 protected:
  /// What is said of a policy in a replay of one trace.
  static json policy(const json& replay, const std::string& name) {
    for (const json& row : replay.at("traces").at(0).at("policies")) {
      if (row.at("policy") == name) return row;
    }
    ADD_FAILURE() << name << " is not in " << replay;
    return {};
  }
  std::string trace() const { return (folder_ / "t.trace").string(); }
  std::uint64_t lines_of(const std::string& mark) const {
    std::istringstream stream(contents(trace()));
    std::uint64_t count = 0;
    for (std::string line; std::getline(stream, line);) count += line.ends_with(mark) ? 1 : 0;
    return count;
  }

  /// Requests for 40 bytes at 1 s each, by number; one of them grows.
  std::string written() const {
    std::string text = "almanac-trace 1\n";
    for (const char name : std::string("1231423")) text += "5 " + std::string(31, '0') + name + " 40 1000000000 - ;\n";
    return write("w.trace", text + "torn\n");
  }
};

TEST_F(Trace, OfAProgramHasWhatItAskedForInAllItsProcesses) {
  const Words get{"trace", "record", "--output", trace(), "--", ALMANAC_PROGRAM, "get", "fractional_kernel", "alpha=0.3", "n=100", "-o", folder_ / "k.csv"};
  EXPECT_EQ(almanac(get).exit_code, 0);
  EXPECT_EQ(almanac(get).exit_code, 0);
  const std::string both = "trace record -o " + trace() + " -- /bin/sh -c '\"$0\" get laplacian extent=8 -o x & \"$0\" get laplacian extent=9 -o y & wait; exit 7' '" ALMANAC_PROGRAM "'";
  EXPECT_EQ(shell("cd " + folder_.path().string() + " && '" ALMANAC_PROGRAM "' " + both).exit_code, 7);
  const json told = document({"trace", "replay", trace(), "--budget", "1MB", "--policy", "lru"});
  EXPECT_EQ(told["traces"][0]["damaged_lines"], 0);
  EXPECT_EQ(policy(told, "lru")["requests"], 4);
  EXPECT_EQ(policy(told, "lru")["hits"], 1);  // the kernel, by another process
  EXPECT_EQ(lines_of(" ;"), 4U);
}

TEST_F(Trace, IsRecordedByTheSettingToo) {
  const std::string config = write("almanac.toml", "trace = \"" + trace() + "\"\n");
  EXPECT_EQ(almanac({"--config", config, "get", "laplacian", "extent=8", "-o", folder_ / "x"}).exit_code, 0);
  EXPECT_EQ(lines_of(" ;"), 1U);
  const Outcome settings = almanac({"--config", config, "config"});
  EXPECT_NE(settings.out.find(trace()), std::string::npos) << settings.out;
}

TEST_F(Trace, RecordRefusesWhatItCannotDo) {
  expect_refusal({"trace", "record", "--output", trace()}, 2, {"name a program"});
  expect_refusal({"trace", "record", "--output", trace(), "--", "/none/such"}, 2, {"cannot run /none/such"});
  expect_refusal({"trace", "record", "--output", (folder_ / "none" / "t").string(), "--", "/bin/true"}, 3, {"cannot write", "none/t"});
  expect_refusal({"trace", "record", "--", "/bin/true"}, 2, {"--output"});
}

TEST_F(Trace, ReplaysAKnownTraceToTheLastDigit) {
  const json told = document({"trace", "replay", written(), "--budget", "100", "--policy", "lru,fifo,lru"});
  ASSERT_EQ(told["traces"][0]["policies"].size(), 2U);
  EXPECT_EQ(told["traces"][0]["damaged_lines"], 1);
  EXPECT_EQ(told["traces"][0]["budget_bytes"], 100);
  // Room for two. lru: 1 2 3-1 1-2 4-3 2-1 3-4; fifo alike: nothing is asked for twice while it is there
  EXPECT_EQ(policy(told, "lru")["hits"], 0);
  EXPECT_EQ(policy(told, "lru")["evictions"], 5);
  EXPECT_EQ(policy(told, "fifo")["recompute_seconds"], 7.0);
  const json three = document({"trace", "replay", written(), "--budget", "1GB", "--entries", "3"});
  // lru: 1 2 3, hit 1, 4-2, 2-3, 3-1; fifo: 1 2 3, hit 1, 4-1, hits 2 and 3
  EXPECT_EQ(policy(three, "lru")["recompute_seconds"], 6.0);
  EXPECT_EQ(policy(three, "fifo")["recompute_seconds"], 4.0);
  EXPECT_EQ(policy(three, "fifo")["hit_ratio"], 3.0 / 7);
  EXPECT_EQ(policy(three, "fifo")["byte_hit_ratio"], 3.0 / 7);
  EXPECT_EQ(policy(three, "ttl")["most_bytes"], 120);
  EXPECT_EQ(policy(three, "gdsf")["recompute_seconds_without_cache"], 7.0);
  EXPECT_EQ(three["mean"][2]["policy"], "lfu");
  const Outcome table = almanac({"trace", "replay", written(), "--budget", "1GB", "--entries", "3"});
  EXPECT_NE(table.out.find("recompute seconds against those of lru: gdsf"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("fifo 0.667"), std::string::npos) << table.out;
  EXPECT_NE(table.err.find("1 damaged line passed over"), std::string::npos) << table.err;
}

TEST_F(Trace, OfSyntheticRequestsIsTheSameFromAFileAndAtOnce) {
  const Words options{"--objects", "300", "--requests", "5000", "--drift", "50", "--seed", "4"};
  Words write_it{"trace", "synthetic", "--output", trace()}, at_once{"trace", "replay", "--budget", "5%"};
  write_it.insert(write_it.end(), options.begin(), options.end());
  at_once.insert(at_once.end(), options.begin(), options.end());
  const json made = document(write_it);
  EXPECT_EQ(made["requests"], 5000);
  const json direct = document(at_once);
  const std::uint64_t budget = direct["traces"][0]["budget_bytes"];
  EXPECT_EQ(budget, made["object_bytes"].get<std::uint64_t>() / 20);
  const json from_file = document({"trace", "replay", trace(), "--budget", std::to_string(budget)});
  EXPECT_EQ(from_file["traces"][0]["policies"], direct["traces"][0]["policies"]);
  EXPECT_EQ(policy(direct, "gdsf")["requests"], 5000);
  const json two = document({"trace", "replay", "--budget", "5%", "--objects", "300", "--requests", "1000", "--seeds", "1,2", "--policy", "gdsf,lru"});
  ASSERT_EQ(two["traces"].size(), 2U);
  const auto ratio = [&](std::size_t trace) {
    const json& rows = two["traces"][trace]["policies"];
    return rows[0]["recompute_seconds"].get<double>() / rows[1]["recompute_seconds"].get<double>();
  };
  EXPECT_DOUBLE_EQ(two["mean"][0]["recompute_against_lru"].get<double>(), (ratio(0) + ratio(1)) / 2);
}

TEST_F(Trace, ReplayNamesWhatIsWrong) {
  expect_refusal({"trace", "replay", written(), "--budget", "1MB", "--policy", "mru"}, 2, {"policy 'mru'", "gdsf, lru, lfu, fifo, ttl"});
  expect_refusal({"trace", "replay", written(), "--budget", "much"}, 2, {"--budget = 'much'", "64MB"});
  expect_refusal({"trace", "replay", written(), "--budget=-5MB"}, 2, {"--budget = '-5MB'"});
  expect_refusal({"trace", "replay", written(), "--budget", "5%"}, 2, {"--budget = '5%'", "synthetic"});
  expect_refusal({"trace", "replay", written()}, 2, {"--budget"});
  expect_refusal({"trace", "replay", written(), "--budget", "1MB", "--entries", "0"}, 2, {"--entries"});
  expect_refusal({"trace", "replay", written(), "--budget", "1MB", "--seed", "2"}, 2, {"--seed"});
  expect_refusal({"trace", "replay", "--budget", "1MB", "--one-off", "2"}, 2, {"one_off", "0 … 1"});
  expect_refusal({"trace", "replay", "--budget", "1MB", "--median-size", "many"}, 2, {"--median-size = 'many'"});
  expect_refusal({"trace", "replay", write("x.trace", "something else\n"), "--budget", "1MB"}, 2, {"x.trace", "no trace"});
  expect_refusal({"trace", "replay", (folder_ / "none").string(), "--budget", "1MB"}, 3, {"none", "No such file"});
  expect_refusal({"trace", "synthetic", "--output", (folder_ / "none" / "t").string(), "--requests", "1"}, 3, {"none/t"});
  expect_refusal({"trace"}, 2, {"subcommand"});
}

TEST_F(Trace, OfTheMissionsSaysWhatAMemoryOfHalfOfItSaves) {
  const json told = document({"trace", "replay", ALMANAC_DATA_FOLDER "/traces/missions.trace", "--budget", "1GB"});
  EXPECT_EQ(told["traces"][0]["damaged_lines"], 0);
  const json whole = policy(told, "gdsf");
  EXPECT_GT(whole["requests"], 50);
  const std::uint64_t half = whole["most_bytes"].get<std::uint64_t>() / 2;
  const json halved = document({"trace", "replay", ALMANAC_DATA_FOLDER "/traces/missions.trace", "--budget", std::to_string(half)});
  EXPECT_LE(policy(halved, "gdsf")["recompute_seconds"], policy(halved, "lru")["recompute_seconds"]);
  EXPECT_LE(policy(halved, "gdsf")["most_bytes"], half);
}

}  // namespace
}  // namespace almanac
