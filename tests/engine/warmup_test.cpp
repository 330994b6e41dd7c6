#include <almanac/warmup.hpp>

#include "probe_recipe.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

namespace almanac {
namespace {

class WarmupTest : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& text) {
    const auto path = folder_ / "catalog.toml";
    std::ofstream(path) << text;
    return path;
  }
  std::string message(const std::string& text) {
    try {
      Catalog::load(file(text));
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
  std::string list_message(const std::string& text) {
    try {
      list(text);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
  static Catalog list(const std::string& text) {
    std::istringstream stream(text);
    return Catalog::read_list(stream, "list");
  }
  static void expect_parts(const std::string& said, std::initializer_list<const char*> parts) {
    for (const char* part : parts) EXPECT_NE(said.find(part), std::string::npos) << said << " lacks " << part;
  }
  Engine engine() {
    Config config;
    config.cache_dir = folder_ / "cache";
    config.lease_wait = std::chrono::seconds(20);  // a wait that should not be ends, and is seen
    return Engine(config);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(WarmupTest, TheStandardCatalogIs36Kernels7LaplaciansAnd13Bundles) {
  const Catalog catalog = Catalog::load(std::filesystem::path(ALMANAC_DATA_FOLDER) / "catalogs/standard.toml");
  std::map<std::string_view, int> counts;
  for (const auto& item : catalog.items) ++counts[item.recipe->kind()];
  EXPECT_EQ(counts["fractional_kernel"], 36);
  EXPECT_EQ(counts["laplacian"], 7);
  EXPECT_EQ(counts["fft_wisdom"], 13);
}

TEST_F(WarmupTest, RequestsThatOneArtifactServesAreMadeOnceAndTheSecondRunMakesNothing) {
  const Catalog catalog = Catalog::load(file("[[fractional_kernel]]\nalpha = [1.5, 0.5]\ndt = [0.1, 1]\nn = [100, 5000]\n"
                                             "[[laplacian]]\nextent = \"16x16\"\n"));
  Engine first = engine();
  const WarmupReport made = warm_up(first, catalog, {});
  ASSERT_EQ(made.kinds.size(), 2U);
  EXPECT_EQ(made.kinds[0].requests, 8U);
  EXPECT_EQ(made.kinds[0].artifacts, 2U);
  EXPECT_EQ(made.kinds[0].made, 2U);
  Engine later = engine();
  const WarmupReport found = warm_up(later, catalog, {});
  for (const auto& kind : found.kinds) {
    EXPECT_EQ(kind.made, 0U) << kind.kind;
    EXPECT_EQ(kind.found, kind.artifacts) << kind.kind;
  }
  EXPECT_EQ(later.stats().tiers.at("disk").hits, 0U) << "headers only";
  EXPECT_EQ(later.fractional_kernel({.alpha = 0.5, .n = 8192}).provenance().source, "disk") << "made at the greatest length";
}

TEST_F(WarmupTest, StopsBetweenArtifactsWhenAsked) {
  const Catalog catalog = Catalog::load(file("[[laplacian]]\nextent = [\"8\", \"9\", \"10\"]\n"));
  Engine one = engine();
  int begun = 0;
  const WarmupReport report = warm_up(one, catalog, {.recompute = false,
                                                     .progress = [&](const WarmupProgress&) { ++begun; },
                                                     .stop = [&] { return begun == 2; }});
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.kinds.at(0).made, 2U);
  EXPECT_EQ(report.kinds.at(0).artifacts, 3U);
}

TEST_F(WarmupTest, AFailingArtifactIsReportedAndTheRestIsMade) {
  const testing::ProbeRecipe recipe([](const std::string& name) {
    if (name == "bad") throw std::runtime_error("no such luck");
  });
  Engine one = engine();
  const WarmupReport report = warm_up(one, recipe.catalog({"a", "bad", "b"}), {});
  EXPECT_EQ(report.kinds.at(0).made, 2U);
  EXPECT_EQ(report.kinds.at(0).failed, 1U);
  EXPECT_FALSE(report.interrupted);
  EXPECT_EQ(report.failures, (std::vector<std::string>{"here:1: probe name=bad: no such luck"}));
}

TEST_F(WarmupTest, IsToldOfEachArtifactBeforeItIsMade) {
  std::vector<std::string> order;
  const testing::ProbeRecipe recipe([&](const std::string& name) { order.push_back("make " + name); });
  Engine one = engine();
  warm_up(one, recipe.catalog({"a"}), {});
  order.clear();
  warm_up(one, recipe.catalog({"a", "b", "c"}), {.progress = [&](const WarmupProgress& at) {
    order.push_back(std::string(at.label) + " " + std::to_string(at.done) + " of " + std::to_string(at.all));
  }});
  EXPECT_EQ(order, (std::vector<std::string>{"probe name=b 1 of 3", "make b", "probe name=c 2 of 3", "make c"}));
}

TEST_F(WarmupTest, RecomputingMakesWhatIsThereAnew) {
  int made = 0;
  const testing::ProbeRecipe recipe([&](const std::string&) { ++made; });
  Engine one = engine();
  warm_up(one, recipe.catalog({"a", "b"}), {});
  EXPECT_EQ(warm_up(one, recipe.catalog({"a", "b"}), {.recompute = true}).kinds.at(0).made, 2U);
  EXPECT_EQ(made, 4);
}

// What is quicker made than loaded is not stored for a program that asks; a warm-up was told to.
TEST_F(WarmupTest, StoresWhatWasAskedForByNameHoweverQuicklyItIsMade) {
  const Catalog catalog = list("fractional_kernel alpha=0.5 n=2\nlaplacian extent=4\n");
  Engine one = engine();
  EXPECT_EQ(warm_up(one, catalog, {}).kinds.at(0).made, 1U);
  Engine later = engine();
  for (const auto& kind : warm_up(later, catalog, {}).kinds) EXPECT_EQ(kind.found, 1U) << kind.kind;
}

TEST_F(WarmupTest, WhatTheDiskHasLostIsPutBackFromMemory) {
  int made = 0;
  const testing::ProbeRecipe recipe([&](const std::string&) { ++made; });
  Engine one = engine();
  warm_up(one, recipe.catalog({"a"}), {});
  const Key key("probe", 1, {{"name", "a"}});
  ASSERT_TRUE(*one.disk()->erase(key));
  const WarmupReport again = warm_up(one, recipe.catalog({"a"}), {});
  EXPECT_EQ(again.kinds.at(0).not_stored, 0U);
  EXPECT_TRUE(*one.disk()->peek(key));
  EXPECT_EQ(made, 1);
}

// Another engine over the same cache stands for another process. It holds the first key until all others are made.
TEST_F(WarmupTest, MakesWhatNobodyHoldsBeforeItWaitsForWhatAnotherMakes) {
  std::atomic<bool> is_held = false, may_end = false;
  const testing::ProbeRecipe slow([&](const std::string&) {
    is_held = true;
    is_held.notify_all();
    may_end.wait(false);
  });
  std::jthread other([&] {
    Engine engine_of_another = engine();
    warm_up(engine_of_another, slow.catalog({"a"}), {});
  });
  is_held.wait(false);
  const testing::ProbeRecipe quick([&](const std::string& name) {
    if (name != "c") return;
    may_end = true;
    may_end.notify_all();
  });
  Engine one = engine();
  const WarmupReport report = warm_up(one, quick.catalog({"a", "b", "c"}), {});
  EXPECT_EQ(report.kinds.at(0).made, 2U);
  EXPECT_EQ(report.kinds.at(0).found, 1U);
}

TEST_F(WarmupTest, ListsAreOneArtifactALineWithCommentsAndBlankLines) {
  const Catalog catalog = list("# what we need\n\n  fractional_kernel alpha=1.5   n=1000 # the long one\nlaplacian extent=8x8 boundary=neumann\r\n");
  ASSERT_EQ(catalog.items.size(), 2U);
  EXPECT_EQ(catalog.items[0].label, "fractional_kernel alpha=1.5 n=1000");
  EXPECT_EQ(catalog.items[0].where, "list:3");
  EXPECT_EQ(catalog.items[1].label, "laplacian extent=8x8 boundary=neumann");
  EXPECT_TRUE(list("").items.empty());
}

TEST_F(WarmupTest, EveryRefusalOfAListNamesItAndTheLine) {
  expect_parts(list_message("\nkernel alpha=1\n"), {"list:2", "kernel", "fractional_kernel"});
  expect_parts(list_message("fractional_kernel alpha=7 n=3\n"), {"list:1", "alpha = 7", "[-2, 4]"});
  expect_parts(list_message("#\n#\nfractional_kernel alfa=1\n"), {"list:3", "alfa", "alpha"});
  expect_parts(list_message("fractional_kernel alpha\n"), {"list:1", "'alpha'", "name=value"});
  expect_parts(list_message("fractional_kernel alpha=1 alpha=1 n=2\n"), {"list:1", "alpha"});
  EXPECT_THROW(Catalog::load_list(folder_ / "none.txt"), InputError);
  EXPECT_THROW(Catalog::load_list(folder_.path()), InputError);
}

TEST_F(WarmupTest, TheStandardCatalogHasAName) {
  EXPECT_EQ(Catalog::named("standard").items.size(), 56U);
  file("[[laplacian]]\nextent = \"8\"\n");
  EXPECT_EQ(Catalog::named("catalog.toml", folder_.path()).items.size(), 1U);
}

TEST_F(WarmupTest, EveryRefusalNamesFileAndLine) {
  const auto expect = [&](const std::string& text, std::initializer_list<const char*> parts) {
    const std::string said = message(text);
    for (const char* part : parts) EXPECT_NE(said.find(part), std::string::npos) << said << " lacks " << part;
  };
  expect("\n[[kernel]]\nalpha = 1\n", {"catalog.toml:2", "kernel", "fractional_kernel"});
  expect("[[fractional_kernel]]\nalfa = 1\n", {"catalog.toml:1", "alfa", "alpha"});
  expect("[[fractional_kernel]]\nalpha = [1, 7]\n", {"catalog.toml:1", "alpha = 7", "[-2, 4]"});
  expect("[[fractional_kernel]]\nalpha = []\n", {"catalog.toml:2", "alpha", "empty"});
  expect("[[fractional_kernel]]\nalpha = [[1]]\n", {"catalog.toml:2", "alpha"});
  expect("[fractional_kernel]\nalpha = 1\n", {"catalog.toml:1", "[[fractional_kernel]]"});
  expect("[[fractional_kernel\n", {"catalog.toml:1"});
}

}  // namespace
}  // namespace almanac
