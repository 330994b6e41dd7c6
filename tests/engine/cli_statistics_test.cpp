// What processes have counted, as the command line tells it: stats, info, warmup --from-log, doctor.

#include "command_line.hpp"

#include <almanac/cache/cache.hpp>
#include <almanac/cache/statistics.hpp>
#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class CountedCommands : public testing::CommandLineTest {
 protected:
  fs::path root() const { return folder_ / "cache"; }

  void get(const std::string& extent) const {
    const Outcome outcome = almanac({"get", "laplacian", "extent=" + extent, "-o", (folder_ / "out").string()});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  void make_root() const { cache::DiskTier disk({.root = root(), .producer = {"test/1", "none"}, .warn = {}}); }
};

TEST_F(CountedCommands, AddUpWhatEachProcessAskedFor) {
  for (const char* extent : {"64x64", "64x64", "64x64", "32"}) get(extent);
  const json counted = document({"stats"})["counted"];
  EXPECT_EQ(counted["processes"], 4);
  EXPECT_GT(counted["uptime"], 0);
  const json& kind = counted["kinds"]["laplacian"];
  EXPECT_EQ(kind["requests"], 4);
  EXPECT_EQ(kind["hits"], 2);
  EXPECT_EQ(kind["misses"], 2);
  EXPECT_EQ(kind["hit_ratio"], 0.5);
  EXPECT_EQ(kind["tiers"]["disk"]["hits"], 2);
  EXPECT_EQ(kind["compute_seconds"]["count"], 2);
  EXPECT_GE(kind["miss_seconds"]["mean"], kind["compute_seconds"]["mean"]);
  EXPECT_LE(kind["hit_seconds"]["p50"], kind["hit_seconds"]["p99"]);
  EXPECT_GT(kind["gain"], 0);
  EXPECT_EQ(counted["all"], kind);
  EXPECT_EQ(counted["tiers"]["disk"]["hits"], 2);
  EXPECT_EQ(counted["days"].back()["requests"], 4) << "unless it was midnight";
  EXPECT_GT(counted["days"].back()["held_entries"], 0);

  const Outcome text = almanac({"stats"});
  EXPECT_EQ(text.exit_code, 0);
  for (const char* part : {"requests", "hits, disk", "computing", "50.0 %", "would have hit"}) EXPECT_NE(text.out.find(part), std::string::npos) << text.out;
  EXPECT_NE(text.err.find("in 4 processes"), std::string::npos) << text.err;
  EXPECT_FALSE(document({"stats", "fft_wisdom"})["counted"]["kinds"].contains("laplacian"));

  EXPECT_EQ(document({"info", "laplacian", "extent=64x64"})["uses"], 3);
  EXPECT_NE(almanac({"info", "laplacian", "extent=32"}).out.find("uses      1\n"), std::string::npos);
}

TEST_F(CountedCommands, OfNothingAreEmpty) {
  const json counted = document({"stats"})["counted"];
  EXPECT_TRUE(counted["since"].is_null());
  EXPECT_TRUE(counted["kinds"].empty());
  EXPECT_TRUE(counted["all"]["hit_ratio"].is_null());
  EXPECT_FALSE(fs::exists(root() / "statistics")) << "who only looks leaves nothing";
  EXPECT_EQ(document({"doctor"})["well"], true);
  const Outcome warmed = almanac({"warmup", "--from-log"});
  EXPECT_EQ(warmed.exit_code, 0);
  EXPECT_NE(warmed.err.find("nothing was used yet"), std::string::npos) << warmed.err;
}

TEST_F(CountedCommands, AreForgottenIfAsked) {
  get("32");
  EXPECT_EQ(document({"stats", "--reset"})["forgotten"], true);
  const json after = document({"stats"});
  EXPECT_EQ(after["counted"]["processes"], 0);
  EXPECT_EQ(after["total"]["artifacts"], 1) << "what is stored stays";
  expect_refusal({"stats", "laplacian", "--reset"}, 2, {"--reset"});
}

