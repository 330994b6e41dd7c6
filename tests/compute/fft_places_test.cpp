#include "placed_arrays.hpp"
#include "zero_sum.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <string_view>
#include <vector>

// What check says of strides, against a list of all the places there are.

namespace almanac::compute {
namespace {

using enum Transform;

bool is_accepted(const FftProblem& problem) {
  try {
    check(problem);
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), "strides") << error.what();
    return false;
  }
  return true;
}

bool are_different(const std::vector<std::size_t>& places) {
  return std::set<std::size_t>(places.begin(), places.end()).size() == places.size();
}

// Whether no row of r2c or c2r in place touches a Real that another one has.
bool rows_are_apart(const FftProblem& problem) {
  const bool real_output = problem.transform[0] == c2r;
  const auto real = places(problem, real_output), complex = places(problem, !real_output);
  const auto points = static_cast<std::size_t>(problem.extent.back());
  const std::size_t half = points / 2 + 1;
  std::set<std::size_t> taken;
  for (std::size_t row = 0; row < real.size() / points; ++row) {
    std::set<std::size_t> own;
    for (std::size_t k = 0; k < points; ++k) own.insert(real[row * points + k]);
    for (std::size_t k = 0; k < half; ++k) own.insert({2 * complex[row * half + k], 2 * complex[row * half + k] + 1});
    for (const std::size_t place : own) {
      if (!taken.insert(place).second) return false;
    }
  }
  return true;
}

class SmallStrides {
 public:
  std::int64_t number(std::int64_t low, std::int64_t high) { return std::uniform_int_distribution(low, high)(generator_); }

  /// Two to five loops of a few points, and strides that go into each other often.
  FftProblem problem(Transform kind, bool in_place) {
    FftProblem problem{.transform = kind, .strides = FftStrides{}, .in_place = in_place};
    const bool halves = in_place && kind != c2c;
    const std::int64_t axes = number(1, 2), batches = number(1, 3), widest = number(0, 1) == 0 ? 8 : 40;
    const auto strides = [&](bool free) {
      const std::int64_t one = number(1, widest);
      const std::int64_t other = free ? number(1, widest) : !halves ? one : 2 * one;
      return kind == r2c && !free ? std::pair(other, one) : std::pair(one, other);
    };
    for (std::int64_t axis = 0; axis < axes; ++axis) {
      problem.extent.push_back(number(1, 7));
      const auto [input, output] = strides(!in_place || (halves && axis + 1 == axes));
      problem.strides->axes.push_back({input, output});
    }
    for (std::int64_t i = 0; i < batches; ++i) {
      const auto [input, output] = strides(!in_place);
      problem.strides->batches.push_back({number(1, 4), input, output});
    }
    return problem;
  }

 private:
  std::mt19937 generator_{12};
};

TEST(FftPlaces, AreRefusedExactlyWhereTwoElementsHaveOne) {
  SmallStrides small;
  int accepted = 0;
  for (int repetition = 0; repetition < 6000; ++repetition) {
    const FftProblem problem = small.problem(c2c, false);
    const bool expected = are_different(places(problem, false)) && are_different(places(problem, true));
    ASSERT_EQ(is_accepted(problem), expected) << repetition;
    accepted += expected ? 1 : 0;
  }
  EXPECT_GT(accepted, 600);
}

TEST(FftPlaces, InPlaceAreRefusedExactlyWhereRowsMeet) {
  SmallStrides small;
  int accepted = 0, only_rows_meet = 0;
  for (int repetition = 0; repetition < 12000; ++repetition) {
    const FftProblem problem = small.problem(repetition % 2 == 0 ? r2c : c2r, true);
    const bool sides = are_different(places(problem, false)) && are_different(places(problem, true));
    const bool expected = sides && rows_are_apart(problem);
    ASSERT_EQ(is_accepted(problem), expected) << repetition;
    accepted += expected ? 1 : 0;
    only_rows_meet += sides && !expected ? 1 : 0;
  }
  EXPECT_GT(accepted, 600);
  EXPECT_GT(only_rows_meet, 200);
}

