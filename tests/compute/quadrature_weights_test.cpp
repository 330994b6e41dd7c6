#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>

#include "quadrature_golden.hpp"

#include <cstring>
#include <functional>

namespace almanac::compute {
namespace {

constexpr QuadratureRule kQuadratureRules[] = {QuadratureRule::bdf1,        QuadratureRule::bdf2,          QuadratureRule::bdf3,
                                               QuadratureRule::bdf4,        QuadratureRule::bdf5,          QuadratureRule::bdf6,
                                               QuadratureRule::trapezoidal, QuadratureRule::newton_gregory};

std::vector<double> quadrature_table(QuadratureRule rule, double alpha, std::uint64_t first, std::size_t count,
                                     int threads = 1) {
  std::vector<double> out(count, std::nan(""));
  quadrature_weights(rule, alpha, first, out, threads);
  return out;
}

bool same_table(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

TEST(ConvolutionQuadrature, AreWithinTwoUlpOfTheGoldenValues) {
  // From 512 on the bound is derived in convolution_quadrature.cpp. Before, half an ulp and what quadruple precision leaves:
  // where BDF5 and BDF6 change sign a weight may be 1e-4 of its neighbours, far from 2^-95 of them. The rest has 4 decimals.
  const nlohmann::json tables = golden_file("quadrature_weights.json").at("quadrature");
  double worst_head = 0, worst_tail = 0;
  for (const auto& table : tables) {
    const auto rule = parse_quadrature_rule(table.at("rule").get<std::string>());
    ASSERT_TRUE(rule);
    const double alpha = exact_double(table.at("alpha"));
    const auto head = quadrature_table(*rule, alpha, 0, 512);
    for (std::size_t i = 0; i < table.at("k").size(); ++i) {
      const auto k = table.at("k")[i].get<std::uint64_t>();
      const double weight = k < 512 ? head[k] : quadrature_table(*rule, alpha, k, 1)[0];
      const double error = golden_error(table, i, weight);
      EXPECT_LE(error, k < 512 ? 0.501 : 2.0) << to_string(*rule) << ", alpha = " << alpha << ", n = " << k;
      double& worst = k < 512 ? worst_head : worst_tail;
      worst = larger(error, worst);
    }
  }
  RecordProperty("worst_ulp_head", std::to_string(worst_head));
  RecordProperty("worst_ulp_tail", std::to_string(worst_tail));
  EXPECT_EQ(tables.size(), 7u * 30u);
}

TEST(ConvolutionQuadrature, AgreesWithTheWeightsOfR03) {
  // alpha is the exact decimal there and the nearest double here: 0.8 is off by 2^-54.2, which w_n feels log n times, and log
  // 2.45 at 0. 0.5 is exact.
  const nlohmann::json problem = golden_problem("R03-bdf-cq-weights");
  for (const auto& [key, values] : problem.items()) {
    const auto rule = parse_quadrature_rule("bdf" + std::to_string(static_cast<int>(number_in(key, "p"))));
    const double alpha = number_in(key, "alpha");
    for (const auto& [index, text] : values.items()) {
      const std::uint64_t n = std::stoull(index);
      const double expected = std::stod(text.get<std::string>());
      const double ulps = alpha == 0.5 ? 2.5 : 4 + 2 * std::log(static_cast<double>(n) + 3);
      EXPECT_NEAR(quadrature_table(*rule, alpha, n, 1)[0], expected, ulps * golden_ulp(expected)) << key << ", n = " << n;
    }
  }
}

TEST(ConvolutionQuadrature, OfOrderOneIsGrunwaldLetnikov) {
  std::vector<double> grunwald(3000);
  for (const double alpha : {-0.7, 0.5, 1.0, 1.9}) {
    grunwald_weights(alpha, 0, grunwald);
    EXPECT_TRUE(same_table(quadrature_table(QuadratureRule::bdf1, alpha, 0, 3000), grunwald));
  }
}

TEST(ConvolutionQuadrature, OfAWholeOrderIsAFiniteDifference) {
  const auto expect_prefix = [](QuadratureRule rule, double alpha, std::vector<double> prefix) {
    prefix.resize(2000, 0.0);
    EXPECT_TRUE(same_table(quadrature_table(rule, alpha, 0, 2000), prefix)) << to_string(rule) << " " << alpha;
  };
  for (const QuadratureRule rule : kQuadratureRules) expect_prefix(rule, 0.0, {1.0});
  expect_prefix(QuadratureRule::bdf2, 1.0, {1.5, -2.0, 0.5});
  expect_prefix(QuadratureRule::bdf3, 1.0, {11.0 / 6, -3.0, 1.5, -1.0 / 3});
  expect_prefix(QuadratureRule::bdf6, 1.0, {2.45, -6.0, 7.5, -20.0 / 3, 3.75, -1.2, 1.0 / 6});
  expect_prefix(QuadratureRule::bdf2, 2.0, {2.25, -6.0, 5.5, -2.0, 0.25});
  expect_prefix(QuadratureRule::newton_gregory, 1.0, {1.5, -2.0, 0.5});
  const auto signs = quadrature_table(QuadratureRule::trapezoidal, 1.0, 0, 1000);  // 2 - 4 z + 4 z² - …
  for (std::size_t n = 1; n < signs.size(); ++n) EXPECT_EQ(signs[n], n % 2 == 0 ? 4.0 : -4.0);
}

TEST(ConvolutionQuadrature, AgreesWithItsRecurrenceForEveryIndexToAMillion) {
  // Miller's recurrence in quadruple precision, which loses about 25 n 2^-113 here, from omega_0 = 1: the rounding of omega_0,
  // one ulp at most of any other weight, comes on top of the 2.
  __extension__ typedef __float128 Quad;
  const int polynomial[] = {147, -360, 450, -400, 225, -72, 10};
  const double alpha = 0.8;
  const auto table = quadrature_table(QuadratureRule::bdf6, alpha, 0, 1'000'001);
  Quad recent[6] = {table[0]};  // of n-1, n-2 …
  double worst = 0;
  for (int n = 1; n <= 1'000'000; ++n) {
    Quad next = 0;
    for (int k = 1; k <= 6; ++k) next += (k * Quad(alpha) + (k - n)) * (polynomial[k] * recent[k - 1]);
    next = next / (147 * n);
    std::copy_backward(recent, recent + 5, recent + 6);
    recent[0] = next;
    const double error = std::abs(static_cast<double>(table[static_cast<std::size_t>(n)] - next));
    worst = larger(error / golden_ulp(static_cast<double>(next)), worst);
  }
  EXPECT_LE(worst, 3.0);
}

TEST(ConvolutionQuadrature, OfOppositeOrdersAreInverses) {
  // delta^alpha delta^-alpha = 1: (omega^alpha * omega^-alpha)_n = 0 for n > 0. Each product is off by 2 + 2 ulp and one
  // rounding, each sum by one for every addition; trapezoidal weights do not decay, the sum says by how much.
  for (const QuadratureRule rule : kQuadratureRules) {
    if (rule == QuadratureRule::newton_gregory) continue;  // delta depends on alpha there
    for (const double alpha : {0.3, 0.5, 1.0, 1.7, 2.0}) {
      const auto up = quadrature_table(rule, alpha, 0, 1000), down = quadrature_table(rule, -alpha, 0, 1000);
      for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{400}, std::size_t{999}}) {
        double sum = 0, size = 0;
        for (std::size_t k = 0; k <= n; ++k) {
          sum += up[k] * down[n - k];
          size += std::abs(up[k] * down[n - k]);
        }
        EXPECT_NEAR(sum, n == 0 ? 1.0 : 0.0, 0x1p-53 * (static_cast<double>(n) + 10) * size) << to_string(rule) << alpha;
      }
    }
  }
}

TEST(ConvolutionQuadrature, SumsToZeroForDerivativesAndHasItsSigns) {
  // delta(1) = 0: Σ_{k<=n} omega_k is the tail, (n + shift)^-alpha / Gamma(1-alpha) (1 + O(1/n²)). For 0 < alpha < 1 every
  // weight from some n on is negative; with bdf1 and bdf2 each behind the first.
  for (const QuadratureRule rule : kQuadratureRules) {
    if (rule == QuadratureRule::trapezoidal) continue;  // its weights alternate
    for (const double alpha : {0.2, 0.5, 0.9}) {
      const auto table = quadrature_table(rule, alpha, 0, 4000);
      double sum = 0;
      for (const double weight : table) sum += weight;
      const double shift = rule == QuadratureRule::bdf1 ? (1 - alpha) / 2 : 0.5;  // of order 1 and 2
      const double tail = std::pow(3999 + shift, -alpha) / std::tgamma(1 - alpha);
      EXPECT_NEAR(sum / tail, 1.0, 1e-5) << to_string(rule) << " " << alpha;
      for (std::size_t n = 60; n < table.size(); ++n) ASSERT_LT(table[n], 0) << to_string(rule) << " " << alpha << " " << n;
      for (std::size_t n = 1; n < 60 && rule == QuadratureRule::bdf1; ++n) ASSERT_LT(table[n], 0);
    }
  }
}

TEST(ConvolutionQuadrature, HasTheSameBitsForEveryFirstLengthAndThreadCount) {
  for (const QuadratureRule rule : kQuadratureRules)
    for (const double alpha : {-1.2, 0.6, 1.0, 2.3}) {
      const auto whole = quadrature_table(rule, alpha, 0, 5000);
      for (const std::uint64_t first : {0, 1, 6, 30, 511, 512, 513, 4990})
        for (const std::size_t count : {0, 1, 2, 9, 700}) {
          const std::size_t length = std::min<std::size_t>(count, 5000 - first);
          EXPECT_TRUE(same_table(quadrature_table(rule, alpha, first, length), std::span(whole).subspan(first, length)))
              << to_string(rule) << " " << alpha << " " << first << " " << length;
        }
    }
  const auto one = quadrature_table(QuadratureRule::bdf4, 0.4, 3, 300'000);
  for (const int threads : {2, 3, 16})
    EXPECT_TRUE(same_table(quadrature_table(QuadratureRule::bdf4, 0.4, 3, 300'000, threads), one));
}

TEST(ConvolutionQuadrature, NamesItsRules) {
  for (const QuadratureRule rule : kQuadratureRules) EXPECT_EQ(parse_quadrature_rule(to_string(rule)), rule);
  EXPECT_EQ(parse_quadrature_rule("bdf7"), std::nullopt);
  EXPECT_EQ(to_string(static_cast<QuadratureRule>(99)), "unknown");
  EXPECT_EQ(quadrature_order(QuadratureRule::bdf6), 6);
  EXPECT_EQ(quadrature_order(QuadratureRule::trapezoidal), 2);
}

void expect_quadrature_refused(const std::string& parameter, const std::string& value, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_EQ(error.value(), value) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(ConvolutionQuadrature, RefusesWhatIsOutsideItsRangesByNameValueAndRange) {
  std::vector<double> out(2, 7.0);
  const auto call = [&](QuadratureRule rule, double alpha, std::uint64_t first, int threads) {
    return [=, &out] { quadrature_weights(rule, alpha, first, out, threads); };
  };
  expect_quadrature_refused("alpha", "-2.5", call(QuadratureRule::bdf2, -2.5, 0, 1));
  expect_quadrature_refused("alpha", "4.5", call(QuadratureRule::bdf2, 4.5, 0, 1));
  expect_quadrature_refused("alpha", "nan", call(QuadratureRule::trapezoidal, std::nan(""), 0, 1));
  expect_quadrature_refused("first", "100000001", call(QuadratureRule::bdf3, 0.5, 100'000'001, 1));
  expect_quadrature_refused("out.size()", "2", call(QuadratureRule::bdf3, 0.5, 100'000'000, 1));
  expect_quadrature_refused("first", "10000001", call(QuadratureRule::trapezoidal, 0.5, 10'000'001, 1));
  expect_quadrature_refused("out.size()", "2", call(QuadratureRule::trapezoidal, 0.5, 10'000'000, 1));
  expect_quadrature_refused("threads", "0", call(QuadratureRule::bdf2, 0.5, 0, 0));
  expect_quadrature_refused("rule", "99", call(static_cast<QuadratureRule>(99), 0.5, 0, 1));
  EXPECT_EQ(out, (std::vector<double>{7.0, 7.0}));
}

TEST(QuadratureCorrections, SatisfyTheirConditions) {
  // zeta(-j) = -B_(j+1) / (j+1); the sums have 5 terms of at most 5^4 times a rounding of 2^-53.
  const double zeta[] = {-1.0 / 2, -1.0 / 12, 0, 1.0 / 120, 0};
  const double factorial[] = {1, 1, 2, 6, 24};
  for (int p = 2; p <= 6; ++p)
    for (int m = 0; m <= p - 2; ++m) {
      const auto row = initial_corrections(kQuadratureRules[p - 1], m);
      ASSERT_EQ(row.size(), static_cast<std::size_t>(p - 1));
      for (int l = 0; l <= p - 2 - m; ++l) {
        double sum = 0, size = 0;
        for (int n = 1; n < p; ++n) {
          const double term = row[static_cast<std::size_t>(n - 1)] * std::pow(n, l);
          sum += term;
          size += std::abs(term);
        }
        EXPECT_NEAR(sum, -zeta[m + l] / factorial[m], 0x1p-53 * 6 * size) << p << " " << m << " " << l;
      }
      for (int n = p - m; n < p; ++n) EXPECT_EQ(row[static_cast<std::size_t>(n - 1)], 0.0);
    }
  EXPECT_TRUE(initial_corrections(QuadratureRule::bdf1, 0).empty());
}

TEST(QuadratureCorrections, RefuseOtherRulesAndDerivatives) {
  expect_quadrature_refused("rule", "trapezoidal", [] { (void)initial_corrections(QuadratureRule::trapezoidal, 0); });
  expect_quadrature_refused("derivative", "-1", [] { (void)initial_corrections(QuadratureRule::bdf3, -1); });
  expect_quadrature_refused("derivative", "2", [] { (void)initial_corrections(QuadratureRule::bdf3, 2); });
}

}  // namespace
}  // namespace almanac::compute
