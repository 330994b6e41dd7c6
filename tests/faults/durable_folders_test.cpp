// Which folders are synced, and when none is.

#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "engine/temporary_folder.hpp"
#include "system_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using testing::Call;
using testing::SystemCalls;

std::vector<testing::SeenCall> calls_of_a_new_cache(const fs::path& folder, bool durable) {
  const SystemCalls calls(folder);
  DiskTier tier({.root = folder / "of" / "somebody" / "cache", .durable = durable});
  EXPECT_TRUE(tier.put(sample_entry(sample_key(1), 1)).ok());
  EXPECT_TRUE(tier.replace(sample_entry(sample_key(1), 2)).ok());
  EXPECT_TRUE(tier.tag("photograph", sample_key(1).id()).ok());
  return calls.seen();
}

TEST(DurableFolders, EveryNewOneIsSyncedInTheOneAbove) {
  const testing::TemporaryFolder folder;
  const auto calls = calls_of_a_new_cache(folder.path(), true);
  int made = 0;
  for (auto call = calls.begin(); call != calls.end(); ++call) {
    if (call->call != Call::mkdir || call->error != 0) continue;
    ++made;
    const std::string above = fs::path(call->path).parent_path();
    EXPECT_TRUE(std::any_of(call, calls.end(), [&](const auto& later) { return later.call == Call::fsync && later.path == above && later.error == 0; }))
        << call->path;
  }
  EXPECT_EQ(made, 7);  // of, somebody, cache, objects, objects/ab, tags, tags/photograph
}

TEST(DurableFolders, NothingIsSyncedWhereNobodyAskedForIt) {
  const testing::TemporaryFolder folder;
  for (const auto& call : calls_of_a_new_cache(folder.path(), false)) {
    EXPECT_TRUE(call.call != Call::fsync && call.call != Call::fdatasync) << call.path;
  }
}

}  // namespace
}  // namespace almanac::cache
