// What is removed on purpose, and told of afterwards: almanac invalidate, clear, log and ls --versions.

#include "command_line.hpp"
#include "unprivileged.hpp"

#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <set>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class Invalidate : public testing::CommandLineTest {
 protected:
  cache::DiskTier disk() const { return cache::DiskTier({.root = folder_ / "cache", .producer = {"test/1", "none"}, .warn = {}}); }

  /// A user's table, made from others.
  cache::Key make(const cache::Key& key, const std::vector<cache::Key>& from = {}, const std::function<void(cache::EntryFacts&)>& change = {}) const {
    const cache::Artifact artifact({cache::Array::of("x", {2}, std::vector<double>{0, 1})});
    cache::EntryFacts facts;
    facts.cost = std::chrono::seconds(2);
    facts.created = std::chrono::system_clock::now();
    for (const cache::Key& parent : from) facts.dependencies.push_back(parent.id());
    if (change) change(facts);
    EXPECT_TRUE(disk().put(std::make_shared<const cache::Entry>(cache::Entry{key, artifact, facts})).ok());
    return key;
  }
  cache::Key table(int n, const std::vector<cache::Key>& from = {}) const { return make(cache::Key("table", 1, {{"n", n}}), from); }

  std::set<std::string> keys() const {
    std::set<std::string> all;
    for (const json& entry : document({"ls"})) all.insert(entry["key"]);
    return all;
  }
  /// Reason by key, as the log has them.
  std::map<std::string, std::string> logged(Words words = {}) const {
    words.insert(words.begin(), "log");
    std::map<std::string, std::string> all;
    for (const json& one : document(words)) all[one["key"]] = one["reason"];
    return all;
  }
};

