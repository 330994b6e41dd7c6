#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "lease_record.hpp"
#include "sample_entry.hpp"
#include "shelf_tier.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

/// A shelf whose puts wait at a gate, and are counted there.
class GatedTier : public ShelfTier {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable moved;
    bool is_open = true;
    int arrived = 0;

    void set(bool open) {
      const std::lock_guard lock(mutex);
      is_open = open;
      moved.notify_all();
    }
    void await(int count) {
      std::unique_lock lock(mutex);
      moved.wait(lock, [&] { return arrived >= count; });
    }
    void pass() {
      std::unique_lock lock(mutex);
      ++arrived;
      moved.notify_all();
      moved.wait(lock, [&] { return is_open; });
    }
  };

  GatedTier(std::shared_ptr<Shelf> shelf, std::shared_ptr<Gate> gate) : ShelfTier("far", std::move(shelf)), gate_(std::move(gate)) {}
  Result<EntryPtr> put(const EntryPtr& entry) override {
    gate_->pass();
    return ShelfTier::put(entry);
  }

 private:
  std::shared_ptr<Gate> gate_;
};

class WriteBack : public testing::Test {
 protected:
  ~WriteBack() override {
    gate_->set(true);
    std::error_code ignored;
    std::filesystem::remove_all(leases_, ignored);
  }

  std::unique_ptr<Cache> open(CacheOptions options = {}, std::uint64_t memory = 1 << 20) {
    options.settings.write = WriteMode::write_back;
    options.lease_folder = leases_;
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(memory));
    tiers.push_back(std::make_unique<GatedTier>(far_, gate_));
    return std::make_unique<Cache>(std::move(tiers), std::move(options));
  }
  Request table(std::int64_t number) {
    Request wanted = request(sample_key(number), [this, number](const Artifact*) {
      ++made_;
      return sample_artifact(static_cast<double>(number));
    });
    wanted.estimate = std::chrono::seconds(1);
    return wanted;
  }
  std::size_t stored() const {
    const std::lock_guard lock(far_->mutex);
    return far_->entries.size();
  }
  bool has_lease(std::int64_t number) const { return std::filesystem::exists(leases_ / (sample_key(number).id().hex() + ".lease")); }

  std::filesystem::path leases_ = own_path("write_back");
  std::shared_ptr<Shelf> far_ = std::make_shared<Shelf>();
  std::shared_ptr<GatedTier::Gate> gate_ = std::make_shared<GatedTier::Gate>();
  std::atomic<int> made_{0};
};

TEST_F(WriteBack, HandsOutBeforeItIsWrittenAndHoldsTheLeaseUntilThen) {
  const auto cache = open();
  gate_->set(false);
  EXPECT_EQ(value_of(cache->get_or_compute(table(1))), 1);
  gate_->await(1);
  EXPECT_EQ(stored(), 0u);
  EXPECT_TRUE(has_lease(1));
  EXPECT_EQ(cache->get_or_compute(table(1)).source, "memory");
  gate_->set(true);
  cache->flush();
  EXPECT_EQ(stored(), 1u);
  EXPECT_FALSE(has_lease(1));
  EXPECT_EQ(made_, 1);
}

TEST_F(WriteBack, WritesWhatWaitsBeforeTheCacheEnds) {
  auto cache = open();
  gate_->set(false);
  for (std::int64_t number = 0; number < 20; ++number) cache->get_or_compute(table(number));
  gate_->await(1);
  EXPECT_EQ(stored(), 0u);
  std::thread opener([&] { gate_->set(true); });
  cache.reset();
  opener.join();
  EXPECT_EQ(stored(), 20u);
}

TEST_F(WriteBack, FindsWhatWaitsWhateverMemoryDoes) {
  const auto cache = open({}, 1);  // nothing has a place in memory
  gate_->set(false);
  cache->get_or_compute(table(1));
  cache->get_or_compute(table(2));
  gate_->await(1);
  EXPECT_EQ(cache->get_or_compute(table(1)).source, "memory");  // being written
  EXPECT_EQ(cache->get_or_compute(table(2)).source, "memory");  // waiting
  EXPECT_EQ(value_of(cache->find(sample_key(2))), 2);
  const std::vector<Request> both{table(1), table(2)};
  for (const auto& outcome : cache->get_many(both)) EXPECT_EQ(outcome.answer.source, "memory");
  EXPECT_EQ(made_, 2);
  gate_->set(true);  // or the cache would wait for ever to end
}

