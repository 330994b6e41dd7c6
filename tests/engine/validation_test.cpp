#include <almanac/validation.hpp>

#include "temporary_folder.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <set>

namespace almanac {
namespace {

namespace fs = std::filesystem;

class ValidationTest : public ::testing::Test {
 protected:
  /// A new engine over the same folder is what a new process would be.
  Engine engine() const {
    Config config;
    config.cache_dir = folder_ / "cache";
    return Engine(config, [](std::string_view) {});
  }

  /// Makes one artifact and keeps it.
  static cache::EntryPtr keep(Engine& engine, std::string_view kind, const ParameterTexts& texts) {
    const Recipe& recipe = RecipeRegistry::builtin().at(kind);
    cache::Request request = recipe.request(recipe.parse(texts));
    request.keep = true;
    return engine.get(request).entry;
  }

  /// The first array of an entry with its second value moved by so many ulp, under other facts if need be.
  static cache::EntryPtr moved(const cache::EntryPtr& entry, int ulps, const cache::EntryFacts& facts) {
    std::vector<cache::Array> arrays(entry->artifact.arrays().begin(), entry->artifact.arrays().end());
    const auto old = arrays[0].as<double>();
    std::vector<double> values(old.begin(), old.end());
    for (int i = 0; i < ulps; ++i) values[1] = std::nextafter(values[1], 1e300);
    arrays[0] = cache::Array::of(arrays[0].name(), arrays[0].shape(), values);
    const cache::Artifact artifact(arrays, entry->artifact.attributes());
    return std::make_shared<const cache::Entry>(cache::Entry{entry->key, artifact, facts});
  }

  static void flip_last_byte(const fs::path& file) {
    fs::permissions(file, fs::perms::owner_all);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(-1, std::ios::end);
    const int there = stream.get();
    stream.seekp(-1, std::ios::end);
    stream.put(static_cast<char>(there ^ 1));
  }