TEST_F(Invalidate, ByGlobAndKindTellsHowMuchAndWhatItTakesToMakeAnew) {
  for (int n = 1; n <= 12; ++n) table(n);
  make(cache::Key("other", 1, {{"n", 1}}));
  const json report = document({"invalidate", "--kind", "table", "--glob", "*{n=1?}", "--yes"});
  EXPECT_EQ(report["removed"], 3);
  EXPECT_GT(report["bytes"], 3 * 4096);
  EXPECT_EQ(report["cost"], 6.0);
  EXPECT_EQ(report["dependents"], 0);
  EXPECT_EQ(keys().size(), 10U);
  EXPECT_EQ(logged().at("table@1{n=12}"), "pattern");
  const Outcome told = almanac({"invalidate", "--glob", "*{n=[23]}", "-y"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.err.find("removed 2 artifacts, "), 0U) << told.err;
  EXPECT_NE(told.err.find("4.00 s to make anew"), std::string::npos) << told.err;
  EXPECT_EQ(told.out, "");
}

TEST_F(Invalidate, OfAParentTakesWhatWasMadeFromItAndSaysSoBefore) {
  const cache::Key parent = table(1), child = table(2, {parent}), grandchild = make(cache::Key("other", 1, {{"n", 3}}), {child});
  table(4);
  const Outcome dry = almanac({"invalidate", parent.id().hex(), "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.err.find("would remove 3 artifacts"), std::string::npos) << dry.err;
  EXPECT_NE(dry.err.find("2 of them made from others"), std::string::npos) << dry.err;
  EXPECT_NE(dry.out.find("dependency"), std::string::npos) << dry.out;
  const json foreseen = document({"invalidate", parent.id().hex(), "--dry-run"});
  EXPECT_EQ(foreseen["removed"], 0);
  EXPECT_EQ(foreseen["would_remove"], 3);
  EXPECT_EQ(foreseen["dependents"], 2);
  EXPECT_EQ(foreseen["artifacts"].size(), 3U);
  EXPECT_EQ(keys().size(), 4U);
  expect_refusal({"invalidate", parent.id().hex()}, 2, {"3 artifacts", "2 of them made from others", "--yes"});
  EXPECT_EQ(keys().size(), 4U);
  const json done = document({"invalidate", parent.id().hex(), "--yes"});
  EXPECT_EQ(done["removed"], 3);
  EXPECT_EQ(done["dependents"], 2);
  EXPECT_EQ(keys(), (std::set<std::string>{"table@1{n=4}"}));
  EXPECT_EQ(logged().at(parent.text()), "manual");
  EXPECT_EQ(logged({"--reason", "dependency"}), (std::map<std::string, std::string>{{child.text(), "dependency"}, {grandchild.text(), "dependency"}}));
}

TEST_F(Invalidate, OfOneArtifactIsNotAskedAboutAndMakesItAgainWhereItIsWanted) {
  almanac({"get", "laplacian", "extent=16", "-o", folder_ / "x"});
  almanac({"get", "fractional_kernel", "alpha=0.5", "n=5000", "-o", folder_ / "x"});
  EXPECT_EQ(document({"invalidate", "laplacian", "extent=16"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "laplacian", "extent=16"})["removed"], 0);
  EXPECT_EQ(logged().size(), 1U);
  const json again = document({"invalidate", "fractional_kernel", "alpha=0.5", "--reason", "data_changed", "--rewarm"});
  EXPECT_EQ(again["removed"], 1);
  EXPECT_EQ(again["not_remade"], 0);
  ASSERT_EQ(keys().size(), 1U);
  EXPECT_EQ(document({"info", "fractional_kernel", "alpha=0.5"})["attributes"]["coverage"], 8192) << "as far as it reached";
  EXPECT_EQ(logged({"--reason", "data_changed"}).size(), 1U);
  table(1);
  const Outcome told = almanac({"invalidate", "--glob", "*", "--yes", "--rewarm"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_NE(told.err.find("removed 2 artifacts"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("made again: 1 artifact; 1 that cannot be made here"), std::string::npos) << told.err;
}

TEST_F(Invalidate, ByTagAgeProducerVersionAndTime) {
  const cache::Key tagged = table(1);
  ASSERT_TRUE(disk().tag("paper", tagged.id()).ok());
  table(2);
  const auto other = [&](int n, const std::function<void(cache::EntryFacts&)>& change) { return make(cache::Key("table", 1, {{"n", n}}), {}, change); };
  const auto now = std::chrono::system_clock::now();
  other(3, [&](cache::EntryFacts& facts) { facts.created = now - std::chrono::hours(24 * 40); });
  other(4, [&](cache::EntryFacts& facts) { facts.producer = {"elsewhere/9.1", "none"}; });
  other(5, [&](cache::EntryFacts& facts) { facts.expires = now - std::chrono::hours(1); });
  make(cache::Key("table", 2, {{"n", 6}}));
  fs::last_write_time(disk().path_of(make(cache::Key("table", 1, {{"n", 7}})).id()), fs::file_time_type::clock::now() - std::chrono::hours(24 * 40));
  EXPECT_EQ(document({"invalidate", "--tag", "paper"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "--older-than", "30d"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "--producer", "elsewhere/*"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "--expired"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "table", "--recipe-version", "2"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "--unused-for", "4w"})["removed"], 1);
  EXPECT_EQ(document({"invalidate", "--other-hosts"})["removed"], 0);
  EXPECT_EQ(keys(), (std::set<std::string>{"table@1{n=2}"}));
  EXPECT_EQ(logged().at("table@1{n=5}"), "ttl_expired");
  EXPECT_EQ(logged().at("table@1{n=3}"), "pattern");
}

TEST_F(Invalidate, OfOtherHostsLeavesWhatIsOursAndWhatIsEverybodys) {
  almanac({"get", "fft_wisdom", "extent=64", "-o", folder_ / "x"});
  table(1);
  const auto bound = [](cache::EntryFacts& facts) { facts.host_binding = "Another CPU; AVX9; fftw-9"; };
  const cache::Key foreign = make(cache::Key("fft_wisdom", 2, {{"cpu", "Another CPU"}}), {}, bound);
  make(cache::Key("table", 1, {{"n", 2}}), {}, bound);  // of which nobody here can tell
  ASSERT_EQ(keys().size(), 4U);
  EXPECT_EQ(document({"invalidate", "--other-hosts"})["removed"], 1);
  EXPECT_FALSE(keys().contains(foreign.text()));
  EXPECT_EQ(keys().size(), 3U);
  EXPECT_EQ(logged().at(foreign.text()), "data_changed");
}

TEST_F(Invalidate, RefusesWhatSaysNothingOrCannotBeMeant) {
  table(1);
  expect_refusal({"invalidate"}, 2, {"say what", "--glob", "clear --all"});
  expect_refusal({"invalidate", "--yes"}, 2, {"say what"});
  for (const std::string option : {"--glob", "--tag", "--kind", "--producer", "--older-than"}) {
    expect_refusal({"invalidate", option, "", "--yes"}, 2, {option.c_str(), "empty"});
  }
  expect_refusal({"invalidate", "", "--yes"}, 2, {"empty"});
  expect_refusal({"invalidate", "--older-than", "soon", "--yes"}, 2, {"--older-than = 'soon'", "30d"});
  expect_refusal({"invalidate", "--unused-for", "-3d", "--yes"}, 2, {"--unused-for"});
  expect_refusal({"invalidate", "--recipe-version", "0", "--yes"}, 2, {"--recipe-version = '0'", "from 1 on"});
  expect_refusal({"invalidate", "--tag", "../objects", "--yes"}, 2, {"tag \"../objects\"", "1 to 64"});
  expect_refusal({"invalidate", "--reason", "capacity", "--glob", "*", "--yes"}, 2, {"--reason", "data_changed"});
  expect_refusal({"invalidate", "nothing", "--yes"}, 2, {"unknown kind 'nothing'"});
  expect_refusal({"invalidate", "--kind", "nothing"}, 2, {"unknown kind 'nothing'"});
  expect_refusal({"invalidate", "laplacian", "extent=0"}, 2, {"extent"});
  expect_refusal({"invalidate", "table", "--kind", "table"}, 2, {"--kind"});
  EXPECT_EQ(document({"invalidate", "--kind", "laplacian", "--yes"})["removed"], 0) << "known, and none there";
  const json refused = json::parse(almanac({"invalidate", "--json"}).out);
  EXPECT_EQ(refused["error"]["exit_code"], 2);
  EXPECT_EQ(keys().size(), 1U);
}

TEST_F(Invalidate, AsksOnATerminal) {
  if (almanac({"--version"}).exit_code != 0 || shell("command -v script").exit_code != 0) GTEST_SKIP() << "no script(1) to make a terminal";
  table(1);
  table(2);
  const auto answered = [&](const std::string& answer) {
    return shell("printf '" + answer + "\\n' | script -qec \"'" + std::string(ALMANAC_PROGRAM) + "' invalidate --kind table\" /dev/null");
  };
  const Outcome no = answered("n");
  EXPECT_NE(no.out.find("Remove 2 artifacts"), std::string::npos) << no.out;
  EXPECT_NE(no.out.find("nothing removed"), std::string::npos) << no.out;
  EXPECT_EQ(keys().size(), 2U);
  EXPECT_NE(answered("y").out.find("removed 2 artifacts"), std::string::npos);
  EXPECT_EQ(keys().size(), 0U);
}

TEST_F(Invalidate, WorksOnAnEmptyAMissingAndAReadOnlyCache) {
  EXPECT_EQ(document({"invalidate", "--glob", "*", "--yes"})["removed"], 0);
  EXPECT_EQ(document({"log"}), json::array());
  EXPECT_EQ(almanac({"log"}).err, "0 removals\n");
  EXPECT_EQ(document({"ls", "--versions"}), json::array());
  const cache::Key key = table(1);
  for (const auto& at : fs::recursive_directory_iterator(folder_.path())) {
    if (at.is_directory()) fs::permissions(at.path(), fs::perms::all);
  }
  fs::permissions(folder_.path(), fs::perms::all);
  const fs::path folder = disk().path_of(key.id()).parent_path();
  fs::permissions(folder, fs::perms(0555));
  {
    const testing::Unprivileged nobody;
    const Outcome refused = almanac({"invalidate", "--kind", "table", "--yes"});
#if defined(ALMANAC_ADDRESS_SANITIZER)
    EXPECT_NE(refused.exit_code, 0);  // its search for leaks ends a process of two users, who may not look into itself, with a code of its own
#else
    EXPECT_EQ(refused.exit_code, 3);
#endif
    EXPECT_NE(refused.err.find("cannot remove"), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("removed otherwise: 0 artifacts"), std::string::npos) << refused.err;
  }
  fs::permissions(folder, fs::perms::all);
  EXPECT_EQ(keys().size(), 1U);
}

TEST_F(Invalidate, IsToldOfByTheLog) {
  for (int n = 1; n <= 5; ++n) table(n);
  for (int n = 1; n <= 5; ++n) almanac({"invalidate", "--glob", "*{n=" + std::to_string(n) + "}"});
  document({"clear", "--all", "--yes"});
  const json all = document({"log"});
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0]["key"], "table@1{n=1}");
  EXPECT_EQ(all[4]["key"], "table@1{n=5}");
  EXPECT_EQ(all[0]["id"], cache::Key("table", 1, {{"n", 1}}).id().hex());
  EXPECT_EQ(all[0]["cost"], 2.0);
  EXPECT_NE(all[0]["who"].get<std::string>().find(" almanac "), std::string::npos) << all[0]["who"];
  const json last = document({"log", "--limit", "2"});
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[1], all[4]);
  EXPECT_EQ(document({"log", "--limit", "0"}).size(), 5U);
  EXPECT_EQ(document({"log", "--since", "1h"}).size(), 5U);
  EXPECT_EQ(document({"log", "--since", "0s"}).size(), 0U);
  EXPECT_EQ(document({"log", "--reason", "capacity"}).size(), 0U);
  const Outcome told = almanac({"log", "--limit", "2"});
  EXPECT_NE(told.out.find("table@1{n=5}"), std::string::npos) << told.out;
  EXPECT_EQ(told.out.find("table@1{n=1}"), std::string::npos) << told.out;
  EXPECT_EQ(told.err, "5 removals, of which the last 2; --limit 0 shows all\n");
  expect_refusal({"log", "--reason", "boredom"}, 2, {"--reason", "capacity"});
  expect_refusal({"log", "--since", "yesterday"}, 2, {"--since = 'yesterday'"});
  expect_refusal({"log", "--limit", "-1"}, 2, {"--limit"});
  std::ofstream(folder_ / "cache" / "removals.log", std::ios::app) << "torn in the mid";
  table(9);
  document({"clear", "table", "--yes"});
  EXPECT_EQ(almanac({"log"}).err, "6 removals; 1 damaged line passed over\n");
}

TEST_F(Invalidate, ShowsVersionsOfARecipeSideBySide) {
  almanac({"get", "laplacian", "extent=16", "-o", folder_ / "x"});
  make(cache::Key("fractional_kernel", 99, {{"alpha", 0.5}}));
  make(cache::Key("table", 1, {{"n", 1}}));
  make(cache::Key("table", 3, {{"n", 1}}));
  const json list = document({"ls", "--versions"});
  ASSERT_EQ(list.size(), 5U) << list;
  EXPECT_EQ(list[0]["kind"], "fractional_kernel");
  EXPECT_EQ(list[0]["current"], true);
  EXPECT_EQ(list[0]["artifacts"], 0) << "what is made now stands beside the old, though there is none yet";
  EXPECT_EQ(list[1]["version"], 99);
  EXPECT_EQ(list[1]["current"], false);
  EXPECT_EQ(list[1]["producers"], json::array({"test/1"}));
  EXPECT_EQ(list[2]["kind"], "laplacian");
  EXPECT_EQ(list[2]["current"], true);
  EXPECT_EQ(list[2]["artifacts"], 1);
  EXPECT_EQ(list[3]["version"], 1);
  EXPECT_TRUE(list[3]["current"].is_null());
  EXPECT_EQ(list[4]["version"], 3);
  EXPECT_EQ(document({"ls", "table", "--versions"}).size(), 2U);
  const Outcome told = almanac({"ls", "--versions"});
  EXPECT_NE(told.out.find("version"), std::string::npos) << told.out;
  EXPECT_NE(told.err.find("--recipe-version"), std::string::npos) << told.err;
  expect_refusal({"ls", "nothing", "--versions"}, 2, {"unknown kind 'nothing'"});
  EXPECT_EQ(document({"ls", "table"}).size(), 2U) << "both can be read";
  EXPECT_EQ(document({"invalidate", "fractional_kernel", "--recipe-version", "99"})["removed"], 1);
  EXPECT_EQ(document({"ls", "--versions"}).size(), 3U);
}

}  // namespace
}  // namespace almanac
