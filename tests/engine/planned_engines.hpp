#pragma once

#include "recipes/fft_wisdom.hpp"
#include "temporary_folder.hpp"

#include <almanac/engine.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace almanac::testing {

inline FftSpec spec_of(std::vector<std::int64_t> extent, Rigor rigor) { return {.extent = std::move(extent), .rigor = rigor}; }

/// Engines over one folder: a new one is what a new process would be.
class PlannedEnginesTest : public ::testing::Test {
 protected:
  Engine engine() {
    Config config;
    config.cache_dir = folder_ / "cache";
    return Engine(config, [this](std::string_view line) { warnings_.emplace_back(line); });
  }

  static cache::Artifact stored(Engine& engine, const FftSpec& spec) {
    const auto answer = engine.cache().find(recipes::fft_wisdom_request<double>(spec).key);
    return answer.entry ? answer.entry->artifact : cache::Artifact();
  }

  std::size_t entries(Engine& engine) {
    std::size_t count = 0;
    EXPECT_TRUE(engine.disk()->for_each([&](const cache::EntryInfo&) { return ++count > 0; }));
    return count;
  }

  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

}  // namespace almanac::testing
