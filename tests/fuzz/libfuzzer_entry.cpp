// libFuzzer's way in. ALMANAC_FUZZ_TARGET is the target's name.

#include "targets.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  almanac::fuzz::ALMANAC_FUZZ_TARGET(std::as_bytes(std::span(data, size)));  // a broken promise ends the process here
  return 0;
}
