// almanac maintain: what is past its time, long not used or too much is cleared away, and said.

#include "command_line.hpp"

#include <almanac/cache/tiers.hpp>

#include <chrono>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class Maintain : public testing::CommandLineTest {
 protected:
  /// Ten tables, the first of which save least; half of them were last used 40 days ago.
  void fill() const {
    cache::DiskTier disk({.root = folder_ / "cache", .warn = {}});
    for (int n = 0; n < 10; ++n) {
      cache::EntryFacts facts;
      facts.cost = std::chrono::seconds(n + 1);
      const cache::Artifact artifact({cache::Array::of("x", {2}, std::vector<double>{0, 1})});
      const cache::Key key("table", 1, {{"n", n}});
      ASSERT_TRUE(disk.put(std::make_shared<const cache::Entry>(cache::Entry{key, artifact, facts})).ok());
      if (n % 2 == 0) fs::last_write_time(disk.path_of(key.id()), fs::file_time_type::clock::now() - std::chrono::hours(24 * 40));
    }
  }
  std::size_t kept() const { return document({"ls"}).size(); }
};

TEST_F(Maintain, SaysWhatItWouldDoAndThenDoesIt) {
  fill();
  const std::vector<std::string> limits = {"maintain", "--max-age", "30d", "--max-entries", "3"};
  const auto with = [&](const std::string& word) {
    std::vector<std::string> words = limits;
    words.push_back(word);
    return words;
  };
  const json would = document(with("--dry-run"));
  const json checked = document(with("--check"), 1);
  EXPECT_EQ(kept(), 10U);
  const json did = document(limits);
  for (const json& report : {would, checked, did}) {
    EXPECT_EQ(report["found"]["artifacts"], 10);
    EXPECT_EQ(report["unused"]["artifacts"], 5);
    EXPECT_EQ(report["unused"]["cost"], 25.0);  // 1 + 3 + 5 + 7 + 9
    EXPECT_EQ(report["evicted"]["artifacts"], 2);
    EXPECT_EQ(report["evicted"]["cost"], 6.0);  // 2 + 4
    EXPECT_EQ(report["kept"]["artifacts"], 3);
    EXPECT_EQ(report["work"], true);
  }
  EXPECT_EQ(would["dry_run"], true);
  EXPECT_EQ(did["dry_run"], false);
  EXPECT_EQ(kept(), 3U);
  EXPECT_EQ(almanac(with("--check")).exit_code, 0) << "nothing to do any more";
}

TEST_F(Maintain, WritesAReport) {
  fill();
  const std::string file = folder_ / "the report.json";
  const Outcome done = almanac({"maintain", "--max-size", "0", "--report", file});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_NE(done.out.find("evicted"), std::string::npos) << done.out;
  const json report = json::parse(std::ifstream(file));
  EXPECT_EQ(report["evicted"]["artifacts"], 10);
  EXPECT_EQ(report["kept"]["bytes"], 0);
  EXPECT_EQ(json::parse(almanac({"maintain", "--report", "-"}).out)["found"]["artifacts"], 0);
}

TEST_F(Maintain, WorksWhereThereIsNothingAndWhereAnotherIsAtIt) {
  EXPECT_EQ(document({"maintain", "--max-age", "1d"})["work"], false);
  fill();
  ASSERT_EQ(document({"maintain"})["kept"]["artifacts"], 10);
  const int other = ::open(std::string(folder_ / "cache" / "usage" / "cleaner").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(document({"maintain", "--max-size", "0"})["busy"], true);
  ::close(other);
  EXPECT_EQ(kept(), 10U);
}

TEST_F(Maintain, RefusesNonsenseByNameValueAndRange) {
  expect_refusal({"maintain", "--max-size", "1x"}, 2, {"--max-size", "1x", "500MB"});
  expect_refusal({"maintain", "--max-size=-5MB"}, 2, {"--max-size", "-5MB"});
  expect_refusal({"maintain", "--max-age", "old"}, 2, {"--max-age", "old", "30d"});
  expect_refusal({"maintain", "--max-entries=-1"}, 2, {"--max-entries", "-1", "whole number"});
  expect_refusal({"maintain", "--report", "/nowhere/at/all"}, 3, {"/nowhere/at/all"});
}

}  // namespace
}  // namespace almanac
