// What `almanac wrap` takes this processor for, without Highway's library, and what the engine does with it.

#include "host_instruction_set.hpp"

#include <almanac/compute/simd.hpp>

#include <gtest/gtest.h>

namespace almanac::compute {
namespace {

TEST(HostInstructionSet, IsHighwaysOrNotCertain) {
  if (host_instruction_set().empty()) GTEST_SKIP() << "not known here: the engine is asked";
  EXPECT_EQ(host_instruction_set(), instruction_set());
}

}  // namespace
}  // namespace almanac::compute
