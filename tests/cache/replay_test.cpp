#include <almanac/cache/replay.hpp>
#include <almanac/cache/synthetic_trace.hpp>

#include "at_length.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

TraceRequest request(std::uint64_t name, std::uint64_t bytes, std::chrono::nanoseconds cost, std::chrono::nanoseconds when = 0ns) {
  return {Time(when), {{0, name}, bytes, cost}};
}

TEST(Replay, CountsWhatAPolicyMakesOfAKnownTrace) {
  Replay replay(Policy::lru, {.bytes = 100});
  replay.request(request(1, 60, 3s));    // in
  replay.request(request(2, 40, 5s));    // in: full to the last byte
  replay.request(request(1, 60, 3s));    // hit
  replay.request(request(3, 30, 7s));    // in place of 2
  replay.request(request(4, 101, 11s));  // larger than the budget
  replay.request(request(2, 40, 5s));    // in place of 1
  replay.request(request(3, 30, 7s));    // hit
  const ReplayReport& report = replay.report();
  EXPECT_EQ(report.requests, 7u);
  EXPECT_EQ(report.hits, 2u);
  EXPECT_EQ(report.bytes_asked, 361u);
  EXPECT_EQ(report.bytes_hit, 90u);
  EXPECT_EQ(report.cost_asked, 41s);
  EXPECT_EQ(report.cost_paid, 31s);
  EXPECT_EQ(report.evictions, 2u);
  EXPECT_EQ(report.passed_by, 1u);
  EXPECT_EQ(report.most_bytes, 100u);
  EXPECT_EQ(report.most_entries, 2u);
  EXPECT_EQ(report.hit_ratio(), 2.0 / 7);
  EXPECT_EQ(report.byte_hit_ratio(), 90.0 / 361);
  EXPECT_EQ(report.seconds_paid(), 31.0);
  EXPECT_EQ(replay.policy(), Policy::lru);
}

TEST(Replay, KeepsNoMoreEntriesThanItMay) {
  Replay two(Policy::fifo, {.entries = 2}), none(Policy::fifo, {.entries = 0});
  for (const std::uint64_t name : {1, 2, 1, 3, 1, 2}) {
    two.request(request(name, 0, 1s));
    none.request(request(name, 0, 1s));
  }
  EXPECT_EQ(two.report().hits, 1u);  // 1; then 3 pushes it out, it pushes 2, and that 3
  EXPECT_EQ(two.report().evictions, 3u);
  EXPECT_EQ(two.report().most_entries, 2u);
  EXPECT_EQ(none.report().hits, 0u);
  EXPECT_EQ(none.report().passed_by, 6u);
}

TEST(Replay, TakesWhatExpiredOrGrewForAMiss) {
  Replay replay(Policy::lru, {.bytes = 100});
  TraceRequest one = request(1, 50, 1s, 10s);
  one.wanted.expires = Time(20s);
  replay.request(one);
  one.when = Time(20s - 1ns);
  replay.request(one);                            // hit
  one.when = Time(20s);
  one.wanted.expires = Time(30s);
  replay.request(one);                            // expired: made again
  one.when = Time(25s);
  replay.request(one);                            // hit
  replay.request(request(1, 80, 2s, 26s));        // has grown
  replay.request(request(1, 50, 1s, 27s));        // hit: what is there reaches farther
  EXPECT_EQ(replay.report().hits, 3u);
  EXPECT_EQ(replay.report().cost_paid, 4s);
  EXPECT_EQ(replay.report().evictions, 0u);
  EXPECT_EQ(replay.report().most_bytes, 80u);
}

TEST(Replay, EndsItsSumsAtTheGreatestValue) {
  Replay replay(Policy::gdsf, {.bytes = 1});
  const auto most = std::numeric_limits<std::uint64_t>::max();
  for (int time = 0; time < 3; ++time) replay.request(request(1, most, std::chrono::nanoseconds::max()));
  EXPECT_EQ(replay.report().bytes_asked, most);
  EXPECT_EQ(replay.report().cost_paid, std::chrono::nanoseconds::max());
  EXPECT_EQ(replay.report().passed_by, 3u);
}

TEST(Replay, OfNothingHasRatiosOfNothing) {
  const Replay replay(Policy::gdsf, {});
  EXPECT_EQ(replay.report().hit_ratio(), 0);
  EXPECT_EQ(replay.report().byte_hit_ratio(), 0);
}

SyntheticTrace trace_of(const SyntheticOptions& options) {
  auto made = SyntheticTrace::make(options);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return *std::move(made);
}

