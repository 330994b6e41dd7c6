#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>
#include <almanac/cache/trace.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

class TraceRecording : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "almanac-trace-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file() const { return folder_ / "t.trace"; }

  std::unique_ptr<Cache> cache(const fs::path& trace) {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 24));
    CacheOptions options;
    options.trace_file = trace;
    options.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
    return std::make_unique<Cache>(std::move(tiers), std::move(options));
  }

  static Request request(std::int64_t number, std::int64_t n = 4) {
    Request request{.key = sample_key(number)};
    request.make = [n](const Artifact*) { return sample_artifact(1, n); };
    return request;
  }

  /// How often each id is in the trace, which has no damaged line.
  std::map<Id, std::uint64_t> counts() const {
    std::map<Id, std::uint64_t> all;
    const auto count = read_trace(file(), [&](const TraceRequest& one) {
      ++all[one.wanted.id];
      return true;
    });
    EXPECT_EQ(count.value().damaged, 0u);
    return all;
  }

  fs::path folder_;
  std::vector<std::string> warnings_;
};

TEST_F(TraceRecording, NotesWhatWasHandedOutWithItsBytesAndCost) {
  const auto before = std::chrono::system_clock::now();
  EntryPtr made;
  {
    const auto recorded = cache(file());
    made = recorded->get_or_compute(request(1, 1000)).entry;
    recorded->get_or_compute(request(1, 1000));
    recorded->find(sample_key(1));
    EXPECT_EQ(recorded->find(sample_key(2)).entry, nullptr);
    const std::vector<Request> many{request(1), request(3, 10)};
    recorded->get_many(many);
  }
  std::vector<TraceRequest> all;
  ASSERT_TRUE(read_trace(file(), [&](const TraceRequest& one) {
    all.push_back(one);
    return true;
  }).ok());
  ASSERT_EQ(all.size(), 5u);
  for (std::size_t place = 0; place < 4; ++place) {
    EXPECT_EQ(all[place].wanted.id, sample_key(1).id());
    EXPECT_EQ(all[place].wanted.bytes, 8000u);
    EXPECT_EQ(all[place].wanted.cost, made->facts.cost);
    EXPECT_GT(all[place].when, before - std::chrono::seconds(1));
    EXPECT_LT(all[place].when, std::chrono::system_clock::now() + std::chrono::seconds(1));
  }
  EXPECT_EQ(all[4].wanted.id, sample_key(3).id());
  EXPECT_EQ(all[4].wanted.bytes, 80u);
}

TEST_F(TraceRecording, OfSeveralThreadsAndCachesIsOneTraceOfWholeLines) {
  constexpr std::int64_t kThreads = 6, kRounds = 4'000, kKeys = 7;
  {
    const auto first = cache(file()), second = cache(file());
    std::vector<std::thread> threads;
    for (std::int64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::int64_t round = 0; round < kRounds; ++round) (thread % 2 == 0 ? first : second)->get_or_compute(request(round % kKeys));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::uint64_t sum = 0;
  const auto all = counts();
  for (const auto& [id, count] : all) sum += count;
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kKeys));
  EXPECT_EQ(sum, static_cast<std::uint64_t>(kThreads * kRounds));
}

TEST_F(TraceRecording, GoesOnBehindWhatAnotherLeftTorn) {
  std::ofstream(file(), std::ios::binary) << kTraceHead << "1795405601234567 0123456789abc";
  cache(file())->get_or_compute(request(1));
  std::uint64_t requests = 0;
  const auto count = read_trace(file(), [&](const TraceRequest&) { return ++requests > 0; });
  EXPECT_EQ(requests, 1u);
  EXPECT_EQ(count.value().damaged, 1u);
}

TEST_F(TraceRecording, ThatCannotBeWrittenIsWarnedOfOnceAndNothingElse) {
  {
    const auto recorded = cache(folder_ / "none" / "t.trace");
    for (int time = 0; time < 3; ++time) EXPECT_NE(recorded->get_or_compute(request(1)).entry, nullptr);
  }
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("none/t.trace"), std::string::npos) << warnings_[0];
  warnings_.clear();
  {
    const auto recorded = cache("/dev/full");
    EXPECT_NE(recorded->get_or_compute(request(1)).entry, nullptr);
  }
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("/dev/full"), std::string::npos) << warnings_[0];
}

TEST_F(TraceRecording, IsOffUnlessItIsAskedFor) {
  cache({})->get_or_compute(request(1));
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace almanac::cache
