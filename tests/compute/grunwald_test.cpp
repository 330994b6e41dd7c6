#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>
#include <almanac/compute/simd.hpp>

#include "grunwald_error.hpp"

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

// The bound derived in grunwald_kernel.hpp. Where a weight is an integer below 2^53 it leaves no error at all.
constexpr double kBound = 0.8;

std::vector<double> weights(double alpha, std::uint64_t first, std::size_t count, int threads = 1) {
  std::vector<double> out(count, std::nan(""));
  grunwald_weights(alpha, first, out, threads);
  return out;
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

nlohmann::json golden(const std::string& name) {
  std::ifstream file(std::string(ALMANAC_DATA_FOLDER) + "/golden/" + name);
  EXPECT_TRUE(file) << name;
  return nlohmann::json::parse(file);
}

/// Lets Highway choose among the given instruction sets only, until the end of the scope.
class OnlyTarget {
 public:
  explicit OnlyTarget(std::int64_t target) { choose(target); }
  ~OnlyTarget() { choose(0); }
  OnlyTarget(const OnlyTarget&) = delete;
  OnlyTarget& operator=(const OnlyTarget&) = delete;

 private:
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

std::vector<std::int64_t> available_targets() {
  std::vector<std::int64_t> targets;
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
    targets.push_back(left & -left);
  }
  return targets;
}

TEST(GrunwaldWeights, BeginWithTheBinomialCoefficients) {
  EXPECT_EQ(weights(0.5, 0, 5), (std::vector<double>{1, -0.5, -0.125, -0.0625, -0.0390625}));
  EXPECT_EQ(weights(1.5, 0, 4), (std::vector<double>{1, -1.5, 0.375, 0.0625}));
}

TEST(GrunwaldWeights, OfAWholeOrderAreAFiniteDifference) {
  const std::vector<std::vector<double>> rows = {{1}, {1, -1}, {1, -2, 1}, {1, -3, 3, -1}, {1, -4, 6, -4, 1}};
  for (std::size_t order = 0; order < rows.size(); ++order) {
    auto expected = rows[order];
    expected.resize(5000, 0.0);
    // Bits, not values: beyond the difference the weights are +0.
    EXPECT_TRUE(same_bits(weights(static_cast<double>(order), 0, 5000), expected)) << order;
    EXPECT_TRUE(same_bits(weights(static_cast<double>(order), 3, 4997), std::span(expected).subspan(3))) << order;
    EXPECT_TRUE(same_bits(weights(static_cast<double>(order), 99'999'000, 1001), std::vector<double>(1001, 0.0))) << order;
  }
  EXPECT_TRUE(same_bits(weights(-0.0, 0, 3), std::vector<double>{1, 0, 0}));
}

TEST(GrunwaldWeights, OfOrderMinusOneAreOnesAndOfMinusTwoTheIntegers) {
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{99'000'000}}) {
    const auto ones = weights(-1.0, first, 1'000'001), ramp = weights(-2.0, first, 1'000'001);
    for (std::size_t i = 0; i < ones.size(); ++i) {
      ASSERT_EQ(ones[i], 1.0) << first + i;
      ASSERT_EQ(ramp[i], static_cast<double>(first + i + 1)) << first + i;
    }
  }
}

TEST(GrunwaldWeights, OfASubnormalOrderAreMinusAlphaOverK) {
  const double least = std::numeric_limits<double>::denorm_min();
  EXPECT_TRUE(same_bits(weights(least, 0, 4), std::vector<double>{1, -least, -0.0 + 0.0, 0.0}));
  EXPECT_EQ(weights(-0x1p-1022, 3, 1)[0], 0x1p-1022 / 3);
}

class GrunwaldTarget : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Highway, GrunwaldTarget, testing::ValuesIn(available_targets()),
                         [](const auto& run) { return std::string(hwy::TargetName(run.param)); });

