#include "fft/planning_rates.hpp"

#include <gtest/gtest.h>

namespace almanac {
namespace {

using namespace std::chrono_literals;
using compute::Rigor;

TEST(PlanningRates, ExpectWhatTheSizeSaysUntilSomethingIsKnown) {
  const PlanningRates rates;
  EXPECT_EQ(rates.predict(Rigor::patient, 40ms), 40ms);
  EXPECT_EQ(rates.predict(Rigor::patient, 0ms), 0ms);
}

TEST(PlanningRates, LearnFromProblemsOfTheSizeAskedFor) {
  PlanningRates rates;
  rates.learn(Rigor::patient, 100ms, 600ms);
  EXPECT_EQ(rates.predict(Rigor::patient, 100ms), 500ms) << "(600 + 25) / (100 + 25) of it";
  for (int i = 0; i < 999; ++i) rates.learn(Rigor::patient, 100ms, 600ms);
  EXPECT_NEAR(std::chrono::duration<double>(rates.predict(Rigor::patient, 100ms)).count(), 0.6, 0.001);
  rates.learn(Rigor::measure, 1000h, 1ms);
  EXPECT_NEAR(std::chrono::duration<double>(rates.predict(Rigor::patient, 100ms)).count(), 0.6, 0.001) << "each rigor for itself";
}

TEST(PlanningRates, DoNotTakeALargeProblemForManySmallOnes) {
  PlanningRates rates;
  for (int i = 0; i < 10; ++i) rates.learn(Rigor::measure, 1ms, 1us);
  EXPECT_GT(rates.predict(Rigor::measure, 40s), 39s);
  EXPECT_LT(rates.predict(Rigor::measure, 1ms), 100us);
}

TEST(PlanningRates, TakeWhatOtherRigorsTellWhereOneIsNew) {
  PlanningRates rates;
  rates.learn(Rigor::measure, 100ms, 200ms);
  EXPECT_EQ(rates.predict(Rigor::exhaustive, 400ms), 600ms) << "(200 + 100) / (100 + 100) of it";
}

TEST(PlanningRates, LearnNothingFromNothing) {
  PlanningRates rates;
  rates.learn(Rigor::measure, 0ms, 5s);
  rates.learn(Rigor::measure, 5ms, -5s);
  EXPECT_EQ(rates.predict(Rigor::measure, 40ms), 40ms);
  rates.learn(Rigor::measure, 1ns, std::chrono::nanoseconds::max());
  EXPECT_GT(rates.predict(Rigor::measure, std::chrono::nanoseconds::max()), 0ns);
}

}  // namespace
}  // namespace almanac
