// Everything at once: threads and processes that get, put, replace, erase, validate, export, import and compute the same few
// keys in one folder. Whatever is found is right, nothing fails, and nothing is left behind.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"
#include "numbered_table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kKeys = 24;

/// Every second one grows; in the first read of a file, read, and mapped.
NumberedTable table(std::int64_t number, std::int64_t generation) {
  constexpr std::array<std::int64_t, 3> kSizes{16, 3000, 40'000};
  return {number, generation, kSizes[static_cast<std::size_t>(number) / 2 % kSizes.size()], number % 2 == 0};
}

/// What one process has open: the cache as programs use it, and the tier below as `almanac validate` and `import` do.
class House {
 public:
  explicit House(const fs::path& folder) : folder_(folder), tier_(disk()), cache_(tiers(), cache_options()) {}

  /// So many operations on one thread, in an order of its own. True when each gave what it may give.
  bool work(unsigned seed, int operations) {
    std::mt19937 random(seed);
    bool is_right = true;
    for (int done = 0; done < operations; ++done) {
      const NumberedTable one = table(static_cast<std::int64_t>(random() % kKeys), static_cast<std::int64_t>(random() % 40) + 1);
      const int what = static_cast<int>(random() % 64);
      if (operate(what, one, std::to_string(seed) + "-" + std::to_string(done))) continue;
      is_right = false;
      std::cerr << "operation " << what << " on " << one.key().text() << " in generation " << one.generation << " went wrong\n";
    }
    return is_right;
  }

  /// No error, no damage and no warning, in the tier or in the cache.
  bool is_untroubled() const {
    const TierStats below = tier_.stats();
    bool is_fine = below.errors == 0 && below.corruptions == 0 && !has_warned_;
    for (const auto& [name, stats] : cache_.metrics().tiers) is_fine = is_fine && stats.errors == 0 && stats.corruptions == 0;
    return is_fine;
  }

 private:
  bool operate(int what, const NumberedTable& one, const std::string& own_name) {
    const Key key = one.key();
    if (what < 12) return is_right_or_missing(tier_.get(key), one);
    if (what < 20) return is_right(tier_.put(one.entry()), one);
    if (what < 25) return is_right(tier_.replace(one.entry()), one);
    if (what < 32) return tier_.erase(key).ok();
    if (what < 36) return peeks_right(one);
    if (what == 36) return validates(tier_);
    if (what < 42) return hands_on(one, folder_ / ("handed-on-" + own_name + ".h5"));
    if (what < 46) return is_right_or_missing(cache_.find(key).entry, one);
    if (what < 50) return cache_.erase(key), true;
    if (what < 52) return asks_for_many(one);
    return one.is(cache_.get_or_compute(request(one)).entry);
  }

  static bool is_right(const Result<EntryPtr>& there, const NumberedTable& one) { return there.ok() && one.is(there.value()); }
  static bool is_right_or_missing(const Result<EntryPtr>& found, const NumberedTable& one) {
    return found.ok() && (!found.value() || one.is(found.value()));
  }

  bool peeks_right(const NumberedTable& one) {
    const auto info = tier_.peek(one.key());
    return info.ok() && (!info.value() || (info.value()->key == one.key() && info.value()->arrays.size() == 1));
  }

  static bool validates(DiskTier& tier) {
    const auto findings = tier.validate(true, {});
    if (!findings.ok()) return false;
    for (const Finding& finding : findings.value()) std::cerr << finding.path << ": " << finding.message << '\n';
    return findings.value().empty();
  }

  /// Out to a file and in again, while others do what they like with it.
  bool hands_on(const NumberedTable& one, const fs::path& file) {
    const auto exported = tier_.export_entry(one.key().id(), file);
    if (!exported.ok()) return false;
    if (!exported.value()) return true;
    const auto imported = tier_.import_entry(file);
    fs::remove(file);
    return imported.ok() && imported.value().entry.key == one.key();
  }

  bool asks_for_many(const NumberedTable& one) {
    std::vector<NumberedTable> wanted;
    std::vector<Request> requests;
    for (std::int64_t step = 0; step < 4; ++step) {
      wanted.push_back(table((one.number + 5 * step) % kKeys, one.generation));
      requests.push_back(request(wanted.back()));
    }
    std::size_t right = 0;
    cache_.get_many(requests, [&](std::size_t place, const Cache::Outcome& outcome) { right += wanted[place].is(outcome.answer.entry); });
    return right == wanted.size();
  }

  static Request request(const NumberedTable& one) {
    Request wanted{.key = one.key()};
    wanted.coverage = one.grows ? one.generation : 0;
    wanted.estimate = 1s;  // worth a lease
    wanted.make = [one](const Artifact*) { return one.artifact(); };
    return wanted;
  }

  void warn(std::string_view line) {
    std::cerr << line << '\n';
    has_warned_ = true;
  }
  DiskOptions disk() {
    return {.root = folder_ / "cache", .warn = [this](std::string_view line) { warn(line); }};
  }
  std::vector<std::unique_ptr<Tier>> tiers() {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 20));  // a third of all: some are always on their way out
    tiers.push_back(std::make_unique<DiskTier>(disk()));
    return tiers;
  }
  CacheOptions cache_options() {
    CacheOptions options;
    options.lease_folder = folder_ / "cache" / "leases";
    options.warn = [this](std::string_view line) { warn(line); };
    return options;
  }

  const fs::path folder_;
  std::atomic<bool> has_warned_{false};
  DiskTier tier_;
  Cache cache_;
};

bool work_on_threads(const fs::path& folder, unsigned seed, int threads, int operations) {
  House house(folder);
  std::atomic<bool> is_right{true};
  {
    std::vector<std::jthread> all;
    for (int thread = 0; thread < threads; ++thread) {
      all.emplace_back([&, thread] {
        if (!house.work(seed + static_cast<unsigned>(thread), operations)) is_right = false;
      });
    }
  }
  return is_right && house.is_untroubled();
}

void expect_sound(const fs::path& folder) {
  DiskTier tier({.root = folder / "cache"});
  EXPECT_TRUE(tier.validate(false, {})->empty());
  EXPECT_TRUE(testing::leftovers_in(folder).empty());
  EXPECT_TRUE(fs::is_empty(folder / "cache" / "leases"));
  EXPECT_FALSE(fs::exists(folder / "cache" / "quarantine"));
}

TEST(MixedOperations, OfManyThreadsGiveWhatIsRightAndFailNowhere) {
  const testing::TemporaryFolder folder;
  EXPECT_TRUE(work_on_threads(folder.path(), 100, 8, 400));
  expect_sound(folder.path());
}

TEST(MixedOperations, OfManyProcessesGiveWhatIsRightAndFailNowhere) {
  const testing::TemporaryFolder folder;
  testing::ChildProcesses children;
  for (unsigned process = 0; process < 4; ++process) {
    children.start([&folder, process] { return work_on_threads(folder.path(), 200 + 10 * process, 4, 250); });
  }
  children.expect_all_well();
  expect_sound(folder.path());
}

}  // namespace
}  // namespace almanac::cache