  std::size_t in_quarantine(std::string_view ending) const {
    std::size_t count = 0;
    std::error_code none;
    for (const auto& file : fs::directory_iterator(folder_ / "cache" / "quarantine", none)) {
      count += file.path().extension() == ending ? 1 : 0;
    }
    return count;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(ValidationTest, ComputesAnewWhatItCanAndCountsWhatItCannot) {
  Engine one = engine();
  keep(one, "fractional_kernel", {{"alpha", "0.5"}, {"n", "5000"}});
  keep(one, "laplacian", {{"extent", "8x9"}, {"boundary", "neumann,dirichlet"}, {"spacing", "0.5,0.25"}});
  keep(one, "fft_wisdom", {{"extent", "16"}});
  keep(one, "fft_wisdom", {{"extent", "16"}, {"transform", "r2c"}, {"precision", "single"}});
  one.get_or_compute(Key("my_table", 1, {{"n", 4}}), [] { return Artifact({Array::of("x", {1}, std::vector<double>{1})}); });
  const ValidationReport report = validate(one, {.recompute = 1});
  EXPECT_EQ(report.checked, 5U);
  EXPECT_EQ(report.recomputed, 4U);
  EXPECT_EQ(report.not_recomputable, 1U) << "only its program can make my_table";
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].message;
  EXPECT_FALSE(report.interrupted);
}

TEST_F(ValidationTest, OtherVersionsAndOtherHostsCannotBeComputedAnew) {
  Engine one = engine();
  const cache::EntryPtr bundle = keep(one, "fft_wisdom", {{"extent", "16"}});
  const cache::EntryPtr table = keep(one, "fractional_kernel", {{"alpha", "0.5"}});
  std::vector<Key::Parameter> elsewhere;
  for (const auto& [name, value] : bundle->key.parameters()) elsewhere.emplace_back(name, name == "cpu" ? "another" : value);
  for (const Key& key : {Key("fft_wisdom", bundle->key.version(), elsewhere), Key("fft_wisdom", 1, elsewhere), Key("fractional_kernel", 2, {{"alpha", 0.5}}),
                         Key("fractional_kernel", 1, {{"alpha", 7.0}}), Key("laplacian", 1, {{"extent", 9}})}) {
    ASSERT_TRUE(one.disk()->put(std::make_shared<const cache::Entry>(cache::Entry{key, table->artifact, table->facts})).ok());
  }
  const ValidationReport report = validate(one, {.recompute = 1});
  EXPECT_EQ(report.recomputed, 2U);
  EXPECT_EQ(report.not_recomputable, 5U);
  EXPECT_TRUE(report.findings.empty());
}

TEST_F(ValidationTest, FindsAWrongNumberBehindRightChecksums) {
  Engine one = engine();
  const cache::EntryPtr table = keep(one, "fractional_kernel", {{"alpha", "0.5"}});
  ASSERT_TRUE(one.disk()->replace(moved(table, 1, table->facts)).ok());
  EXPECT_TRUE(validate(one, {}).findings.empty()) << "every byte is as it was written";
  const ValidationReport report = validate(one, {.recompute = 1});
  ASSERT_EQ(report.findings.size(), 1U);
  const ValidationFinding& finding = report.findings[0];
  EXPECT_EQ(finding.reason, "differs");
  EXPECT_EQ(finding.key, "fractional_kernel@1{alpha=0.5}");
  EXPECT_EQ(finding.path, fs::path(one.disk()->path_of(table->key.id())));
  EXPECT_EQ(finding.message, "weights[1] = -0.49999999999999994 is stored, computing it gives -0.5");
  EXPECT_EQ(finding.repair, "");
}

TEST_F(ValidationTest, HoldsAnotherMakersNumbersToTheStatedAccuracy) {
  Engine one = engine();
  const cache::EntryPtr table = keep(one, "fractional_kernel", {{"alpha", "0.5"}});
  cache::EntryFacts another_set = table->facts, another_version = table->facts;
  another_set.producer.instruction_set = "ABACUS";
  another_version.producer.version = "almanac/0.0.1";
  for (const cache::EntryFacts& facts : {another_set, another_version}) {
    ASSERT_TRUE(one.disk()->replace(moved(table, 2, facts)).ok());
    EXPECT_TRUE(validate(one, {.recompute = 1}).findings.empty());
    ASSERT_TRUE(one.disk()->replace(moved(table, 5, facts)).ok());
    EXPECT_EQ(validate(one, {.recompute = 1}).findings.size(), 1U);
  }
}

TEST_F(ValidationTest, ReplacesWhatDiffersAndKeepsTheOldInQuarantine) {
  Engine one = engine();
  const cache::EntryPtr table = keep(one, "fractional_kernel", {{"alpha", "0.5"}, {"n", "5000"}});
  ASSERT_TRUE(one.disk()->replace(moved(table, 1, table->facts)).ok());
  Engine later = engine();
  EXPECT_NE(later.fractional_kernel({.alpha = 0.5, .n = 2}).weights()[1], -0.5) << "it is in memory too, and wrong";
  const ValidationReport report = validate(later, {.recompute = 1, .repair = true});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].repair, "rebuilt");
  EXPECT_EQ(later.fractional_kernel({.alpha = 0.5, .n = 2}).weights()[1], -0.5);
  Engine last = engine();
  const auto kernel = last.fractional_kernel({.alpha = 0.5, .n = 5000});
  EXPECT_EQ(kernel.provenance().source, "disk") << "as long as it was";
  EXPECT_EQ(kernel.weights()[1], -0.5);
  EXPECT_EQ(in_quarantine(".h5"), 1U);
  EXPECT_EQ(in_quarantine(".txt"), 1U);
  EXPECT_TRUE(validate(last, {.recompute = 1}).findings.empty());
}

TEST_F(ValidationTest, MakesAgainWhatWasTornAndSaysWhyItCannot) {
  Engine one = engine();
  const cache::EntryPtr table = keep(one, "fractional_kernel", {{"alpha", "0.5"}, {"n", "5000"}});
  const Key mine("my_table", 1, {{"n", 4}});
  one.get_or_compute(mine, [] { return Artifact({Array::of("x", {1}, std::vector<double>{1})}); });
  keep(one, "laplacian", {{"extent", "9"}});
  flip_last_byte(one.disk()->path_of(table->key.id()));
  flip_last_byte(one.disk()->path_of(mine.id()));

  const ValidationReport told = validate(one, {.recompute = 1});
  ASSERT_EQ(told.findings.size(), 2U);
  EXPECT_EQ(told.checked, 3U);
  EXPECT_EQ(told.recomputed + told.not_recomputable, 1U) << "the sample is drawn from what is sound";
  for (const ValidationFinding& finding : told.findings) EXPECT_EQ(finding.repair, "");

  const ValidationReport report = validate(one, {.repair = true});
  ASSERT_EQ(report.findings.size(), 2U);
  for (const ValidationFinding& finding : report.findings) {
    EXPECT_EQ(finding.reason, "corrupt");
    EXPECT_EQ(finding.repair, finding.key == mine.text() ? "quarantined: only the program that made it knows how to make my_table"
                                                         : "rebuilt");
  }
  EXPECT_EQ(in_quarantine(".h5"), 2U);
  Engine later = engine();
  EXPECT_EQ(later.fractional_kernel({.alpha = 0.5, .n = 5000}).provenance().source, "disk") << "as long as it was";
  EXPECT_TRUE(validate(later, {.recompute = 1}).findings.empty());
}

TEST_F(ValidationTest, TheSampleDependsOnTheSeedAloneAndHasOneAtLeast) {
  Engine one = engine();
  for (int n = 3; n < 103; ++n) keep(one, "laplacian", {{"extent", std::to_string(n)}});
  const auto sample = [&](double fraction, std::uint64_t seed) {
    return validate(one, {.recompute = fraction, .seed = seed}).recomputed;
  };
  std::set<std::uint64_t> sizes;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const std::uint64_t size = sample(0.2, seed);
    // 100 draws of 0.2: 20, standard deviation 4.
    EXPECT_GE(size, 4U);
    EXPECT_LE(size, 36U);
    EXPECT_EQ(sample(0.2, seed), size);
    sizes.insert(size);
    EXPECT_EQ(sample(1e-12, seed), 1U);
  }
  EXPECT_GT(sizes.size(), 1U) << "another seed, another sample";
  EXPECT_EQ(sample(1, 0), 100U);
  EXPECT_EQ(sample(0, 0), 0U);
}