// Leaves this process so many bytes of address space beyond what it has.
class LittleMemory {
 public:
  explicit LittleMemory(std::size_t bytes) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    getrlimit(RLIMIT_AS, &before_);
    rlimit little = before_;
    little.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + bytes;
    setrlimit(RLIMIT_AS, &little);
  }
  ~LittleMemory() { setrlimit(RLIMIT_AS, &before_); }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;

 private:
  rlimit before_{};
};

TEST(FftPlaces, AreCheckedWithoutMemoryForThem) {
  const LittleMemory limit(std::size_t{8} << 20);
  constexpr std::int64_t kPoints = std::int64_t{1} << 22;
  const auto in_place = [](std::int64_t real, std::int64_t complex, FftStrides::Batch rows) {
    return FftProblem{.extent = {kPoints}, .transform = r2c, .strides = {{{{real, complex}}, {rows}}}, .in_place = true};
  };
  EXPECT_TRUE(is_accepted(in_place(1, 1, {2, kPoints + 2, kPoints / 2 + 1})));
  EXPECT_TRUE(is_accepted(in_place(8, 4, {4, 2, 1})));     // rows of complex numbers, interleaved
  EXPECT_FALSE(is_accepted(in_place(8, 4, {5, 2, 1})));
  // Not nested: a row ends behind where the next one begins.
  const auto across = [](std::int64_t rows) {
    return FftProblem{.extent = {12289}, .transform = dct2, .strides = {{{{12289, 12289}}, {{rows, 12288, 12288}}}}, .in_place = true};
  };
  EXPECT_TRUE(is_accepted(across(12289)));
  EXPECT_FALSE(is_accepted(across(12290)));
}

// Strides that are all alike long, as no program has them: nearly all their sums are to be tried, and no two are equal.
std::vector<std::int64_t> stubborn_strides(std::size_t count) {
  std::mt19937 generator(2);
  std::vector<std::int64_t> strides;
  for (std::size_t i = 0; i < count; ++i) strides.push_back((1 << 22) + static_cast<std::int64_t>(generator() % (1U << 20)));
  return strides;
}

FftProblem stubborn_problem(std::size_t batches) {
  FftProblem problem{.extent = {1}, .transform = dct2, .strides = {{{{1, 1}}, {}}}, .in_place = true};
  for (const std::int64_t stride : stubborn_strides(batches)) problem.strides->batches.push_back({2, stride, stride});
  return problem;
}

TEST(FftPlaces, AreNotSaidToMeetOrNotWhereTheStepsAreUsedUp) {
  std::vector<ZeroSumTerm> terms;
  for (const std::int64_t stride : stubborn_strides(12)) terms.push_back({stride, terms.empty() ? 1 : -1, 1});
  std::int64_t few = 50, many = 1 << 20;
  EXPECT_EQ(can_be_zero(terms, few), std::nullopt);
  EXPECT_EQ(can_be_zero(terms, many), false);
  EXPECT_LT(many, (1 << 20) - 5000) << "a search that is long";
  std::int64_t exactly = (1 << 20) - many, too_few = exactly - 1;
  EXPECT_EQ(can_be_zero(terms, exactly), false);
  EXPECT_EQ(can_be_zero(terms, too_few), std::nullopt);
}

TEST(FftPlaces, AreRefusedWhereItTakesTooLongToTell) {
  EXPECT_TRUE(is_accepted(stubborn_problem(12))) << "it takes long, but not too long";
  try {
    check(stubborn_problem(15));
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), "strides");
    EXPECT_NE(std::string_view(error.what()).find("takes too long to tell"), std::string_view::npos) << error.what();
  }
}

}  // namespace
}  // namespace almanac::compute
