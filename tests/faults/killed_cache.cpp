#include "killed_cache.hpp"

#include "at_length.hpp"
#include "child_processes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const int kKills = testing::at_length() ? 2200 : 110;  // of each deed

/// The largest of the tables is mapped.
constexpr std::uint64_t kMapped = 1 << 15;

}  // namespace

Request request(int number) {
  Request wanted{.key = table(number).key()};
  wanted.estimate = 1s;
  wanted.make = [number](const Artifact*) { return table(number).artifact(); };
  return wanted;
}

/// The libraries are at work already when a child begins: what it does first is the deed, not their start.
KilledCache::KilledCache() { EXPECT_TRUE(DiskTier({.root = folder_ / "elsewhere"}).put(table(0).entry()).ok()); }

bool KilledCache::has_left_something(pid_t child) const {
  const std::string mark = "-" + std::to_string(child) + "-";
  const auto is_his = [&](const fs::path& left) { return left.filename().string().find(mark) != std::string::npos; };
  return fs::exists(root()) && std::ranges::any_of(testing::leftovers_in(root()), is_his);
}

void KilledCache::kill(unsigned seed) {
  const auto begin = std::chrono::steady_clock::now();
  const testing::Kills kills = testing::kill_at(*this, kKills, seed);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << "  " << kills.kills << " kills, " << kills.with_leftovers << " with leftovers, " << static_cast<int>(kills.kills / seconds.count())
            << " a second\n";
  EXPECT_GT(kills.with_leftovers, 0) << "no kill met a file in the making: this test tests nothing";
}

void KilledCache::expect_cleared() const {
  DiskTier next({.root = root()});
  EXPECT_TRUE(next.validate(false, {})->empty());
  EXPECT_TRUE(testing::leftovers_in(root()).empty());
}

std::unique_ptr<Cache> KilledCache::open(Warn warn) const {
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(std::make_unique<DiskTier>(disk(warn)));
  CacheOptions options;
  options.lease_folder = leases();
  options.lease_interval = 24h;
  options.lease_wait = 24h;
  options.warn = std::move(warn);
  return std::make_unique<Cache>(std::move(tiers), options);
}

void KilledCache::expect_no_trouble() const {
  EXPECT_EQ(tier_->stats().corruptions, 0u);
  EXPECT_EQ(tier_->stats().errors, 0u);
}

void KilledCache::expect_kept_and_erase(TablesToldOf& told) {
  for (int number = 0; number < kTables; ++number) {
    auto& is_there = told[static_cast<std::size_t>(number)];
    const EntryPtr found = *tier_->get(table(number).key());
    EXPECT_TRUE(found || !is_there) << "lost";
    if (found) {
      EXPECT_TRUE(table(number).is(found)) << "wrong";
      EXPECT_TRUE(*tier_->erase(table(number).key()));
    }
    is_there = false;
  }
}

void KilledCache::fail(std::string_view line) { ADD_FAILURE() << line; }

DiskOptions KilledCache::disk(Warn warn) const { return {.root = root(), .map_threshold = kMapped, .warn = std::move(warn)}; }

}  // namespace almanac::cache