TEST_F(ValidationTest, AnEmptyCacheIsSound) {
  Engine one = engine();
  const ValidationReport report = validate(one, {.recompute = 0.5, .repair = true});
  EXPECT_EQ(report.checked, 0U);
  EXPECT_EQ(report.recomputed, 0U);
  EXPECT_TRUE(report.findings.empty());
}

TEST_F(ValidationTest, StopsBetweenEntriesAndTellsWhatItFound) {
  Engine one = engine();
  for (int n = 3; n < 13; ++n) keep(one, "laplacian", {{"extent", std::to_string(n)}});
  std::uint64_t looked = 0;
  ValidationOptions options{.recompute = 1};
  options.progress = [&](const ValidationProgress& at) { looked = at.what == "checking every byte" ? at.done : looked; };
  options.stop = [&] { return looked == 4; };
  const ValidationReport early = validate(one, options);
  EXPECT_TRUE(early.interrupted);
  EXPECT_EQ(early.checked, 4U);
  EXPECT_EQ(early.recomputed, 0U);

  std::uint64_t computed = 0;
  options.progress = [&](const ValidationProgress& at) {
    if (at.what != "recomputing") return;
    EXPECT_EQ(at.done, computed);
    EXPECT_EQ(at.all, 10U);
    ++computed;
  };
  options.stop = [&] { return computed == 3; };
  const ValidationReport later = validate(one, options);
  EXPECT_TRUE(later.interrupted);
  EXPECT_EQ(later.checked, 10U);
  EXPECT_EQ(later.recomputed, 3U);
}

TEST_F(ValidationTest, ARepairThatIsStoppedSaysWhatWasNotMadeAgain) {
  Engine one = engine();
  for (int n = 3; n < 6; ++n) flip_last_byte(one.disk()->path_of(keep(one, "laplacian", {{"extent", std::to_string(n)}})->key.id()));
  int rebuilding = 0;
  ValidationOptions options{.repair = true};
  options.progress = [&](const ValidationProgress& at) { rebuilding += at.what == "rebuilding" ? 1 : 0; };
  options.stop = [&] { return rebuilding == 1; };
  const ValidationReport report = validate(one, options);
  EXPECT_TRUE(report.interrupted);
  ASSERT_EQ(report.findings.size(), 3U);
  EXPECT_EQ(report.findings[0].repair, "rebuilt");
  EXPECT_EQ(report.findings[1].repair, "quarantined: stopped before it was made again");
  EXPECT_EQ(report.findings[2].repair, "quarantined: stopped before it was made again");
}

TEST_F(ValidationTest, RefusesFractionsOutOfRangeAndEnginesWithoutADisk) {
  Engine one = engine();
  EXPECT_THROW(validate(one, {.recompute = -0.1}), compute::ArgumentError);
  EXPECT_THROW(validate(one, {.recompute = 1.1}), compute::ArgumentError);
  EXPECT_THROW(validate(one, {.recompute = std::numeric_limits<double>::quiet_NaN()}), compute::ArgumentError);
  Config config;
  config.disk = false;
  Engine without(config);
  EXPECT_THROW(validate(without, {}), EnvironmentError);
  std::ofstream(folder_ / "file") << "in the way";
  config.disk = true;
  config.cache_dir = folder_ / "file";
  Engine broken(config, [](std::string_view) {});
  EXPECT_THROW(validate(broken, {}), EnvironmentError);
}

}  // namespace
}  // namespace almanac
