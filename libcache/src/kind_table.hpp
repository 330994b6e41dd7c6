#pragma once

#include <almanac/cache/metrics.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace almanac::cache {

/// What is counted of one kind. Each count is right; between two of them others may count on.
struct KindCounters {
  explicit KindCounters(std::string_view name) : kind(name) {}

  const std::string kind;
  std::atomic<std::uint64_t> hits{0}, misses{0}, joined{0}, bytes{0}, passed_by{0};
  std::atomic<std::int64_t> nanoseconds_computing{0}, nanoseconds_saved{0};
  std::atomic<std::int64_t> last_cost{-1};  ///< what make() last took, in ns; negative: not known yet
  KindCounters* next = nullptr;

  void count_hit(std::uint64_t entry_bytes, std::chrono::nanoseconds saved) noexcept {
    hits.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(entry_bytes, std::memory_order_relaxed);
    nanoseconds_saved.fetch_add(saved.count(), std::memory_order_relaxed);
  }
  void count_joined(std::uint64_t entry_bytes) noexcept {
    joined.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(entry_bytes, std::memory_order_relaxed);
  }
  void count_computed(std::uint64_t entry_bytes, std::chrono::nanoseconds cost) noexcept {
    misses.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(entry_bytes, std::memory_order_relaxed);
    nanoseconds_computing.fetch_add(cost.count(), std::memory_order_relaxed);
    last_cost.store(cost.count(), std::memory_order_relaxed);
  }
  void count_passed_by() noexcept { passed_by.fetch_add(1, std::memory_order_relaxed); }
};

/// The counters of each kind, made when it is first asked for and kept as long as the table.
/// Threads: thread-safe, without locks. Cost: a few ns; memory is taken once a kind.
class KindTable {
 public:
  KindTable() = default;
  ~KindTable();
  KindTable(const KindTable&) = delete;
  KindTable& operator=(const KindTable&) = delete;

  KindCounters& of(std::string_view kind);
  std::map<std::string, KindMetrics, std::less<>> metrics() const;

 private:
  static constexpr std::size_t kBuckets = 64;
  std::array<std::atomic<KindCounters*>, kBuckets> buckets_{};
};

}  // namespace almanac::cache
