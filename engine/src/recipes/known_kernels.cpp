#include "recipes/known_kernels.hpp"

#include <bit>
#include <cstdint>
#include <memory>

namespace almanac::recipes {
namespace {

std::size_t first_place_of(const FractionalKernelSpec& spec) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio: its multiples are spread by their upper bits
  std::uint64_t mixed = std::bit_cast<std::uint64_t>(spec.alpha) * kOdd;
  mixed = (std::rotl(mixed, 29) ^ std::bit_cast<std::uint64_t>(spec.dt)) * kOdd;
  mixed = (std::rotl(mixed, 29) ^ static_cast<std::uint64_t>(spec.n)) * kOdd;
  return static_cast<std::size_t>(mixed >> 32) % KnownKernels::kPlaces;
}

/// Bit by bit: 0 and -0 are two names of one kernel here.
bool is_same(const FractionalKernelSpec& a, const FractionalKernelSpec& b) noexcept {
  const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  return bits(a.alpha) == bits(b.alpha) && bits(a.dt) == bits(b.dt) && a.n == b.n;
}

}  // namespace

KnownKernels::~KnownKernels() {
  for (const auto& place : places_) delete place.load(std::memory_order_relaxed);
}

const KnownKernel* KnownKernels::find(const FractionalKernelSpec& spec) const noexcept {
  const std::size_t first = first_place_of(spec);
  for (std::size_t i = 0; i < kTries; ++i) {
    const KnownKernel* kernel = places_[(first + i) % kPlaces].load(std::memory_order_acquire);
    if (kernel == nullptr) return nullptr;
    if (is_same(kernel->spec, spec)) return kernel;
  }
  return nullptr;
}

void KnownKernels::remember(KnownKernel kernel) {
  const std::size_t first = first_place_of(kernel.spec);
  for (std::size_t i = 0; i < kTries; ++i) {
    auto& place = places_[(first + i) % kPlaces];
    const KnownKernel* there = place.load(std::memory_order_acquire);
    if (there == nullptr) {
      auto known = std::make_unique<const KnownKernel>(kernel);
      if (place.compare_exchange_strong(there, known.get(), std::memory_order_release, std::memory_order_acquire)) {
        (void)known.release();
        return;
      }
    }
    if (is_same(there->spec, kernel.spec)) return;
  }
}

}  // namespace almanac::recipes