TEST(SyntheticTrace, IsTheSameEverywhere) {
  SyntheticTrace trace = trace_of({.seed = 3, .requests = 10'000, .drift_every = 50});
  std::uint64_t bytes = 0, costs = 0, ids = 0, count = 0;
  for (TraceRequest one; trace.next(one); ++count) {
    bytes += one.wanted.bytes;
    costs += static_cast<std::uint64_t>(one.wanted.cost.count());
    ids = ids * 31 + one.wanted.id.low + 7 * one.wanted.id.high;
  }
  EXPECT_EQ(count, 10'000u);
  EXPECT_EQ(trace.object_bytes(), 9'968'234'613u);
  EXPECT_EQ(bytes, 3'985'225'293u);
  EXPECT_EQ(costs, 3'526'950'424'064u);
  EXPECT_EQ(ids, 12'128'448'056'378'263'514u);
}

TEST(SyntheticTrace, HasTheDistributionsItIsAskedFor) {
  SyntheticTrace trace = trace_of({});
  std::set<std::uint64_t> one_offs;
  std::vector<double> logs_of_bytes, logs_of_costs;
  double most_popular = 0, product = 0;
  for (TraceRequest one; trace.next(one);) {
    if (one.wanted.id == Id{0, 0}) ++most_popular;
    if (one.wanted.id.high == 0) continue;
    EXPECT_TRUE(one_offs.insert(one.wanted.id.low).second);
    logs_of_bytes.push_back(std::log(static_cast<double>(one.wanted.bytes)));
    logs_of_costs.push_back(std::log(static_cast<double>(one.wanted.cost.count())));
    product += (logs_of_bytes.back() - std::log(65'536)) * (logs_of_costs.back() - std::log(5e7));
  }
  const auto n = static_cast<double>(one_offs.size());
  EXPECT_NEAR(n, 80'000, 4 * std::sqrt(400'000 * 0.2 * 0.8));
  double weights = 0;
  for (int rank = 1; rank <= 20'000; ++rank) weights += std::pow(rank, -0.9);
  const double expected = 320'000 / weights;
  EXPECT_NEAR(most_popular, expected, 4 * std::sqrt(expected));
  for (auto* logs : {&logs_of_bytes, &logs_of_costs}) {
    double sum = 0, squares = 0;
    for (const double one : *logs) sum += one;
    const double mean = sum / n;
    for (const double one : *logs) squares += (one - mean) * (one - mean);
    EXPECT_NEAR(mean, std::log(logs == &logs_of_bytes ? 65'536 : 5e7), 4 * 2 / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n), 2, 4 * 2 / std::sqrt(2 * n));
  }
  EXPECT_NEAR(product / n, 0, 4 * 4 / std::sqrt(n)) << "bytes and cost are independent";
}

TEST(SyntheticTrace, DriftsByOneRankAtATime) {
  // All weight is on the first rank: whoever is asked for has it.
  SyntheticTrace trace = trace_of({.objects = 3, .requests = 8, .exponent = 5, .one_off = 0, .drift_every = 2});
  SyntheticTrace still = trace_of({.objects = 3, .requests = 8, .exponent = 5, .one_off = 0});
  TraceRequest moved, fixed;
  for (std::uint64_t place = 0; trace.next(moved) && still.next(fixed); ++place) {
    EXPECT_EQ(moved.wanted.id.low, (fixed.wanted.id.low + place / 2) % 3);
    EXPECT_EQ(moved.when, Time(std::chrono::milliseconds(place)));
  }
}

TEST(SyntheticTrace, RefusesWhatIsOutOfRangeByName) {
  const auto message = [](const SyntheticOptions& options) {
    const auto made = SyntheticTrace::make(options);
    return made ? std::string() : made.error().message;
  };
  EXPECT_NE(message({.objects = 0}).find("objects = 0"), std::string::npos);
  EXPECT_NE(message({.objects = 10'000'001}).find("objects"), std::string::npos);
  EXPECT_NE(message({.exponent = -0.1}).find("exponent"), std::string::npos);
  EXPECT_NE(message({.one_off = 1.1}).find("one_off"), std::string::npos);
  EXPECT_NE(message({.one_off = std::nan("")}).find("one_off"), std::string::npos);
  EXPECT_NE(message({.median_bytes = 0}).find("median_bytes"), std::string::npos);
  EXPECT_NE(message({.bytes_sigma = 5}).find("bytes_sigma"), std::string::npos);
  EXPECT_NE(message({.median_cost = 0}).find("median_cost"), std::string::npos);
  EXPECT_NE(message({.cost_sigma = -1}).find("cost_sigma"), std::string::npos);
}

/// What a policy still pays of one synthetic trace, its budget a twentieth of the objects' bytes.
ReplayReport played(Policy policy, const SyntheticOptions& options) {
  SyntheticTrace trace = trace_of(options);
  Replay replay(policy, {.bytes = trace.object_bytes() / 20});
  for (TraceRequest one; trace.next(one);) replay.request(one);
  EXPECT_LE(replay.report().most_bytes, trace.object_bytes() / 20);
  return replay.report();
}

TEST(RecomputeTimePaid, IsAtMostHalfOfLrusByDefaultAndWithDriftNeverMore) {
  const std::uint64_t seeds = testing::at_length() ? 5 : 1;
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    sum += played(kDefaultPolicy, {.seed = seed}).seconds_paid() / played(Policy::lru, {.seed = seed}).seconds_paid();
    // By one rank every 40 requests half of the objects have been the most popular one; every 4, all of them five times.
    for (const std::uint32_t drift : {40u, 4u}) {
      if (drift == 4 && !testing::at_length()) continue;
      const SyntheticOptions drifting{.seed = seed, .drift_every = drift};
      EXPECT_LT(played(kDefaultPolicy, drifting).seconds_paid(), 0.6 * played(Policy::lru, drifting).seconds_paid()) << seed;
    }
  }
  EXPECT_LT(sum / static_cast<double>(seeds), 0.5);
}

TEST(RecomputeTimePaid, IsTheSameEveryTime) {
  const SyntheticOptions options{.seed = 2, .objects = 500, .requests = 5'000};
  for (const Policy policy : all_policies()) {
    const ReplayReport first = played(policy, options), second = played(policy, options);
    EXPECT_EQ(first.cost_paid, second.cost_paid);
    EXPECT_EQ(first.evictions, second.evictions);
    EXPECT_EQ(first.passed_by, second.passed_by);
  }
}

}  // namespace
}  // namespace almanac::cache
