#pragma once

#include <almanac/cache/cache.hpp>

#include "lease_record.hpp"
#include "sample_entry.hpp"
#include "shelf_tier.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace almanac::cache {

/// Caches that have one shelf and one lease folder in common, each with a nearer shelf of its own: to each other they are
/// what processes are.
class Many : public testing::Test {
 protected:
  using Outcome = Cache::Outcome;

  ~Many() override {
    std::error_code ignored;
    std::filesystem::remove_all(leases_, ignored);
  }

  std::unique_ptr<Cache> open(CacheOptions options = {}) {
    options.lease_folder = leases_;
    return without_leases(std::move(options));
  }
  std::unique_ptr<Cache> without_leases(CacheOptions options = {}) {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(std::make_unique<ShelfTier>("near", std::make_shared<Shelf>()));
    tiers.push_back(std::make_unique<ShelfTier>("far", far_));
    return std::make_unique<Cache>(std::move(tiers), std::move(options));
  }

  /// Worth a lease; says its number, and is noted when made.
  Request table(std::int64_t number, std::function<void()> before = [] {}) {
    Request wanted = request(sample_key(number), [this, number, before = std::move(before)](const Artifact*) {
      before();
      const std::lock_guard lock(mutex_);
      made_.push_back(number);
      return sample_artifact(static_cast<double>(number));
    });
    wanted.estimate = std::chrono::seconds(1);
    return wanted;
  }
  Request growing(std::int64_t coverage) {
    Request wanted = request(sample_key(1, "growing"), [this, coverage](const Artifact*) {
      made_.push_back(coverage);
      return sample_artifact(0, coverage, coverage);
    });
    wanted.coverage = coverage;
    return wanted;
  }
  /// A lease of key `number` as another process would have left it.
  void leave_lease(std::int64_t number, ProcessIdentity holder) {
    std::filesystem::create_directories(leases_);
    std::ofstream(leases_ / (sample_key(number).id().hex() + ".lease")) << LeaseRecord{draw_token(), 0, std::move(holder)}.text();
  }
  static ProcessIdentity elsewhere() { return {"another-boot", "pid:[1]", 1, 1, "elsewhere"}; }

  static std::vector<std::string> sources(const std::vector<Outcome>& outcomes) {
    std::vector<std::string> all;
    for (const Outcome& outcome : outcomes) all.emplace_back(outcome.failure ? "failed" : outcome.answer.source);
    return all;
  }
  using Words = std::vector<std::string>;
  using Numbers = std::vector<std::int64_t>;

  std::filesystem::path leases_ = own_path("many");
  std::shared_ptr<Shelf> far_ = std::make_shared<Shelf>();
  std::mutex mutex_;
  Numbers made_;
};

}  // namespace almanac::cache
