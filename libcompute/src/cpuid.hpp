#pragma once

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>
#if __has_include(<sys/platform/x86.h>)
#if defined(__clang__) && !defined(_Bool)
#define _Bool bool  // what functions in there return, and clang has no name for in C++
#include <sys/platform/x86.h>
#undef _Bool
#else
#include <sys/platform/x86.h>
#endif
#endif

#include <algorithm>
#include <array>

namespace almanac::compute {

/// What one leaf of the CPUID instruction says: EAX, EBX, ECX, EDX; zeros where the processor does not have that leaf.
using CpuidLeaf = std::array<unsigned, 4>;

/// The leaves that libcompute looks at. Each takes a fraction of a microsecond on a processor and some 6 µs on a virtual one, so they are asked for once,
/// and what the dynamic loader has asked for already is taken from there (glibc 2.33).
/// Source: Intel SDM volume 2A, CPUID; AMD64 APM volume 3, appendix E
struct Cpuid {
  CpuidLeaf version_and_features;                  ///< 01H
  CpuidLeaf more_features;                         ///< 07H, 0
  CpuidLeaf extended_features;                     ///< 80000001H
  std::array<CpuidLeaf, 3> brand;                  ///< 80000002H …
  bool has_brand = false;

  /// Of this processor. Threads: thread-safe; for the life of the process
  static const Cpuid& here() noexcept {
    static const Cpuid leaves = look();
    return leaves;
  }

 private:
  static CpuidLeaf leaf(unsigned number, unsigned last) noexcept {
    CpuidLeaf at{};
    if (number <= last) __cpuid_count(number, 0, at[0], at[1], at[2], at[3]);
    return at;
  }

  static Cpuid look() noexcept {
    constexpr unsigned kExtended = 0x80000000U;
    Cpuid leaves{};
    unsigned last_extended = 0;
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
    const auto asked = [](unsigned place) {
      CpuidLeaf at{};
      if (const cpuid_feature* known = __x86_get_cpuid_feature_leaf(place)) std::copy_n(known->cpuid_array, at.size(), at.begin());
      return at;
    };
    leaves.version_and_features = asked(CPUID_INDEX_1);
    leaves.more_features = asked(CPUID_INDEX_7);
    leaves.extended_features = asked(CPUID_INDEX_80000001);
    if (leaves.extended_features[3] != 0) last_extended = kExtended + 4;  // 64-bit processors have a brand
#endif
    if (leaves.version_and_features[0] == 0) {
      const unsigned last = leaf(0, 0)[0];
      leaves.version_and_features = leaf(1, last);
      leaves.more_features = leaf(7, last);
    }
    if (last_extended == 0) {
      last_extended = leaf(kExtended, kExtended)[0];
      leaves.extended_features = leaf(kExtended + 1, last_extended);
    }
    leaves.has_brand = last_extended >= kExtended + 4;
    for (unsigned part = 0; part < 3; ++part) leaves.brand[part] = leaf(kExtended + 2 + part, last_extended);
    return leaves;
  }
};

}  // namespace almanac::compute

#endif
