// Processes that are killed while they write back what they have computed: what was flushed is there bit for bit, what was not is
// a miss or there as well, and nobody waits for the dead.

#include "child_processes.hpp"
#include "killed_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace almanac::cache {
namespace {

class Flushing : public KilledCache {
 public:
  /// Flush, and end the cache: either has all written that was handed out.
  int turns() const override { return 2; }

  void begin() override { cache_ = open_written_back(); }

  bool work(int turn) override {
    const auto free = std::ranges::find_if(*told_, [](const auto& taken) { return !taken; });
    if (free == told_->end()) return ::pause(), true;
    const auto first = static_cast<int>(free - told_->begin());
    const int last = std::min(first + 2, kTables);
    for (int number = first; number < last; ++number) {
      if (!is_right(cache_->get_or_compute(request(number)), number)) return false;
    }
    if (turn % 2 == 0) {
      cache_->flush();
    } else {
      cache_ = open_written_back();
    }
    for (int number = first; number < last; ++number) (*told_)[static_cast<std::size_t>(number)] = true;
    return true;
  }

  void check() override {
    open_tier();
    // Whoever needs one next has it, or makes it: the leases of the dead are nobody's.
    if (++checks_ % 8 == 0) {
      const auto next = open();
      for (int number = 0; number < kTables; ++number) EXPECT_TRUE(is_right(next->get_or_compute(request(number)), number));
    }
    expect_kept_and_erase(*told_);
    expect_no_trouble();
    std::filesystem::remove_all(leases());
  }

  /// Something was on its way: its lease is there still, if not its file.
  bool has_left_something(pid_t child) const override {
    const auto is_lease = [](const auto& file) { return file.path().extension() == ".lease"; };
    return KilledCache::has_left_something(child) ||
           (std::filesystem::exists(leases()) && std::ranges::any_of(std::filesystem::directory_iterator(leases()), is_lease));
  }

 private:
  std::unique_ptr<Cache> open_written_back() const {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 20));
    tiers.push_back(std::make_unique<DiskTier>(DiskOptions{.root = root(), .map_threshold = 1 << 15}));
    CacheOptions options;
    options.settings.write = WriteMode::write_back;
    options.lease_folder = leases();
    options.lease_interval = std::chrono::hours(24);  // a holder's silence is never waited out
    options.lease_wait = std::chrono::hours(24);
    options.warn = [](std::string_view line) { ADD_FAILURE() << line; };
    return std::make_unique<Cache>(std::move(tiers), std::move(options));
  }

  std::unique_ptr<Cache> cache_;
  int checks_ = 0;
  testing::SharedMemory<TablesToldOf> told_;
};

TEST(Kills, DuringFlushLoseNothingThatWasFlushedAndLeaveNothingWrong) {
  Flushing deed;
  deed.kill(20240612);
  deed.expect_cleared();
}

}  // namespace
}  // namespace almanac::cache
