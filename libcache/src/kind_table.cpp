#include "kind_table.hpp"

#include <memory>

namespace almanac::cache {

KindTable::~KindTable() {
  for (auto& bucket : buckets_) {
    for (KindCounters* counters = bucket.load(); counters;) delete std::exchange(counters, counters->next);
  }
}

KindCounters& KindTable::of(std::string_view kind) {
  // Kinds are few and differ in length or at an end: that tells the bucket, the comparison the rest.
  const std::size_t mixed = kind.empty() ? 0 : kind.size() * 7 + static_cast<unsigned char>(kind.front()) * 5 +
                                                   static_cast<unsigned char>(kind.back()) * 3;
  std::atomic<KindCounters*>& bucket = buckets_[mixed % kBuckets];
  KindCounters* first = bucket.load(std::memory_order_acquire);
  std::unique_ptr<KindCounters> fresh;
  for (KindCounters* checked = nullptr;;) {
    for (KindCounters* counters = first; counters != checked; counters = counters->next) {
      if (counters->kind == kind) return *counters;
    }
    checked = first;
    if (!fresh) fresh = std::make_unique<KindCounters>(kind);
    fresh->next = first;
    if (bucket.compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
      return *fresh.release();
    }
  }
}

std::map<std::string, KindMetrics, std::less<>> KindTable::metrics() const {
  std::map<std::string, KindMetrics, std::less<>> all;
  for (const auto& bucket : buckets_) {
    for (const KindCounters* one = bucket.load(std::memory_order_acquire); one; one = one->next) {
      all[one->kind] = KindMetrics{one->hits, one->misses, one->joined, one->bytes,
                                   static_cast<double>(one->nanoseconds_computing) * 1e-9,
                                   static_cast<double>(one->nanoseconds_saved) * 1e-9, one->passed_by};
    }
  }
  return all;
}

}  // namespace almanac::cache
