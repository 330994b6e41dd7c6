// What is invalidated through the engine: on disk, and in this process's memory.

#include <almanac/engine.hpp>

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace almanac {
namespace {

class EngineInvalidation : public ::testing::Test {
 protected:
  Engine engine(bool disk = true) const {
    Config config;
    config.cache_dir = folder_ / "cache";
    config.disk = disk;
    return Engine(config, [](std::string_view) {});
  }
  static Key key(int n) { return Key("table", 1, {{"n", n}}); }
  /// A table that is worth to be stored.
  static cache::Request table(int n, const std::vector<Key>& from = {}) {
    cache::Request request{.key = key(n),
                           .make = [n](const Artifact*) { return Artifact({Array::of("x", {1}, std::vector<double>{1.0 * n})}); },
                           .estimate = std::chrono::seconds(1)};
    for (const Key& parent : from) request.dependencies.push_back(parent.id());
    return request;
  }
  static std::string source(Engine& one, const cache::Request& request) { return std::string(one.get(request).source); }
  static bool is_on_disk(Engine& one, int n) { return one.disk()->peek(key(n))->has_value(); }

  testing::TemporaryFolder folder_;
};

TEST_F(EngineInvalidation, TakesItFromTheDiskAndFromMemoryAndLeavesTheRest) {
  Engine one = engine();
  for (int n = 1; n <= 3; ++n) one.get(table(n));
  const cache::Answer held = one.get(table(1));
  EXPECT_EQ(held.source, "memory");
  const cache::Invalidated done = one.invalidate({.glob = "table@1{n=[12]}"}, {.reason = cache::RemovalReason::pattern});
  EXPECT_EQ(done.meant.entries, 2U);
  EXPECT_FALSE(is_on_disk(one, 1));
  EXPECT_EQ(held.entry->artifact.at("x").as<double>()[0], 1) << "what was handed out stays what it is";
  EXPECT_EQ(source(one, table(1)), "computed");
  EXPECT_EQ(source(one, table(2)), "computed");
  EXPECT_EQ(source(one, table(3)), "memory");
}

TEST_F(EngineInvalidation, LooksAndRemovesNothingInADryRun) {
  Engine one = engine();
  one.get(table(1));
  one.get(table(2, {key(1)}));
  const cache::Invalidated foreseen = one.invalidate({.ids = {key(1).id()}}, {.dry_run = true});
  EXPECT_EQ(foreseen.meant.entries, 1U);
  EXPECT_EQ(foreseen.dependents.entries, 1U);
  EXPECT_EQ(source(one, table(1)), "memory");
  EXPECT_TRUE(is_on_disk(one, 2));
}

TEST_F(EngineInvalidation, TakesWhatWasMadeFromItWhereverEitherOfThemIs) {
  Engine one = engine();
  one.get(table(1));
  for (int n = 2; n <= 4; ++n) one.get(table(n, {key(n - 1)}));
  one.get(table(5));
  for (const int n : {1, 3, 4}) std::filesystem::remove(one.disk()->path_of(key(n).id()));  // memory alone has these
  const cache::Invalidated done = one.invalidate({.glob = "*{n=1}"});
  EXPECT_EQ(done.dependents.entries, 1U);
  EXPECT_FALSE(is_on_disk(one, 2)) << "its parent was in memory alone";
  for (int n = 1; n <= 4; ++n) EXPECT_EQ(one.cache().find(key(n)).entry, nullptr) << n;
  EXPECT_NE(one.cache().find(key(5)).entry, nullptr);
}

TEST_F(EngineInvalidation, FollowsTheDiskWhereMemoryCannotTell) {
  Engine one = engine();
  one.get(table(1));
  one.get(table(2));
  std::filesystem::last_write_time(one.disk()->path_of(key(1).id()), std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  ASSERT_TRUE(one.disk()->tag("old", key(2).id()).ok());
  EXPECT_EQ(one.invalidate({.unused_for = std::chrono::hours(24)}).meant.entries, 1U);
  EXPECT_EQ(one.cache().find(key(1)).entry, nullptr);
  EXPECT_NE(one.cache().find(key(2)).entry, nullptr);
  EXPECT_EQ(one.invalidate({.tag = "old"}).meant.entries, 1U);
  EXPECT_EQ(one.cache().find(key(2)).entry, nullptr);
  EXPECT_THROW(one.invalidate({.tag = "no/tag"}), InputError);
}

TEST_F(EngineInvalidation, WorksInMemoryAlone) {
  Engine one = engine(false);
  one.get(table(1));
  one.get(table(2, {key(1)}));
  one.get(table(3));
  EXPECT_EQ(one.invalidate({.ids = {key(1).id()}}).meant.entries, 2U);
  EXPECT_EQ(source(one, table(1)), "computed");
  EXPECT_EQ(source(one, table(2)), "computed");
  EXPECT_EQ(source(one, table(3)), "memory");
}

}  // namespace
}  // namespace almanac
