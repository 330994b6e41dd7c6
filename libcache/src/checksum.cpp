#include "checksum.hpp"

#include <new>

#include <xxhash.h>

// To find the widest registers, xxHash asks the processor at its first call, which takes 20 µs on a virtual one: a process that
// looks up one small entry does without. The hash is the same.
namespace almanac::cache {
namespace {

constexpr std::size_t kLeastOnWideRegisters = 2049;

std::uint64_t narrow64(std::span<const std::byte> bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }
XXH128_hash_t narrow128(std::span<const std::byte> bytes) noexcept { return XXH3_128bits(bytes.data(), bytes.size()); }

}  // namespace
}  // namespace almanac::cache

#ifdef ALMANAC_XXHASH_DISPATCH
#include <xxh_x86dispatch.h>  // the same functions, on the widest registers this CPU has
#endif

namespace almanac::cache {
namespace {

/// xxHash 0.8.1 leaves the upper halves of the vector registers in use (no VZEROUPPER), after which SSE code
/// of everybody else in the process runs several times slower: a key took 219 ns to make instead of 62.
void give_back_wide_registers() noexcept {
#ifdef ALMANAC_XXHASH_DISPATCH
  static const bool has_avx = __builtin_cpu_supports("avx");
  if (has_avx) asm volatile("vzeroupper" ::: "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                            "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
#endif
}

Digest digest_of(const XXH128_hash_t& hash) noexcept { return {hash.high64, hash.low64}; }

}  // namespace

std::uint64_t checksum64(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kLeastOnWideRegisters) return narrow64(bytes);
  const std::uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  give_back_wide_registers();
  return hash;
}

Digest checksum128(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kLeastOnWideRegisters) return digest_of(narrow128(bytes));
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  give_back_wide_registers();
  return digest_of(hash);
}

struct ChecksumStream::State {
  XXH3_state_t* held = XXH3_createState();
  ~State() { XXH3_freeState(held); }
};

ChecksumStream::ChecksumStream() : state_(std::make_unique<State>()) {
  if (state_->held == nullptr) throw std::bad_alloc();
}
ChecksumStream::~ChecksumStream() = default;

void ChecksumStream::start64() noexcept { XXH3_64bits_reset(state_->held); }
void ChecksumStream::start128() noexcept { XXH3_128bits_reset(state_->held); }

void ChecksumStream::add64(std::span<const std::byte> bytes) noexcept {
  XXH3_64bits_update(state_->held, bytes.data(), bytes.size());
  give_back_wide_registers();
}

void ChecksumStream::add128(std::span<const std::byte> bytes) noexcept {
  XXH3_128bits_update(state_->held, bytes.data(), bytes.size());
  give_back_wide_registers();
}

std::uint64_t ChecksumStream::result64() const noexcept { return XXH3_64bits_digest(state_->held); }
Digest ChecksumStream::result128() const noexcept { return digest_of(XXH3_128bits_digest(state_->held)); }

}  // namespace almanac::cache