TEST_F(CountedCommands, AreToldToPrometheus) {
  get("64x64");
  get("64x64");
  const Outcome told = almanac({"stats", "--prometheus"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_NE(told.out.find("almanac_requests_total{kind=\"laplacian\",result=\"hit\"} 1\n"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("almanac_held_entries 1\n"), std::string::npos) << told.out;
  expect_refusal({"stats", "laplacian", "--prometheus"}, 2, {"--prometheus"});
  // As its own checker has it, where that is installed.
  const Outcome checked = shell("command -v promtool > /dev/null || exit 0; '" + std::string(ALMANAC_PROGRAM) + "' stats --prometheus | promtool check metrics");
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

TEST_F(CountedCommands, AreThereForWhoOnlyReads) {
  get("32");
  fs::permissions(root() / "statistics", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(document({"stats"})["counted"]["kinds"]["laplacian"]["requests"], 1);
  fs::permissions(root() / "statistics", fs::perms::owner_all);
}

TEST_F(CountedCommands, SayWhatToMakeReady) {
  for (const char* extent : {"96x96", "96x96", "96x96", "16", "16", "24"}) get(extent);
  EXPECT_EQ(almanac({"get", "fractional_kernel", "alpha=0.3", "dt=0.1", "n=3000", "-o", (folder_ / "out").string()}).exit_code, 0);
  {
    // A user's table, which nobody here can make.
    std::vector<std::unique_ptr<cache::Tier>> tiers;
    tiers.push_back(std::make_unique<cache::DiskTier>(cache::DiskOptions{.root = root(), .producer = {"test/1", "none"}, .warn = {}}));
    cache::CacheOptions options;
    options.statistics_root = root();
    cache::Cache own(std::move(tiers), options);
    own.get_or_compute({.key = cache::Key("table", 1, {}),
                        .make = [](const cache::Artifact*) { return cache::Artifact({cache::Array::of("x", {1}, std::vector<double>{1})}); }});
  }
  EXPECT_EQ(almanac({"clear", "--all", "--yes"}).exit_code, 0);
  EXPECT_TRUE(entries().empty());
  const auto made = [](const json& report) {
    std::uint64_t sum = 0;
    for (const json& kind : report["kinds"]) sum += kind["made"].get<std::uint64_t>();
    return sum;
  };
  EXPECT_EQ(made(document({"warmup", "--from-log", "--kind", "laplacian"})), 3U);
  EXPECT_EQ(made(document({"warmup", "--from-log"})), 1U) << "the kernel; of the others all are there";
  EXPECT_EQ(entries().size(), 4U);
  const json kernel = document({"info", "fractional_kernel", "alpha=0.3", "dt=0.1", "n=3000"});
  EXPECT_GE(kernel["attributes"]["coverage"], 3000) << "in the length it had";
  const Outcome told = almanac({"warmup", "--from-log", "--top", "2"});
  EXPECT_NE(told.err.find("all 2 artifacts are there"), std::string::npos) << told.err;
  EXPECT_NE(almanac({"warmup", "--from-log"}).err.find("1 key cannot be made here"), std::string::npos);
  expect_refusal({"warmup", "--from-log", "--top", "0"}, 2, {"--top"});
  expect_refusal({"warmup", "--top", "3"}, 2, {"--from-log"});
  expect_refusal({"warmup", "standard", "--from-log"}, 2, {"--from-log"});
}

TEST_F(CountedCommands, TellHowTheCacheIs) {
  get("32");
  json health = document({"doctor"});
  EXPECT_EQ(health["well"], true);
  std::set<std::string> names;
  for (const json& check : health["checks"]) {
    EXPECT_FALSE(check["reason"].get<std::string>().empty());
    names.insert(check["name"].get<std::string>());
  }
  EXPECT_EQ(names, (std::set<std::string>{"quota", "hit ratio", "tail latency", "corruption", "leases", "folder"}));
  EXPECT_TRUE(health["trend"]["bytes_a_day"].is_null()) << "of one day";
  flip(entries().at(0));
  EXPECT_EQ(almanac({"validate", "--repair"}).exit_code, 1);
  health = document({"doctor"}, 1);
  EXPECT_EQ(health["well"], false);
  const Outcome told = almanac({"doctor"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.out.find("WRONG  corruption"), std::string::npos) << told.out;
  fs::remove_all(root() / "quarantine");
  EXPECT_EQ(document({"doctor"})["well"], true);
  expect_refusal({"doctor", "512x512"}, 2, {"--fft"});
}

}  // namespace
}  // namespace almanac
