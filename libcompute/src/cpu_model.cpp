#include <almanac/compute/fft_wisdom.hpp>

#include <array>
#include <cstring>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#else
#include <sys/utsname.h>
#endif

namespace almanac::compute {
namespace {

#if defined(__x86_64__) || defined(__i386__)

std::string brand() {
  std::array<unsigned, 12> registers{};
  for (unsigned leaf = 0; leaf < 3; ++leaf) {
    unsigned* part = registers.data() + 4 * leaf;
    if (__get_cpuid(0x80000002U + leaf, part, part + 1, part + 2, part + 3) == 0) return "unknown processor";
  }
  std::array<char, sizeof(registers) + 1> text{};
  std::memcpy(text.data(), registers.data(), sizeof(registers));

  // Vendors pad the brand with blanks, in front and between words too.
  std::string name;
  for (const char* c = text.data(); *c != '\0'; ++c) {
    if (*c != ' ' || (!name.empty() && name.back() != ' ')) name += *c;
  }
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name.empty() ? "unknown processor" : name;
}

std::string identify() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return brand();
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
