#include <almanac/compute/simd.hpp>

#include "host_instruction_set.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace almanac::compute::HWY_NAMESPACE {
namespace {

const char* compiled_target() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace almanac::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace almanac::compute {

HWY_EXPORT(compiled_target);

std::string_view instruction_set() noexcept {
  // Highway's own first look asks the processor a dozen times, which takes 60 µs on a virtual one.
  if (!hwy::GetChosenTarget().IsInitialized()) {
    if (const std::string_view host = host_instruction_set(); !host.empty()) return host;
  }
  return HWY_DYNAMIC_DISPATCH(compiled_target)();
}

}  // namespace almanac::compute
#endif
