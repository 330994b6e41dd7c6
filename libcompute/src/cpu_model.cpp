#include <almanac/compute/fft_wisdom.hpp>

#include "cpuid.hpp"

#include <array>
#include <cstring>

#if !defined(__x86_64__) && !defined(__i386__)
#include <sys/utsname.h>
#endif

namespace almanac::compute {
namespace {

#if defined(__x86_64__) || defined(__i386__)

std::string brand() {
  const Cpuid& leaves = Cpuid::here();
  if (!leaves.has_brand) return "unknown processor";
  std::array<char, sizeof(leaves.brand) + 1> text{};
  std::memcpy(text.data(), leaves.brand.data(), sizeof(leaves.brand));

  // Vendors pad the brand with blanks, in front and between words too.
  std::string name;
  for (const char* c = text.data(); *c != '\0'; ++c) {
    if (*c != ' ' || (!name.empty() && name.back() != ' ')) name += *c;
  }
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name.empty() ? "unknown processor" : name;
}

std::string identify() {
  const unsigned a = Cpuid::here().version_and_features[0];
  if (a == 0) return brand();
  // The extended fields count only for certain families. Source: Intel SDM volume 2A, CPUID, leaf 01H.
  const unsigned base_family = (a >> 8) & 0xF;
  unsigned family = base_family;
  unsigned model = (a >> 4) & 0xF;
  if (base_family == 0xF) family += (a >> 20) & 0xFF;
  if (base_family == 0x6 || base_family == 0xF) model += ((a >> 16) & 0xF) << 4;
  return brand() + ", family " + std::to_string(family) + ", model " + std::to_string(model) + ", stepping " +
         std::to_string(a & 0xF);
}

#else

std::string identify() {
  utsname names{};
  return uname(&names) == 0 ? names.machine : "unknown processor";
}

#endif

}  // namespace

std::string cpu_model() {
  static const std::string model = identify();
  return model;
}

}  // namespace almanac::compute
