#pragma once

#include "recipes/fft_wisdom.hpp"
#include "temporary_folder.hpp"

#include <almanac/engine.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string_view>

namespace almanac::testing {

/// An engine that says nothing, over a folder of its own.
class OneEngineTest : public ::testing::Test {
 protected:
  static Config config_for(const std::filesystem::path& folder) {
    Config config;
    config.cache_dir = folder;
    return config;
  }
  static Engine engine(const std::filesystem::path& folder) { return Engine(config_for(folder), [](std::string_view) {}); }
  static cache::Key key_of(const FftSpec& problem) { return recipes::fft_wisdom_request<double>(problem).key; }

  TemporaryFolder folder_;
  Engine engine_ = engine(folder_.path());
};

}  // namespace almanac::testing
