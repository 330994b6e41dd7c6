#include <almanac/compute/error.hpp>
#include <almanac/compute/starting_weights.hpp>

#include "quadrature_golden.hpp"

#include <functional>

namespace almanac::compute {
namespace {

TEST(StartingWeights, AreWithinTheirErrorOfTheGoldenValues) {
  // Golden values are doubles with the rest, so exact to 2^-66 of themselves; `error` is relative to the largest of the row.
  const nlohmann::json tables = golden_file("starting_weights.json").at("tables");
  ASSERT_EQ(tables.size(), 15u);
  double worst = 0, worst_double = 0;
  for (const auto& table : tables) {
    const auto rule = parse_quadrature_rule(table.at("rule").get<std::string>());
    ASSERT_TRUE(rule);
    const auto exponents = exact_doubles(table.at("exponents")), expected = exact_doubles(table.at("value"));
    const auto rows = table.at("n").get<std::vector<std::uint64_t>>();
    const auto starting = starting_weights(*rule, exact_double(table.at("alpha")), exponents, rows.back(), 2);
    ASSERT_EQ(starting.weights.size(), rows.back() * exponents.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      double largest = 0, error = 0;
      for (std::size_t j = 0; j < exponents.size(); ++j) {
        const double value = expected[r * exponents.size() + j];
        largest = std::max(largest, std::abs(value));
        error = larger(std::abs(starting.weights[(rows[r] - 1) * exponents.size() + j] - value), error);
      }
      largest = std::max(largest, 0x1p-40);  // omega_0 is 1 or more where rows vanish
      // The bound is far off what is seen, and would not notice a term too few: 24 units, and 2 but for the close exponents.
      const double seen = starting.condition > 1e10 ? 24 : 2;
      EXPECT_LE(error / largest, std::min(starting.error, 0x1p-53 * seen) + 0x1p-53)
          << table.at("rule") << table.at("alpha") << ", n = " << rows[r];
      worst = larger(error / largest / starting.error, worst);
      worst_double = larger(error / largest, worst_double);
    }
  }
  RecordProperty("worst_of_bound", std::to_string(worst));
  RecordProperty("worst_in_2^-53", std::to_string(std::ldexp(worst_double, 53)));
}

TEST(StartingWeights, MakeTheirPowersExact) {
  // Σ omega_{n-k} k^gamma + Σ w_{n,j} node_j^gamma = Gamma(gamma+1) / Gamma(gamma-alpha+1) n^(gamma-alpha). The sums round by
  // n + s + 4 units of their terms, the gammas of the C library by some ulp, starting weights by their error beside the largest.
  const struct {
    QuadratureRule rule;
    double alpha;
  } cases[] = {{QuadratureRule::bdf1, 0.3},         {QuadratureRule::bdf2, 0.5},
               {QuadratureRule::bdf3, -0.4},        {QuadratureRule::bdf4, 0.75},
               {QuadratureRule::bdf5, 0.5},         {QuadratureRule::bdf6, -0.5},
               {QuadratureRule::trapezoidal, -0.6}, {QuadratureRule::newton_gregory, -0.5},
               {QuadratureRule::bdf2, 1.5}};
  for (const auto& [rule, alpha] : cases) {
    const auto exponents = starting_exponents(alpha, quadrature_order(rule) - 1);
    const std::size_t count = exponents.size();
    const auto starting = starting_weights(rule, alpha, exponents, 700);
    std::vector<double> omega(701);
    quadrature_weights(rule, alpha, 0, omega);
    for (const std::size_t n : {1, 2, 9, 127, 128, 201, 202, 399, 400, 700})
      for (const double gamma : exponents) {
        const auto power = [gamma](std::size_t k) { return std::pow(static_cast<double>(k), gamma); };  // 0^0 = 1
        const double exact = std::tgamma(gamma + 1) / std::tgamma(gamma - alpha + 1) * std::pow(n, gamma - alpha);
        double sum = 0, size = std::abs(exact), start_size = 0;
        for (std::size_t k = 0; k <= n; ++k) {
          sum += omega[n - k] * power(k);
          size += std::abs(omega[n - k] * power(k));
        }
        for (std::size_t j = 0; j < count; ++j) {
          const double term = starting.weights[(n - 1) * count + j] * power(j + static_cast<std::size_t>(starting.first_node));
          sum += term;
          size += std::abs(term);
          for (std::size_t i = 0; i < count; ++i)
            start_size = std::max(start_size, std::abs(starting.weights[(n - 1) * count + i]) * power(j + 1));
        }
        EXPECT_NEAR(
            sum, exact,
            0x1p-53 * static_cast<double>(n + count + 20) * size + static_cast<double>(count) * starting.error * start_size)
            << to_string(rule) << ", alpha = " << alpha << ", n = " << n << ", gamma = " << gamma;
      }
  }
}

TEST(StartingWeights, OfAWholeOrderVanishWhereTheDifferenceIsExact) {
  // Backward differences of order p are exact for powers up to p, from n = p on.
  const std::vector<double> exponents{0, 1, 2};
  const auto starting = starting_weights(QuadratureRule::bdf3, 1.0, exponents, 400);
  for (std::size_t n = 3; n <= 400; ++n)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_NEAR(starting.weights[(n - 1) * 3 + j], 0.0, 1e-20) << n;  // 400² 2^-112, the sums' own rounding
}

TEST(StartingWeights, SayWhatPrecisionTheyLost) {
  const auto few = starting_weights(QuadratureRule::bdf2, 0.5, starting_exponents(0.5, 1), 200);
  EXPECT_LT(few.condition, 100);
  EXPECT_LE(few.error, 0x1p-52);
  EXPECT_EQ(few.first_node, 0);
  const auto many = starting_weights(QuadratureRule::bdf2, 0.1, starting_exponents(0.1, 1), 200);
  EXPECT_GT(many.condition, 1e14);
  EXPECT_GT(many.digits_lost, few.digits_lost + 5);
  EXPECT_GT(many.error, 0x1p-53);
  // 0.3333333 leaves 1 and 3 alpha 1e-7 apart
  const std::vector<double> close{0, 0.3333333, 0.6666666, 0.9999999, 1};
  EXPECT_GT(starting_weights(QuadratureRule::bdf2, 0.3333333, close, 10).condition, 1e8);
}

TEST(StartingWeights, HaveTheSameBitsForEveryNumberOfStepsAndThreads) {
  const auto exponents = starting_exponents(0.4, 2);
  const auto whole = starting_weights(QuadratureRule::bdf3, 0.4, exponents, 400);
  for (const std::uint64_t steps : {1, 7, 127, 128, 300}) {
    const auto part = starting_weights(QuadratureRule::bdf3, 0.4, exponents, steps, 3);
    EXPECT_TRUE(std::equal(part.weights.begin(), part.weights.end(), whole.weights.begin())) << steps;
    EXPECT_EQ(part.condition, whole.condition);
  }
}

TEST(StartingWeights, TakeTheExponentsThatSolutionsBeginWith) {
  EXPECT_EQ(starting_exponents(0.5, 1), (std::vector<double>{0, 0.5, 1}));
  EXPECT_EQ(starting_exponents(-0.5, 1), (std::vector<double>{0, 0.5, 1}));
  EXPECT_EQ(starting_exponents(0.75, 2), (std::vector<double>{0, 0.75, 1, 1.5, 1.75, 2}));
  EXPECT_EQ(starting_exponents(1.5, 0), (std::vector<double>{0}));
  EXPECT_EQ(starting_exponents(0.1, 1).size(), 11u);  // 10 times 0.1 is 1
  EXPECT_EQ(starting_exponents(1.0, 5), (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

void expect_starting_refused(const std::string& parameter, const std::string& value, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_EQ(error.value(), value) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(StartingWeights, RefuseWhatIsOutsideTheirRangesByNameValueAndRange) {
  const std::vector<double> plain{0, 0.5, 1};
  const auto call = [](double alpha, std::vector<double> exponents, std::uint64_t steps, int threads) {
    return [=] { (void)starting_weights(QuadratureRule::bdf2, alpha, exponents, steps, threads); };
  };
  expect_starting_refused("alpha", "nan", call(std::nan(""), plain, 10, 1));
  expect_starting_refused("alpha", "-2.5", call(-2.5, plain, 10, 1));
  expect_starting_refused("exponents", "0 values", call(0.5, {}, 10, 1));
  expect_starting_refused("exponents", "65 values", call(0.5, std::vector<double>(65, 1.0), 10, 1));
  expect_starting_refused("exponents[1]", "nan", call(0.5, {0, std::nan("")}, 10, 1));
  expect_starting_refused("exponents[0]", "-0.5", call(0.5, {-0.5, 1}, 10, 1));
  expect_starting_refused("exponents[1]", "16.5", call(0.5, {0, 16.5}, 10, 1));
  expect_starting_refused("exponents[2]", "1", call(0.5, {0, 1, 1}, 10, 1));
  expect_starting_refused("exponents", "51 values", [] {  // spaced by 0.1: quadruple precision cannot tell them apart
    std::vector<double> exponents;
    for (int j = 0; j <= 50; ++j) exponents.push_back(0.1 * j);
    (void)starting_weights(QuadratureRule::bdf6, 0.1, exponents, 10);
  });
  expect_starting_refused("exponents", "21 values",  // a condition of 1e28, and nothing left of the weights
                          call(0.9, starting_exponents(0.9, 5), 600, 2));
  expect_starting_refused("steps", "0", call(0.5, plain, 0, 1));
  expect_starting_refused("steps", "10000001", call(0.5, plain, 10'000'001, 1));
  expect_starting_refused("threads", "0", call(0.5, plain, 10, 0));
  expect_starting_refused("alpha", "0", [] { (void)starting_exponents(0, 1); });
  expect_starting_refused("alpha", "nan", [] { (void)starting_exponents(std::nan(""), 1); });
  expect_starting_refused("last", "-1", [] { (void)starting_exponents(0.5, -1); });
  expect_starting_refused("last", "5", [] { (void)starting_exponents(0.01, 5); });
}

}  // namespace
}  // namespace almanac::compute
