#include "host_instruction_set.hpp"

#include "cpuid.hpp"

#include <hwy/targets.h>

#include <cstdint>
#include <initializer_list>

namespace almanac::compute {
namespace {

#if HWY_ARCH_X86_64

constexpr unsigned bits(std::initializer_list<int> places) {
  unsigned mask = 0;
  for (const int place : places) mask |= 1U << place;
  return mask;
}

/// A set: its target, and what it adds to the one before it. Source: Intel SDM volume 2A, CPUID; Highway 1.0.3 targets.cc.
struct InstructionSet {
  std::int64_t target;
  unsigned leaf_1_ecx, leaf_7_ebx, extended_leaf_1_ecx;
  unsigned saved;  ///< registers that the operating system saves: bits of XCR0
};

constexpr InstructionSet kSets[] = {
    {HWY_SSSE3, bits({0, 9}), 0, 0, 0},                                        // SSE3, SSSE3
    {HWY_SSE4, bits({1, 19, 20, 25}), 0, 0, 0},                                // PCLMULQDQ, SSE4.1, SSE4.2, AES
    {HWY_AVX2, bits({12, 28, 29}), bits({3, 5, 8}), bits({5}), bits({1, 2})},  // FMA, AVX, F16C; BMI, AVX2, BMI2; LZCNT
    {HWY_AVX3, 0, bits({16, 17, 30, 31}), 0, bits({5, 6, 7})},                 // AVX512 F, DQ, BW, VL
};

/// What newer versions of Highway compile for needs at least AVX3.
constexpr std::int64_t kKnown = HWY_SSSE3 | HWY_SSE4 | HWY_AVX2 | HWY_AVX3 | HWY_EMU128 | HWY_SCALAR
#ifdef HWY_SSE2
                                | HWY_SSE2
#endif
    ;

unsigned saved_registers(unsigned leaf_1_ecx) noexcept {
  if ((leaf_1_ecx & bits({27})) == 0) return ~0U;  // it cannot be asked; Highway takes what there is
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

std::string_view choose() noexcept {
  const Cpuid& leaves = Cpuid::here();
  if (leaves.version_and_features[0] == 0) return {};
  const unsigned leaf_1 = leaves.version_and_features[2], leaf_7 = leaves.more_features[1], extended = leaves.extended_features[2];
  const unsigned saved = saved_registers(leaf_1);
  const auto holds = [](unsigned all, unsigned asked) { return (all & asked) == asked; };

  std::int64_t best = HWY_TARGETS & (HWY_EMU128 | HWY_SCALAR);
#ifdef HWY_SSE2
  if ((HWY_TARGETS & HWY_SSE2) != 0) best = HWY_SSE2;
#endif
  for (const InstructionSet& set : kSets) {
    if (!holds(leaf_1, set.leaf_1_ecx) || !holds(leaf_7, set.leaf_7_ebx) || !holds(extended, set.extended_leaf_1_ecx) ||
        !holds(saved, set.saved)) {
      break;
    }
    if ((HWY_TARGETS & set.target) != 0) best = set.target;
    if (set.target == HWY_AVX3 && (HWY_TARGETS & ~kKnown) != 0) return {};
  }
  return best != 0 ? hwy::TargetName(best) : std::string_view();
}

#else

std::string_view choose() noexcept { return {}; }

#endif

}  // namespace

std::string_view host_instruction_set() noexcept {
  static const std::string_view chosen = choose();
  return chosen;
}

}  // namespace almanac::compute
