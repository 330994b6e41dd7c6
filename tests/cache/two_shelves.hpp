#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "sample_entry.hpp"
#include "shelf_tier.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::cache {

/// Of a cache whose shelves are known to take so long for everything that is loaded from them, or stored there.
inline CacheOptions with_loads_of(std::chrono::nanoseconds latency, Admission admission = Admission::balanced) {
  CacheOptions options;
  options.settings.admission = admission;
  const TierSpeed speed{.load = {latency, 0}, .write = {latency, 0}};
  options.speeds = {{"near", speed}, {"far", speed}};
  return options;
}

/// Longer than anything takes: nothing is worth storing.
constexpr std::chrono::hours kForAges{24 * 365};

/// A cache of two shelves, "near" and "far", and what it warned of.
struct Fixture {
  std::shared_ptr<Shelf> near = std::make_shared<Shelf>(), far = std::make_shared<Shelf>();
  std::vector<std::string> warnings;
  std::unique_ptr<Cache> cache;

  explicit Fixture(CacheOptions options = {}) {
    options.warn = [this](std::string_view line) { warnings.emplace_back(line); };
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(std::make_unique<ShelfTier>("near", near));
    tiers.push_back(std::make_unique<ShelfTier>("far", far));
    cache = std::make_unique<Cache>(std::move(tiers), std::move(options));
  }
};

/// A growing artifact whose i-th value is i; counts how often it is made, and from how much.
struct Growing {
  std::atomic<int> made{0};
  std::vector<std::int64_t> priors;

  Request to(std::int64_t coverage) {
    Request wanted = request(sample_key(1, "growing"), [this, coverage](const Artifact* prior) {
      ++made;
      priors.push_back(prior ? coverage_of(prior->attributes()) : 0);
      return sample_artifact(0, coverage, coverage);
    });
    wanted.coverage = coverage;
    return wanted;
  }
};

}  // namespace almanac::cache
