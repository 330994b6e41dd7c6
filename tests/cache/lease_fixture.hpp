#pragma once

#include "lease.hpp"
#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace almanac::cache {

/// Leases of one folder and one key, and what others would have left there.
class Lease : public testing::Test {
 protected:
  Lease() {
    std::string name = (std::filesystem::temp_directory_path() / "almanac-lease-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Lease() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// A table whose waiter's clock stands still but for tick(), and whose heartbeat does not come in time.
  LeaseOptions options() {
    LeaseOptions options;
    options.folder = folder_;
    options.interval = std::chrono::hours(1);
    options.silent_intervals = 3;
    options.now = [this] { return std::chrono::steady_clock::time_point(now_.load()); };
    options.warn = [this](std::string_view, std::string_view line) { warnings_.emplace_back(line); };
    return options;
  }
  void tick(std::chrono::nanoseconds time) { now_ = now_.load() + time; }

  std::filesystem::path file() const { return folder_ / (id_.hex() + ".lease"); }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {})); }

  /// A lease file as somebody else would have left it.
  LeaseRecord leave(ProcessIdentity holder) const {
    const LeaseRecord record{draw_token(), 0, std::move(holder)};
    write(record);
    return record;
  }
  void write(const LeaseRecord& record) const { std::ofstream(file()) << record.text(); }
  LeaseRecord read() const {
    std::ifstream in(file());
    const auto record = LeaseRecord::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    return record.value_or(LeaseRecord{});
  }
  static ProcessIdentity elsewhere() { return {"another-boot", "pid:[1]", 1, 1, "elsewhere"}; }

  const Id id_ = sample_key(1).id();
  std::filesystem::path folder_;
  std::atomic<std::chrono::nanoseconds> now_{std::chrono::nanoseconds(0)};
  std::vector<std::string> warnings_;
};

}  // namespace almanac::cache
