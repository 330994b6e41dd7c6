// Listings of few entries and of very many: in order and aligned, or as they come.

#include "command_line.hpp"

#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <set>

#include <unistd.h>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class Listing : public testing::CommandLineTest {
 protected:
  Listing() : CommandLineTest(testing::quickest_place()) {}

  /// So many entries of a user's table.
  void make(int count) const {
    cache::DiskTier disk({.root = folder_ / "cache", .producer = {"test/1", "none"}, .warn = {}});
    for (int n = 0; n < count; ++n) {
      const cache::Artifact artifact({cache::Array::of("x", {2}, std::vector<double>{0, 1.0 * n})});
      cache::EntryFacts facts;
      facts.cost = std::chrono::milliseconds(1);
      const cache::Entry entry{cache::Key("table", 1, {{"n", n}}), artifact, facts};
      ASSERT_TRUE(disk.put(std::make_shared<const cache::Entry>(entry)).ok());
    }
  }
  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
};

TEST_F(Listing, OfAFewIsSortedAndOfTheStoreItIsTheSameRows) {
  make(7);
  const auto key = [](const json& entry) { return entry["key"].get<std::string>(); };
  const auto sorted = document({"ls"}).get<std::vector<json>>();
  ASSERT_EQ(sorted.size(), 7U);
  EXPECT_TRUE(std::ranges::is_sorted(sorted, {}, key));
  auto found = document({"ls", "--unsorted"}).get<std::vector<json>>();
  std::ranges::sort(found, {}, key);
  EXPECT_EQ(found, sorted);
  const Outcome aligned = almanac({"ls"}), streamed = almanac({"ls", "--unsorted"});
  EXPECT_EQ(lines(aligned.out).size(), 8U);
  EXPECT_EQ(lines(streamed.out).size(), 8U);
  for (const Outcome* told : {&aligned, &streamed}) {
    const std::vector<std::string> rows = lines(told->out);
    for (const std::string& row : rows) {
      EXPECT_EQ(row.find(row == rows[0] ? "key" : "table@1{n="), rows[0].find("key")) << told->out;
    }
  }
  EXPECT_EQ(aligned.err.find("order of the store"), std::string::npos) << aligned.err;
  EXPECT_NE(streamed.err.find("7 artifacts"), std::string::npos) << streamed.err;
  EXPECT_NE(streamed.err.find("order of the store"), std::string::npos) << streamed.err;
}

TEST_F(Listing, OfNoneIsAnEmptyDocument) {
  EXPECT_EQ(almanac({"ls", "--json"}).out, "[]\n");
  EXPECT_EQ(almanac({"ls", "--unsorted", "--json"}).out, "[]\n");
  EXPECT_EQ(almanac({"ls"}).out, "");
  EXPECT_EQ(almanac({"ls", "--unsorted"}).out, "");
  EXPECT_EQ(document({"stats"})["total"]["artifacts"], 0);
  EXPECT_EQ(document({"clear", "--all", "--yes"})["removed"], 0);
}

