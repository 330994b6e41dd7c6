#include "grunwald_error.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace almanac::compute {
namespace {

class GrunwaldScan : public testing::TestWithParam<double> {};

TEST_P(GrunwaldScan, IsWithinFourFifthsOfAnUlpForEveryKUpToAHundredMillion) {
  const double worst = largest_error(GetParam(), kMaxGrunwaldIndex);
  std::cout << "alpha = " << GetParam() << ": " << worst << " ulp\n";
  EXPECT_LE(worst, 0.8);  // the bound derived in grunwald_kernel.hpp
}

// A usual order, and one with nearly the largest coefficients of the expansion.
INSTANTIATE_TEST_SUITE_P(Orders, GrunwaldScan, testing::Values(0.5, 3.9));

}  // namespace
}  // namespace almanac::compute
