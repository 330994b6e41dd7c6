#pragma once

#include <almanac/cache/tiers.hpp>

#include "engine/temporary_folder.hpp"
#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cache {

namespace fs = std::filesystem;

using Bytes = std::vector<char>;

inline Bytes bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// Changes a file in place, as a failing disk does.
inline void damage(const fs::path& path, const std::function<void(Bytes&)>& change) {
  Bytes bytes = bytes_of(path);
  change(bytes);
  fs::permissions(path, fs::perms::owner_all);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good());
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
}

class DiskTierTest : public ::testing::Test {
 protected:
  /// A tier as a new process would have it: nothing seen yet.
  std::unique_ptr<DiskTier> fresh(const std::function<void(DiskOptions&)>& change = {}) {
    DiskOptions options;
    options.root = folder_.path() / "cache";
    options.producer = {"almanac/test", "NONE"};
    options.map_threshold = 4096;
    options.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
    if (change) change(options);
    return std::make_unique<DiskTier>(options);
  }

  EntryPtr put(const EntryPtr& entry) {
    auto stored = fresh()->put(entry);
    EXPECT_TRUE(stored.ok()) << stored.error().message;
    return stored ? *stored : nullptr;
  }

  EntryPtr get(const Key& key) {
    auto found = fresh()->get(key);
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found ? *found : nullptr;
  }

  fs::path path_of(const Key& key) { return fresh()->path_of(key.id()); }

  std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& at : fs::recursive_directory_iterator(folder_.path() / "cache" / folder, error)) {
      if (!at.is_directory()) files.push_back(at.path());
    }
    return files;
  }

  /// A key whose file is damaged must be a miss, its file quarantined with a reason and a warning, and its
  /// place free for a new one.
  void expect_quarantined(const Key& key, std::string_view code) {
    const auto tier = fresh();
    const auto found = tier->get(key);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(*found, nullptr);
    EXPECT_EQ(tier->stats().corruptions, 1u);
    EXPECT_EQ(tier->stats().misses, 1u);
    EXPECT_FALSE(fs::exists(path_of(key)));
    ASSERT_EQ(warnings_.size(), 1u);
    EXPECT_NE(warnings_[0].find(path_of(key)), std::string::npos) << warnings_[0];
    EXPECT_NE(warnings_[0].find(code), std::string::npos) << warnings_[0];
    bool has_reason = false;
    for (const fs::path& file : files_in("quarantine")) {
      if (file.extension() != ".txt") continue;
      const Bytes reason = bytes_of(file);
      has_reason = has_reason || std::string(reason.begin(), reason.end()).starts_with(code);
    }
    EXPECT_TRUE(has_reason);
    warnings_.clear();
    ASSERT_TRUE(tier->put(sample_entry(key, 4)).ok());
    EXPECT_NE(get(key), nullptr);
    EXPECT_TRUE(warnings_.empty());
  }

  testing::TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

}  // namespace almanac::cache
