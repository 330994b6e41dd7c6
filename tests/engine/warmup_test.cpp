#include <almanac/warmup.hpp>

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

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
  Engine engine() {
    Config config;
    config.cache_dir = folder_ / "cache";
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
  int asked = 0;
  const WarmupReport report = warm_up(one, catalog, {.recompute = false, .progress = {}, .stop = [&] { return ++asked > 2; }});
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.kinds.at(0).made, 2U);
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
