// Which of several plans is kept, and how long it is searched for more: by a clock that only the runners move.

#include "repeated_search.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace almanac::wrap {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// Runners that take what they are said to.
class Track {
 public:
  explicit Track(std::vector<nanoseconds> takes) : takes_(std::move(takes)), runs_(takes_.size()) {}

  std::size_t fastest(nanoseconds budget) {
    return fastest_of(takes_.size(), [this](std::size_t runner) { run(runner); }, [this] { return now_; }, budget);
  }

  std::vector<nanoseconds> takes_;
  std::vector<int> runs_;
  nanoseconds now_{12345};
  int disturbed_from_ = 0, disturbed_to_ = 0;   ///< which runs take as much more as the disturbance lasts
  nanoseconds disturbance_{40ms};

 private:
  void run(std::size_t runner) {
    int runs = 0;
    for (const int each : runs_) runs += each;
    now_ += takes_[runner] + (disturbed_from_ <= runs && runs < disturbed_to_ ? disturbance_ : 0ns);
    ++runs_[runner];
  }
};

TEST(FastestOf, IsTheOneThatTakesLeast) {
  EXPECT_EQ(Track({14ms, 12ms, 13ms}).fastest(500ms), 1U);
  EXPECT_EQ(Track({14ms, 15ms, 13ms}).fastest(500ms), 2U);
  EXPECT_EQ(Track({11ms}).fastest(500ms), 0U);
  EXPECT_EQ(Track({12ms, 12ms}).fastest(500ms), 0U);
}

TEST(FastestOf, IsNotDecidedByADisturbance) {
  Track at_first({13ms, 12ms, 14ms});
  at_first.disturbed_to_ = 2;     // the two that are faster than the third
  EXPECT_EQ(at_first.fastest(0ms), 1U);
  Track at_last({13ms, 12ms, 14ms});
  at_last.disturbed_from_ = 3 * (kLeastRounds - 1) + 1;
  at_last.disturbed_to_ = at_last.disturbed_from_ + 1;
  EXPECT_EQ(at_last.fastest(0ms), 1U);
}

TEST(FastestOf, RunsInTurnsUntilTheTimeIsOver) {
  Track track({10ms, 20ms});
  track.fastest(290ms);         // a round takes 30 ms
  EXPECT_EQ(track.runs_, (std::vector<int>{10, 10}));
  Track large({10s, 20s});
  large.fastest(1s);
  EXPECT_EQ(large.runs_, (std::vector<int>{kLeastRounds, kLeastRounds}));
}

TEST(FastestOf, RunsWhatIsShortManyTimesBetweenTwoLooksAtTheClock) {
  Track track({100ns, 90ns});
  EXPECT_EQ(track.fastest(0ms), 1U);
  EXPECT_GT(track.runs_[1], 2 * 20'000 / 100);   // in the two rounds after the first, each some 20 µs long
}

TEST(FastestOf, TakesRunnersThatTakeNoTime) {
  EXPECT_EQ(Track({0ns, 0ns}).fastest(0ms), 0U);
}

TEST(RepeatedSearch, EndsWithAFewSearchesAndBeforeItTakesLong) {
  EXPECT_TRUE(is_worth_another(1, 5ms, 0s));
  EXPECT_TRUE(is_worth_another(kMostSearches - 1, 20ms, 0s));
  EXPECT_FALSE(is_worth_another(kMostSearches, 25ms, 0s));
  EXPECT_TRUE(is_worth_another(1, 2s, 0s));       // a second one ends at 4 s
  EXPECT_FALSE(is_worth_another(1, 2001ms, 0s));
  EXPECT_TRUE(is_worth_another(3, 3s, 0s));
  EXPECT_FALSE(is_worth_another(3, 3100ms, 0s));
  EXPECT_FALSE(is_worth_another(1, std::chrono::hours(100), 0s));
}

TEST(RepeatedSearch, TakesAProcessThatPlansALotNotMuchLonger) {
  EXPECT_TRUE(is_worth_another(1, 1s, kLongestRepeating - 1s));
  EXPECT_FALSE(is_worth_another(1, 1s, kLongestRepeating - 999ms));
  EXPECT_FALSE(is_worth_another(1, 1ms, kLongestRepeating));
}

}  // namespace
}  // namespace almanac::wrap
