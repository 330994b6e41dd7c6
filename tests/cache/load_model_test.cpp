#include "load_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

double microseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) * 1e-3; }

TEST(LoadModel, BeginsWithALocalDiskInThePageCache) {
  const LoadModel model;
  EXPECT_NEAR(microseconds(model.predict(8'192)), 3.5, 0.1);
  EXPECT_NEAR(microseconds(model.predict(80'000'000)), 4447, 10);
}

TEST(LoadModel, LearnsTheLatencyFromSmallHitsAndTheRateFromLargeOnes) {
  // A network file system: a millisecond, and 100 MB/s.
  LoadModel model;
  const auto takes = [](std::uint64_t bytes) { return 1ms + std::chrono::nanoseconds(10 * bytes); };
  for (int hit = 0; hit < 100; ++hit) {
    model.learn(1'000, takes(1'000));
    model.learn(1 << 20, takes(1 << 20));
  }
  for (const std::uint64_t bytes : {0, 1'000, 1 << 20, 100 << 20}) {
    const double exact = microseconds(takes(bytes));
    EXPECT_NEAR(microseconds(model.predict(bytes)), exact, 0.03 * exact) << bytes;
  }
}

TEST(LoadModel, ForgetsASlowTimeAsItLearnedIt) {
  LoadModel model;
  for (int hit = 0; hit < 100; ++hit) model.learn(100, 1ms);
  EXPECT_GT(model.predict(0), 900us);
  for (int hit = 0; hit < 200; ++hit) model.learn(100, 4us);
  EXPECT_NEAR(microseconds(model.predict(0)), 4, 0.2);
}

TEST(LoadModel, IsNotMisledByOneHitThatWasInterrupted) {
  LoadModel model;
  model.learn(8'192, 1h);
  EXPECT_LT(model.predict(8'192), 5us);
  model.learn(1 << 20, 1h);
  EXPECT_LT(microseconds(model.predict(80'000'000)), 1.5 * 4447);
}

TEST(LoadModel, HardlyDependsOnTheOrderOfTheHits) {
  std::vector<std::pair<std::uint64_t, std::chrono::nanoseconds>> hits;
  for (std::uint64_t hit = 0; hit < 100; ++hit) {
    const std::uint64_t bytes = hit % 2 ? 1'000 + hit : (1 << 20) + 1'000 * hit;
    hits.emplace_back(bytes, std::chrono::nanoseconds(20'000 + bytes + 10 * (hit % 7)));
  }
  LoadModel forth, back;
  for (const auto& [bytes, took] : hits) forth.learn(bytes, took);
  std::ranges::reverse(hits);
  for (const auto& [bytes, took] : hits) back.learn(bytes, took);
  for (const std::uint64_t bytes : {1'000, 10'000'000}) {
    const double exact = microseconds(forth.predict(bytes));
    EXPECT_NEAR(microseconds(back.predict(bytes)), exact, 0.01 * exact) << bytes;
  }
}

TEST(LoadModel, StaysFiniteWhateverItIsTold) {
  LoadModel model;
  for (int hit = 0; hit < 1000; ++hit) {
    model.learn(0, std::chrono::nanoseconds(-1));
    model.learn(LoadModel::kLarge, std::chrono::nanoseconds::max());
  }
  EXPECT_GT(model.predict(0), 0ns);
  EXPECT_GT(model.predict(std::numeric_limits<std::uint64_t>::max()), 1h);
}

}  // namespace
}  // namespace almanac::cache
