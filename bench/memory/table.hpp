#pragma once

#include <almanac/cache/tier.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace almanac::bench {

inline constexpr std::size_t kKeys = 1024;

/// The entries all competitors hold: kKeys of 64 doubles, each saying its number.
const std::vector<cache::EntryPtr>& entries();

/// The numbers below kKeys in an order of each thread's own, each as often as every other.
class Uniform {
 public:
  explicit Uniform(const benchmark::State& state) : state_(static_cast<std::uint64_t>(state.thread_index()) * 2 + 1) {}
  std::size_t operator()() noexcept {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 54;
  }

 private:
  std::uint64_t state_;
};
static_assert(kKeys == std::size_t{1} << (64 - 54));

/// Always the same.
struct Hot {
  explicit Hot(const benchmark::State&) {}
  std::size_t operator()() const noexcept { return 7; }
};

/// Ends the program with a message unless this is the entry of that number.
void verify(const char* competitor, const cache::EntryPtr& found, std::size_t number);

}  // namespace almanac::bench