TEST_P(GrunwaldTarget, IsWithinFourFifthsOfAnUlpOfTheGoldenValues) {
  const OnlyTarget only(GetParam());
  ASSERT_EQ(instruction_set(), hwy::TargetName(GetParam()));
  const auto file = golden("grunwald_weights.json");
  double worst = 0;
  std::size_t compared = 0;
  for (const auto& table : file.at("tables")) {
    const double alpha = std::strtod(table.at("alpha").get<std::string>().c_str(), nullptr);
    for (std::size_t i = 0; i < table.at("k").size(); ++i) {
      const auto k = table.at("k")[i].get<std::uint64_t>();
      const double nearest = std::strtod(table.at("value")[i].get<std::string>().c_str(), nullptr);
      const double rest = table.at("rest")[i].get<double>();
      const double weight = weights(alpha, k, 1)[0];
      // The rest is rounded to 4 decimals; near a power of two it counts in the unit of one side.
      const double error = nearest == 0 && weight == 0 ? std::abs(rest) : std::abs((weight - nearest) / ulp(nearest) - rest);
      ASSERT_LE(error, kBound) << "alpha = " << alpha << ", k = " << k;
      worst = std::max(worst, error);
      ++compared;
    }
  }
  EXPECT_GT(compared, 10'000u);
  RecordProperty("worst_ulp", std::to_string(worst));
}

TEST_P(GrunwaldTarget, GivesTheSameBitsAsEveryOther) {
  // Around the end of the head, in the middle of octaves, and long enough for stores that bypass the caches.
  constexpr std::array<double, 6> kAlphas{0.5, 1.5, -1.7, 3.9, 1 - 1e-10, 1e-20};
  for (const double alpha : kAlphas) {
    const auto expected = weights(alpha, 0, 300'000), far = weights(alpha, 99'990'000, 10'001);
    const OnlyTarget only(GetParam());
    EXPECT_TRUE(same_bits(weights(alpha, 0, 300'000), expected)) << alpha;
    EXPECT_TRUE(same_bits(weights(alpha, 99'990'000, 10'001), far)) << alpha;
  }
}

TEST_P(GrunwaldTarget, GivesTheSameBitsForEveryLengthStartThreadCountAndAlignment) {
  const OnlyTarget only(GetParam());
  constexpr double kAlpha = 1.3;
  constexpr std::size_t kLength = (std::size_t{1} << 22) + 77;  // streamed; its parts are not
  const auto whole = weights(kAlpha, 0, kLength);
  for (const int threads : {2, 3, 64}) {
    ASSERT_TRUE(same_bits(weights(kAlpha, 0, kLength, threads), whole)) << threads;
  }
  std::mt19937_64 draw(7);
  std::vector<double> room(200'100);
  for (int trial = 0; trial < 300; ++trial) {
    // Starts are drawn by magnitude, so that short octaves and their blocks of 16 are met as often as long ones.
    const std::size_t first = draw() % (std::size_t{1} << (draw() % 23));
    const std::size_t longest = std::min<std::size_t>(trial % 10 == 0 ? 200'000 : 100, kLength - first);
    const std::size_t count = draw() % longest + 1, offset = 8 + draw() % 8;
    std::fill(room.begin(), room.end(), 42.0);
    grunwald_weights(kAlpha, first, std::span(room).subspan(offset, count), trial % 2 + 1);
    ASSERT_TRUE(same_bits(std::span(room).subspan(offset, count), std::span(whole).subspan(first, count)))
        << "first = " << first << ", count = " << count << ", offset = " << offset;
    ASSERT_EQ(room[offset - 1], 42.0);
    ASSERT_EQ(room[offset + count], 42.0);
  }
  std::vector<double> shifted(kLength + 1);
  grunwald_weights(kAlpha, 0, std::span(shifted).subspan(1));  // streamed from an address no vector is aligned to
  EXPECT_TRUE(same_bits(std::span(shifted).subspan(1), whole));
}

TEST(GrunwaldWeights, AreWithinFourFifthsOfAnUlpForEveryKUpToTwoMillion) {
  // Rounding bound; the oracle's own error is 2e6 roundings of 2^-113.
  for (const double alpha : {0.1, 0.5, 1.5, 1.9, 3.9, 4 - 0x1p-51, 2.7, 1 - 1e-10, 2 + 0x1p-51, 1e-20, -0.3, -1.0 + 0x1p-53, -1.9}) {
    EXPECT_LE(largest_error(alpha, 2'000'000), kBound) << alpha;
  }
}

TEST(GrunwaldWeights, MatchTheReferenceValuesR01) {
  const auto problem = golden("fractional.json").at("problems")[0];
  ASSERT_EQ(problem.at("id"), "R01-gl-weights");
  for (const auto& [alpha, values] : problem.at("reference_values").items()) {
    for (const auto& [k, value] : values.items()) {
      // 25 digits read into 64 bits: off by at most 2^-11 ulp.
      const long double exact = std::strtold(value.get<std::string>().c_str(), nullptr);
      const double weight = weights(std::stod(alpha), std::stoull(k), 1)[0];
      EXPECT_LE(std::abs(static_cast<double>(weight - exact)) / ulp(weight), kBound + 0x1p-11) << alpha << ", k = " << k;
    }
  }
}

TEST(GrunwaldWeights, SumToTheReferenceValuesR02) {
  const auto problem = golden("fractional.json").at("problems")[1];
  ASSERT_EQ(problem.at("id"), "R02-gl-discrete-identities");
  constexpr std::size_t kLast = 1'000'000;
  for (const auto& [name, values] : problem.at("reference_values").items()) {
    const auto w = weights(std::stod(name), 0, kLast + 1);
    Quad sum = 0, moment = 0, damped = 0, sum_error = 0, moment_error = 0, damped_error = 0;
    for (std::size_t k = 0; k <= kLast; ++k) {
      const Quad weight = w[k], left = static_cast<double>(kLast - k);
      const Quad decay = std::exp(-static_cast<long double>(k) / 1000.0L);  // exp(-1000) beyond the last: nothing
      // w_0 = 1 and w_1 = -alpha are exact, every other weight is off by at most kBound ulp of 2^-52 of it, and the
      // exponential of an argument up to 1000, rounded to 64 bits, by 1000 2^-64 and an ulp.
      const Quad error = k < 2 ? Quad(0) : Quad(kBound * ulp(w[k]));
      sum += weight;
      moment += left * weight;
      damped += decay * weight;
      sum_error += error;
      moment_error += left * error;
      damped_error += decay * error + decay * std::abs(w[k]) * Quad((static_cast<double>(k) / 1000 + 2) * 0x1p-64);
    }
    const auto check = [&](const char* identity, Quad value, Quad error) {
      const long double exact = std::strtold(values.at(identity).get<std::string>().c_str(), nullptr);
      // The reference itself is read with 64 bits.
      EXPECT_LE(std::abs(static_cast<double>(value - Quad(exact))), static_cast<double>(error) + 0x1p-64 * std::abs(exact))
          << name << ": " << identity;
    };
    check("sum_{k<=n} w_k = (-1)^n binom(alpha-1,n), n=1e6", sum, sum_error);
    check("sum_{k<=n} (n-k) w_k, n=1e6", moment, moment_error);
    check("sum_{k>=0} w_k exp(-k/1000) = (1-exp(-1/1000))^alpha", damped, damped_error);
  }
}

TEST(GrunwaldWeights, AgreeWithTheObviousRecurrence) {
  std::vector<double> plain(10'000);
  for (const double alpha : {-1.5, 0.5, 1.5, 2.7}) {
    grunwald_recurrence(alpha, plain);
    const auto fast = weights(alpha, 0, plain.size());
    double tolerance = 0x1p-52;  // the fast weight's ulp
    for (std::size_t k = 1; k < plain.size(); ++k) {
      // A factor (k-1-alpha)/k = 1 - (alpha+1)/k: the sum alpha+1 and the quotient are each off by 2^-53 of them, so the factor
      // by 2 2^-53 |alpha+1|/k, relative to it 2 2^-53 |alpha+1|/|k-1-alpha|; the difference and the product add 2^-53 each.
      // 1.01: products of errors.
      const double distance = std::abs(static_cast<double>(k) - 1 - alpha);
      tolerance += 1.01 * 0x1p-52 * (1 + std::abs(alpha + 1) / distance);
      ASSERT_LE(std::abs(plain[k] - fast[k]), tolerance * std::abs(fast[k])) << "alpha = " << alpha << ", k = " << k;
    }
  }
}

TEST(GrunwaldWeights, RefuseAnOrderOutsideTheirRange) {
  std::vector<double> out(3, 42.0);
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double alpha : {std::nan(""), infinity, -infinity, std::nextafter(-2.0, -3.0), std::nextafter(4.0, 5.0), 1e308}) {
    try {
      grunwald_weights(alpha, 0, out);
      ADD_FAILURE() << alpha;
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.parameter(), "alpha");
      EXPECT_EQ(error.range(), "lie in [-2, 4]");
    }
  }
  EXPECT_EQ(out, std::vector<double>(3, 42.0));
  try {
    grunwald_weights(7, 0, out);
  } catch (const ArgumentError& error) {
    EXPECT_STREQ(error.what(), "alpha = 7: must lie in [-2, 4]");
  }
}

TEST(GrunwaldWeights, RefuseIndicesBeyondTheLast) {
  std::vector<double> out(2);
  EXPECT_NO_THROW(grunwald_weights(0.5, kMaxGrunwaldIndex - 1, out));
  EXPECT_THROW(grunwald_weights(0.5, kMaxGrunwaldIndex, out), ArgumentError);
  EXPECT_THROW(grunwald_weights(0.5, kMaxGrunwaldIndex + 1, std::span<double>{}), ArgumentError);
  EXPECT_THROW(grunwald_weights(0.5, std::numeric_limits<std::uint64_t>::max(), out), ArgumentError);
}

TEST(GrunwaldWeights, RefuseFewerThanOneThread) {
  std::vector<double> out(2);
  EXPECT_THROW(grunwald_weights(0.5, 0, out, 0), ArgumentError);
  EXPECT_THROW(grunwald_weights(0.5, 0, out, -1), ArgumentError);
}

TEST(GrunwaldWeights, GiveNothingForAnEmptySpan) {
  EXPECT_NO_THROW(grunwald_weights(0.5, 0, std::span<double>{}));
  EXPECT_NO_THROW(grunwald_weights(2.0, 10, std::span<double>{}));
}

TEST(InstructionSet, IsTheOneHighwayChooses) {
  const auto targets = available_targets();
  hwy::GetChosenTarget().DeInit();
  EXPECT_EQ(instruction_set(), hwy::TargetName(targets.front())) << "before it was asked";
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_EQ(instruction_set(), hwy::TargetName(targets.front())) << "and behind it";
}

}  // namespace
}  // namespace almanac::compute
