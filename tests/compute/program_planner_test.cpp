#include "new_process.hpp"
#include "planned_by_hand.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <gtest/gtest.h>

namespace almanac::compute {
namespace {

TEST(ProgramPlanner, IsSeenToHaveOtherSolversWhereTheProgramCleanedFftwUp) {
  const FftProblem problem{.extent = {40}};
  const std::string signature = fftw_signature<double>();
  const std::string bundle = make_wisdom<double>(problem);
  ASSERT_NO_THROW(FftPlan<double>(problem, bundle));

  clean_up();    // with what the threads brought, but FFTW takes them to be initialised still
  EXPECT_THROW(FftPlan<double>(problem, bundle), WisdomError);
  EXPECT_NE(fftw_signature<double>(), signature);
  EXPECT_EQ(refuse_wisdom<double>(bundle), "line 1: wisdom of an FFTW with other solvers (signature)");
  const std::string other = make_wisdom<double>(problem);
  EXPECT_EQ(refuse_wisdom<double>(other), "");
  EXPECT_NO_THROW(FftPlan<double>(problem, other));

  clean_up_threads();
  EXPECT_NO_THROW(FftPlan<double>(problem, bundle));
  EXPECT_EQ(fftw_signature<double>(), signature);
  EXPECT_THROW(FftPlan<double>(problem, other), WisdomError);
}

TEST(ProgramPlanner, HasItsWisdomBackWhereAScopeIsTheLastToEnd) {
  EXPECT_EQ(run_new_process({kEndWithAStaticScope}), 0);
}

}  // namespace
}  // namespace almanac::compute