TEST_F(Listing, OfMoreThanCanBeSortedGoesByInTheOrderOfTheStore) {
  constexpr int kMany = 10'003;
  make(kMany);
  almanac({"get", "laplacian", "extent=16", "-o", folder_ / "x"});
  const json list = document({"ls", "table"});
  ASSERT_EQ(list.size(), static_cast<std::size_t>(kMany));
  std::set<std::string> keys;
  for (const json& entry : list) keys.insert(entry["key"].get<std::string>());
  EXPECT_EQ(keys.size(), list.size()) << "each once";
  const Outcome told = almanac({"ls"});
  EXPECT_EQ(lines(told.out).size(), kMany + 2U);
  EXPECT_NE(told.err.find("10004 artifacts"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("order of the store"), std::string::npos) << told.err;
  EXPECT_EQ(document({"stats"})["kinds"]["table"]["artifacts"], kMany);
  EXPECT_EQ(document({"clear", "table", "--yes"})["removed"], kMany);
  EXPECT_EQ(document({"ls"}).size(), 1U) << "other kinds stay";
}

TEST_F(Listing, ClearingTellsHowMuchWentAway) {
  make(3);
  std::uint64_t bytes = 0;
  for (const fs::path& entry : entries()) bytes += fs::file_size(entry);
  const json report = document({"clear", "--all", "--yes"});
  EXPECT_EQ(report["removed"], 3);
  EXPECT_EQ(report["bytes"], bytes);
  EXPECT_TRUE(entries().empty());
  make(1);
  EXPECT_EQ(almanac({"clear", "table", "--yes"}).err.find("removed 1 artifact, "), 0U);
  expect_refusal({"clear", "nothing", "--yes"}, 2, {"unknown kind 'nothing'"});
}

TEST_F(Listing, PassesOverAFolderThatCannotBeListedAndWarnsOnce) {
  make(40);
  make_unlistable(entries().at(0).parent_path());
  const std::size_t there = entries().size();
  ASSERT_LT(there, 40U);
  for (const std::string command : {"ls", "stats"}) {
    const Outcome told = almanac({command, "--json"});
    EXPECT_EQ(told.exit_code, 0) << told.err;
    const json report = json::parse(told.out);
    EXPECT_EQ(command == "ls" ? report.size() : report["total"]["artifacts"].get<std::size_t>(), there);
    const std::vector<std::string> said = lines(told.err);
    EXPECT_EQ(std::ranges::count_if(said, [](const std::string& line) { return line.find("cannot list") != std::string::npos; }), 1)
        << told.err;
    EXPECT_EQ(said.front().find("almanac: warning: "), 0U) << told.err;
  }
  const Outcome checked = almanac({"validate"});
  EXPECT_EQ(checked.exit_code, 1) << checked.err;
  EXPECT_NE(checked.out.find("cannot list"), std::string::npos) << checked.out;
  EXPECT_EQ(checked.err.find("cannot list"), std::string::npos) << checked.err;
  EXPECT_NE(checked.err.find(std::to_string(there) + " files checked, 1 wrong"), std::string::npos) << checked.err;
  const json report = document({"validate", "--recompute", "1", "--repair"}, 1);
  ASSERT_EQ(report["wrong"].size(), 1U);
  EXPECT_NE(report["wrong"][0]["repair"].get<std::string>().find("left where it is"), std::string::npos);

  const Outcome cleared = almanac({"clear", "--all", "--yes"});
  EXPECT_EQ(cleared.exit_code, 3) << "nobody knows what is in there";
  EXPECT_NE(cleared.err.find("removed otherwise: " + std::to_string(there) + " artifact"), std::string::npos) << cleared.err;
  EXPECT_TRUE(entries().empty());
}

TEST_F(Listing, ClearingGoesOnPastWhatCannotBeRemoved) {
  if (geteuid() == 0) GTEST_SKIP() << "nothing keeps root from removing it";
  make(10);
  const fs::path kept = entries().at(0).parent_path();
  fs::permissions(kept, fs::perms::owner_read | fs::perms::owner_exec);
  const std::size_t in_there = std::distance(fs::directory_iterator(kept), fs::directory_iterator());
  const Outcome cleared = almanac({"clear", "--all", "--yes"});
  fs::permissions(kept, fs::perms::owner_all);
  EXPECT_EQ(cleared.exit_code, 3);
  EXPECT_NE(cleared.err.find("cannot remove"), std::string::npos) << cleared.err;
  EXPECT_EQ(entries().size(), in_there);
}

TEST_F(Listing, NamesOfSeveralLinesTakeOne) {
  make(1);
  std::ofstream(entries().at(0).parent_path() / "two\nlines\x1b[2J") << "x";
  std::ofstream(entries().at(0).parent_path() / "no UTF-8: \xff") << "x";
  const Outcome told = almanac({"validate"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(lines(told.out).size(), 3U) << told.out;
  EXPECT_NE(told.out.find("two\\nlines\\x1b[2J  not the name"), std::string::npos) << told.out;
  const json report = document({"validate"}, 1);
  EXPECT_TRUE(report["wrong"][1]["path"].get<std::string>().ends_with("two\nlines\x1b[2J"));
  const Words words{"ls", "--cache-dir", folder_ / "a\nb"};
  EXPECT_EQ(lines(almanac(words).err).size(), 1U);
}

}  // namespace
}  // namespace almanac
