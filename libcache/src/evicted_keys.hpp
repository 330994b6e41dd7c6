#pragma once

#include <almanac/cache/key.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace almanac::cache {

/// The keys that were evicted last, as far as there are places for them: of two that meet in one place the later one is known.
/// Threads: thread-safe. Memory is taken at the first eviction; where there is none, nothing is remembered.
class EvictedKeys {
 public:
  ~EvictedKeys() { delete places_.load(); }

  void note(const Id& id) noexcept {
    Places* places = places_.load(std::memory_order_acquire);
    if (!places) {
      std::unique_ptr<Places> fresh(new (std::nothrow) Places{});
      if (!fresh) return;
      if (places_.compare_exchange_strong(places, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) places = fresh.release();
    }
    (*places)[place_of(id)].store(id.high | 1, std::memory_order_relaxed);
  }

  /// Whether it is among them; it is asked for once, and then told no more.
  bool take(const Id& id) noexcept {
    Places* const places = places_.load(std::memory_order_acquire);
    if (!places) return false;
    auto& place = (*places)[place_of(id)];
    std::uint64_t mark = id.high | 1;
    return place.load(std::memory_order_relaxed) == mark && place.compare_exchange_strong(mark, 0, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kPlaces = 1 << 13;
  using Places = std::array<std::atomic<std::uint64_t>, kPlaces>;

  static std::size_t place_of(const Id& id) noexcept { return static_cast<std::size_t>(id.low % kPlaces); }

  std::atomic<Places*> places_{nullptr};
};

}  // namespace almanac::cache