TEST_F(WriteBack, WritesThroughWhatFindsNoPlaceInTheQueue) {
  CacheOptions options;
  options.write_back_bytes = 50;  // a table has 32
  const auto cache = open(options);
  gate_->set(false);
  cache->get_or_compute(table(1));
  gate_->await(1);
  auto second = std::async(std::launch::async, [&] { cache->get_or_compute(table(2)); });
  gate_->await(2);  // it is at the gate itself
  gate_->set(true);
  second.get();
  cache->flush();
  EXPECT_EQ(stored(), 2u);

  options.write_back_bytes = 0;
  const auto none = open(options);
  none->get_or_compute(table(3));
  EXPECT_EQ(stored(), 3u);
}

TEST_F(WriteBack, DoesNotWriteWhatWasRemovedOrReplacedMeanwhile) {
  const auto cache = open();
  gate_->set(false);
  cache->get_or_compute(table(1));
  cache->get_or_compute(table(2));
  cache->get_or_compute(table(3));
  cache->get_or_compute(table(4));
  gate_->await(1);
  EXPECT_TRUE(cache->erase(sample_key(2)));
  EXPECT_EQ(cache->erase_if([](const Key& key, const EntryFacts&) { return key == sample_key(4); }), 1u);
  Request again = request(sample_key(3), [](const Artifact*) { return sample_artifact(33); });
  again.recompute = true;
  cache->get_or_compute(again);
  auto erased = std::async(std::launch::async, [&] { return cache->erase(sample_key(1)); });  // being written: waited for
  gate_->set(true);
  EXPECT_TRUE(erased.get());
  cache->flush();
  ASSERT_EQ(stored(), 1u);
  EXPECT_EQ(value_of(far_->entries.begin()->second->artifact), 33);
  EXPECT_EQ(value_of(cache->get_or_compute(table(3))), 33);
}

TEST_F(WriteBack, WritesByNameAtOnceAndByAdmissionLater) {
  CacheOptions options;
  options.settings.admission = Admission::balanced;
  options.speeds["far"].load.latency = std::chrono::minutes(1);
  const auto cache = open(options);
  cache->get_or_compute(table(1));
  Request kept = table(2);
  kept.keep = true;
  gate_->set(false);
  auto storing = std::async(std::launch::async, [&] { cache->get_or_compute(kept); });
  gate_->await(1);
  gate_->set(true);
  storing.get();
  cache->flush();
  EXPECT_EQ(stored(), 1u);
  EXPECT_EQ(cache->metrics().kinds["sample"].passed_by, 1u);
}

TEST_F(WriteBack, GrowsWhatWaits) {
  const auto cache = open();
  const auto growing = [](std::int64_t coverage) {
    Request wanted = request(sample_key(1, "growing"), [coverage](const Artifact* prior) {
      return sample_artifact(prior ? 1 : 0, coverage, coverage);
    });
    wanted.coverage = coverage;
    return wanted;
  };
  gate_->set(false);
  cache->get_or_compute(growing(10));
  gate_->await(1);
  EXPECT_EQ(value_of(cache->get_or_compute(growing(20))), 1) << "what waits is the prior";
  gate_->set(true);
  cache->flush();
  EXPECT_EQ(coverage_of(far_->entries.at(sample_key(1, "growing").text())->artifact.attributes()), 20);
}

TEST_F(WriteBack, WarnsOfWhatCannotBeWritten) {
  std::vector<std::string> warnings;
  CacheOptions options;
  options.warn = [&](std::string_view line) { warnings.emplace_back(line); };
  far_->fails = true;
  {
    const auto cache = open(options);
    EXPECT_EQ(value_of(cache->get_or_compute(table(1))), 1);
    cache->flush();
    EXPECT_FALSE(has_lease(1));
  }
  EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(WriteBack, ManyThreadsLoseNothing) {
  const auto cache = open();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t number = 0; number < 100; ++number) {
        EXPECT_EQ(value_of(cache->get_or_compute(table(number))), number);
        if (number % 10 == thread) cache->flush();
        if (number % 25 == thread) cache->erase(sample_key(1000 + number));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  cache->flush();
  EXPECT_EQ(stored(), 100u);
  EXPECT_EQ(made_, 100);
}

TEST_F(WriteBack, AForkedChildWritesThroughAndLeavesTheQueueToItsParent) {
  const auto cache = open();
  gate_->set(false);
  cache->get_or_compute(table(1));
  gate_->await(1);
  const pid_t child = ::fork();
  if (child == 0) {
    cache->flush();  // the parent's: at once
    const bool found = cache->find(sample_key(1)).entry != nullptr;  // in memory
    gate_->is_open = true;
    cache->get_or_compute(table(2));
    ::_exit(found && far_->entries.size() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  gate_->set(true);
  cache->flush();
  EXPECT_EQ(stored(), 1u);
}

}  // namespace
}  // namespace almanac::cache
