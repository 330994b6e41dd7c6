#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "engine/temporary_folder.hpp"
#include "kill_rounds.hpp"
#include "numbered_table.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace almanac::cache {

/// The tables that come and go in a killed cache: in the first read of a file, read, and mapped.
inline constexpr std::array<std::int64_t, 3> kTableSizes{16, 1500, 6000};
inline constexpr int kTables = 6;
inline NumberedTable table(int number, std::int64_t generation = 1, bool grows = false) {
  return {number, generation, kTableSizes[static_cast<std::size_t>(number) % kTableSizes.size()], grows};
}

/// Asks for one; it is worth a lease.
Request request(int number);
inline bool is_right(const Answer& answer, int number) { return table(number).is(answer.entry); }

/// A cache folder that processes are killed over.
class KilledCache : public testing::Deed {
 public:
  KilledCache();

  void begin() override { open_tier(); }
  bool has_left_something(pid_t child) const override;

  /// Makes the kills and says how they went. Expects that some met files in the making.
  void kill(unsigned seed);

  /// Expects that the next process finds everything sound and leaves nothing of the dead.
  void expect_cleared() const;

  /// A cache as another process would have it. The silence of a holder is never waited out: one that is not seen to be dead
  /// holds the test up for good.
  using Warn = std::function<void(std::string_view)>;
  std::unique_ptr<Cache> open(Warn warn = fail) const;

  std::filesystem::path root() const { return folder_ / "cache"; }
  std::filesystem::path leases() const { return root() / "leases"; }

 protected:
  /// A tier as a new process would have it, in tier_.
  void open_tier(Warn warn = fail) { tier_.emplace(disk(std::move(warn))); }
  void expect_no_trouble() const;

  using TablesToldOf = std::array<std::atomic<bool>, kTables>;
  /// In tier_: the tables that a child told of, and of others nothing that is not theirs. For the next round, none is left.
  void expect_kept_and_erase(TablesToldOf& told);

  testing::TemporaryFolder folder_;
  std::optional<DiskTier> tier_;

 private:
  static void fail(std::string_view line);
  DiskOptions disk(Warn warn) const;
};

}  // namespace almanac::cache
