// 16 processes that plan overlapping sets of transforms through the engine at once.

#include "engine/temporary_folder.hpp"
#include "faults/child_processes.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/engine.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <random>
#include <string_view>

namespace almanac {
namespace {

constexpr std::size_t kPlanners = 16, kKilled = 8;

const std::array<FftSpec, 10>& problems() {
  static const std::array<FftSpec, 10> some{{{.extent = {1000}},
                                             {.extent = {2048}, .transform = Transform::r2c},
                                             {.extent = {48, 50}},
                                             {.extent = {64, 64}, .in_place = true},
                                             {.extent = {1009}},
                                             {.extent = {36, 36}, .transform = Transform::dct2},
                                             {.extent = {12, 12, 12}},
                                             {.extent = {4096}, .direction = Direction::backward},
                                             {.extent = {100}, .batch = 8},
                                             {.extent = {900}, .transform = Transform::c2r}}};
  return some;
}

/// What all processes say, killed ones too.
struct Told {
  std::array<std::atomic<int>, 10> computed{};                                     ///< how often each problem was measured
  std::array<std::array<std::atomic<std::uint64_t>, 10>, kPlanners> bundles{};    ///< a hash of each bundle that was planned with
};

class FftStampede : public ::testing::Test {
 protected:
  Config config() const {
    Config chosen;
    chosen.cache_dir = folder_ / "cache";
    return chosen;
  }

  /// Plans seven of the ten problems, or all, in an order of its own; says of each what it got.
  bool plan(std::size_t process, bool all) {
    std::array<std::size_t, 10> order{};
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937 generator(static_cast<unsigned>(100 + process));
    std::ranges::shuffle(order, generator);
    Engine engine(config());
    for (std::size_t i = 0; i < (all ? order.size() : 7); ++i) {
      const FftSpec& spec = problems()[order[i]];
      const auto plan = engine.fft_plan<double>(spec);
      if (plan.provenance().source == "computed") ++told_->computed[order[i]];
      const cache::Answer kept = engine.cache().find(recipes::fft_wisdom_request<double>(spec).key);
      if (!kept.entry) return false;
      told_->bundles[process][order[i]] = cache::Id::of(recipes::bundle_of(kept.entry->artifact)).low;
      progress_.give();
    }
    return true;
  }

  /// Nothing on the disk is damaged, and every bundle that somebody planned with is there, as it was.
  void expect_all_kept() {
    cache::DiskTier disk({.root = config().cache_dir, .producer = {}, .warn = {}});
    const auto findings = disk.validate(false, [](std::uint64_t, std::uint64_t) { return true; });
    ASSERT_TRUE(findings.ok());
    EXPECT_TRUE(findings->empty()) << findings->front().message;
    for (std::size_t problem = 0; problem < problems().size(); ++problem) {
      const auto entry = disk.get(recipes::fft_wisdom_request<double>(problems()[problem]).key);
      ASSERT_TRUE(entry.ok() && *entry) << problem;
      const std::uint64_t there = cache::Id::of(recipes::bundle_of((*entry)->artifact)).low;
      for (std::size_t process = 0; process < kPlanners; ++process) {
        const std::uint64_t had = told_->bundles[process][problem];
        EXPECT_TRUE(had == 0 || had == there) << "process " << process << " had another bundle of problem " << problem;
      }
    }
    EXPECT_TRUE(testing::leftovers_in(config().cache_dir).size() <= kKilled);
  }

  const testing::TemporaryFolder folder_{testing::quickest_place()};
  testing::SharedMemory<Told> told_;
  testing::Signal start_, progress_, end_;
};

TEST_F(FftStampede, MeasuresEachProblemOnce) {
  testing::ChildProcesses children;
  for (std::size_t process = 0; process < kPlanners; ++process) {
    children.start([this, process] {
      start_.await();
      return plan(process, process % 2 == 0);
    });
  }
  start_.give(kPlanners);
  children.expect_all_well();
  for (std::size_t problem = 0; problem < problems().size(); ++problem) EXPECT_EQ(told_->computed[problem], 1) << problem;
  expect_all_kept();
}

TEST_F(FftStampede, LosesNothingThatWasCommittedWhereProcessesAreKilled) {
  testing::ChildProcesses children;
  std::vector<pid_t> living;
  for (std::size_t process = 0; process < kPlanners; ++process) {
    living.push_back(children.start([this, process] {
      start_.await();
      const bool well = plan(process, true);
      end_.await();   // so that who is killed had not ended
      return well;
    }));
  }
  start_.give(kPlanners);
  std::mt19937 generator(7);
  for (std::size_t killed = 0; killed < kKilled; ++killed) {
    // The survivors alone say 80 times how far they are.
    progress_.await(std::uniform_int_distribution<int>(killed == 0 ? 0 : 1, 9)(generator));
    const std::size_t victim = std::uniform_int_distribution<std::size_t>(0, living.size() - 1)(generator);
    children.kill(living[victim]);
    living.erase(living.begin() + static_cast<std::ptrdiff_t>(victim));
  }
  end_.give(static_cast<int>(living.size()));
  children.expect_all_well();
  for (std::size_t problem = 0; problem < problems().size(); ++problem) {
    EXPECT_GE(told_->computed[problem], 0);
    EXPECT_LE(told_->computed[problem], 1) << "measured again, though it was there";
  }
  expect_all_kept();
}

}  // namespace
}  // namespace almanac
