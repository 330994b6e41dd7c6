#include <almanac/compute/error.hpp>
#include <almanac/compute/l_schemes.hpp>

#include "quadrature_golden.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace almanac::compute {
namespace {

constexpr LScheme kSchemes[] = {LScheme::l1, LScheme::l1_2, LScheme::l2_1_sigma};

/// The bound derived in power_differences.hpp, with what l1_2 and l2_1_sigma add to the largest term.
constexpr double kLFarBound = 7.0;
/// Half an ulp and what quadruple precision leaves; the rest in the golden file has 4 decimals.
constexpr double kLNearBound = 0.501;

using LWeights = void (*)(LScheme, double, std::uint64_t, std::span<double>);

std::vector<double> l_table(LWeights function, LScheme scheme, double alpha, std::uint64_t first, std::size_t count) {
  std::vector<double> out(count, std::nan(""));
  function(scheme, alpha, first, out);
  return out;
}

void expect_golden_l(const char* column, LWeights function, std::uint64_t least) {
  double worst_near = 0, worst_far = 0;
  const nlohmann::json tables = golden_file("quadrature_weights.json").at("l_schemes");
  ASSERT_EQ(tables.size(), 39u);
  for (const auto& table : tables) {
    const auto scheme = parse_l_scheme(table.at("scheme").get<std::string>());
    ASSERT_TRUE(scheme);
    const double alpha = exact_double(table.at("alpha"));
    for (std::size_t i = 0; i < table.at("k").size(); ++i) {
      const auto k = table.at("k")[i].get<std::uint64_t>();
      if (k < least) continue;
      const double error = golden_error(table.at(column), i, l_table(function, *scheme, alpha, k, 1)[0]);
      EXPECT_LE(error, k < 18 ? kLNearBound : kLFarBound)
          << column << " of " << to_string(*scheme) << ", alpha = " << alpha << ", k = " << k;
      double& worst = k < 18 ? worst_near : worst_far;
      worst = larger(error, worst);
    }
  }
  testing::Test::RecordProperty("worst_ulp_near", std::to_string(worst_near));
  testing::Test::RecordProperty("worst_ulp_far", std::to_string(worst_far));
}

TEST(LSchemes, WeightsAreWithinSevenUlpToAHundredMillion) { expect_golden_l("weight", l_weights, 0); }
TEST(LSchemes, NodalWeightsAreWithinSevenUlpToAHundredMillion) { expect_golden_l("nodal", l_nodal_weights, 0); }
TEST(LSchemes, CorrectionsAreWithinSevenUlpToAHundredMillion) { expect_golden_l("correction", l_corrections, 1); }

TEST(LSchemes, MeshWeightsAreWithinSixteenUlp) {
  double worst = 0;
  const nlohmann::json tables = golden_file("quadrature_weights.json").at("meshes");
  for (const auto& table : tables) {
    const auto mesh = exact_doubles(table.at("t"));
    const double alpha = exact_double(table.at("alpha"));
    if (alpha >= 1) continue;
    for (const auto& row : table.at("rows"))
      for (const LScheme scheme : kSchemes) {
        const auto step = row.at("step").get<std::uint64_t>();
        const auto& expected = row.at(std::string(to_string(scheme)));
        std::vector<double> out(step);
        l_mesh_weights(scheme, alpha, mesh, step, out);
        for (std::size_t j = 0; j < step; ++j) {
          // In ulp of the largest term that the weight is the sum of: with l1 the weight itself.
          const double nearest = exact_double(expected.at("value")[j]);
          const double error = std::abs(out[j] - nearest) / golden_ulp(expected.at("largest")[j].get<double>());
          EXPECT_LE(error, 16.0) << to_string(scheme) << " on " << table.at("mesh") << ", alpha = " << alpha << ", step "
                                 << step << ", j = " << j + 1;
          worst = larger(error, worst);
        }
      }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_GT(worst, 0);
}

TEST(LSchemes, HaveTheSameBitsForEveryFirstAndLength) {
  for (const LWeights function : {l_weights, l_nodal_weights, l_corrections})
    for (const LScheme scheme : kSchemes)
      for (const double alpha : {0.2, 0.5, 0.85}) {
        const auto whole = l_table(function, scheme, alpha, 1, 300);
        for (const std::uint64_t first : {1, 2, 17, 18, 19, 250})
          for (const std::size_t count : {0, 1, 2, 30}) {
            const auto part = l_table(function, scheme, alpha, first, count);
            EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first) - 1))
                << first << " " << count;
          }
      }
}

TEST(LSchemes, OfDifferencesAndOfValuesAreTheSameSums) {
  // d_k = c_k - c_{k-1}: both to 7 ulp, and c_k loses what the subtraction cancels.
  for (const LScheme scheme : kSchemes)
    for (const double alpha : {0.1, 0.5, 0.9}) {
      const auto c = l_table(l_weights, scheme, alpha, 0, 1000), d = l_table(l_nodal_weights, scheme, alpha, 0, 1000);
      EXPECT_EQ(d[0], c[0]);
      for (std::size_t k = 1; k < 1000; ++k)
        ASSERT_NEAR(d[k], c[k] - c[k - 1], 16 * golden_ulp(c[k - 1])) << to_string(scheme) << " " << alpha << " " << k;
    }
}

/// The scheme's derivative of f at its last point, h = 1, from differences; with the roundings it may have.
struct Derivative {
  double value, rounding;
};
Derivative derivative_of(LScheme scheme, double alpha, std::uint64_t n, const std::function<double(double)>& f) {
  const auto c = l_table(l_weights, scheme, alpha, 0, n), beta = l_table(l_corrections, scheme, alpha, n, 1);
  double sum = -beta[0] * (f(1) - f(0)), size = std::abs(sum);
  for (std::uint64_t k = 0; k < n; ++k) {
    const double term = c[k] * (f(static_cast<double>(n - k)) - f(static_cast<double>(n - k - 1)));
    sum += term;
    size += std::abs(term);
  }
  return {sum, 0x1p-53 * (static_cast<double>(n) + 40) * size};
}

TEST(LSchemes, DifferentiateThePolynomialsTheyAreExactFor) {
  // Caputo D^alpha t = t^(1-alpha) / Gamma(2-alpha), by all; D^alpha t² = 2 t^(2-alpha) / Gamma(3-alpha) by l2_1_sigma up to
  // one step, for which sigma is chosen, and by l1_2 but for the first interval.
  for (const double alpha : {0.1, 0.5, 0.9})
    for (const std::uint64_t n : {1, 2, 3, 17, 18, 19, 500})
      for (const LScheme scheme : kSchemes) {
        const double t = static_cast<double>(n) - 1 + l_offset(scheme, alpha);
        const auto line = derivative_of(scheme, alpha, n, [](double x) { return x; });
        EXPECT_NEAR(line.value, std::pow(t, 1 - alpha) / std::tgamma(2 - alpha), line.rounding)
            << to_string(scheme) << " " << n;
        if (scheme == LScheme::l1) continue;
        const auto square = derivative_of(scheme, alpha, n, [](double x) { return x * x; });
        const double exact = 2 * std::pow(t, 2 - alpha) / std::tgamma(3 - alpha);
        // On (0, 1) l1_2 has the slope 1 instead of 2 t: 2 (t - 1/2) less, which is what beta_n integrates.
        const double missing = scheme == LScheme::l1_2 ? 2 * l_table(l_corrections, scheme, alpha, n, 1)[0] : 0.0;
        EXPECT_NEAR(square.value + missing, exact, square.rounding)
            << to_string(scheme) << ", alpha = " << alpha << ", n = " << n;
      }
}

TEST(LSchemes, AddUpToTheirTelescopedSums) {
  // Σ_{k<n} A_{k+1/2} = n^(1-alpha) / Gamma(2-alpha), and the betas of l1_2 and l2_1_sigma telescope: Σ c_k = that at t, plus
  // beta_n.
  for (const double alpha : {0.05, 0.5, 0.95})
    for (const LScheme scheme : kSchemes) {
      const std::uint64_t n = 5000;
      const auto c = l_table(l_weights, scheme, alpha, 0, n), beta = l_table(l_corrections, scheme, alpha, n, 1);
      double sum = 0;
      for (const double weight : c) sum += weight;
      const double exact =
          std::pow(static_cast<double>(n) - 1 + l_offset(scheme, alpha), 1 - alpha) / std::tgamma(2 - alpha) + beta[0];
      EXPECT_NEAR(sum, exact, 0x1p-53 * 5000 * exact) << to_string(scheme) << " " << alpha;
    }
}

TEST(LSchemes, HaveTheSignsThatStabilityNeeds) {
  // l1: c_0 > c_1 > … > 0 (Lin, Xu 2007). l2_1_sigma: the same (Alikhanov 2015, lemma 4), and (2 sigma - 1) c_0 > sigma c_1.
  // The nodal weights are their differences: negative.
  for (const LScheme scheme : {LScheme::l1, LScheme::l2_1_sigma})
    for (const double alpha : {1e-9, 0.01, 0.5, 0.99, 1 - 1e-9}) {
      const auto c = l_table(l_weights, scheme, alpha, 0, 3000), d = l_table(l_nodal_weights, scheme, alpha, 0, 3000);
      for (std::size_t k = 1; k < c.size(); ++k) {
        ASSERT_GT(c[k], 0) << to_string(scheme) << " " << alpha << " " << k;
        ASSERT_LT(d[k], 0) << to_string(scheme) << " " << alpha << " " << k;
        ASSERT_GE(c[k - 1], c[k]) << to_string(scheme) << " " << alpha << " " << k;
      }
      if (scheme == LScheme::l1) continue;
      const double sigma = l_offset(scheme, alpha);
      EXPECT_GT((2 * sigma - 1) * c[0], sigma * c[1]) << alpha;
    }
}

TEST(LSchemes, TendToBackwardDifferencesNextToOne) {
  // alpha → 1: u_n - u_{n-1}; l1_2: the two-step difference. c_0 is off by about 1 - alpha.
  const double alpha = 1 - 1e-9;
  EXPECT_NEAR(l_table(l_weights, LScheme::l1, alpha, 0, 1)[0], 1.0, 1e-8);
  const auto d = l_table(l_nodal_weights, LScheme::l1_2, alpha, 0, 4);
  const double two_step[] = {1.5, -2.0, 0.5, 0.0};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(d[k], two_step[k], 1e-8);
}

TEST(LSchemes, OnAMeshOfEqualStepsAreThoseOfUniformMeshes) {
  // With integers as mesh nothing is rounded: 16 ulp of the largest part of a weight, and the 7 of the other.
  std::vector<double> mesh(41);
  for (std::size_t i = 0; i < mesh.size(); ++i) mesh[i] = static_cast<double>(i);
  for (const LScheme scheme : kSchemes)
    for (const double alpha : {0.1, 0.5, 0.9})
      for (const std::uint64_t n : {1, 2, 5, 40}) {
        auto c = l_table(l_weights, scheme, alpha, 0, n);
        c[n - 1] -= l_table(l_corrections, scheme, alpha, n, 1)[0];  // of u_1 - u_0
        std::vector<double> row(n);
        l_mesh_weights(scheme, alpha, mesh, n, row);
        for (std::uint64_t k = 0; k < n; ++k)
          EXPECT_NEAR(row[n - 1 - k], c[k], 24 * golden_ulp(c[k])) << to_string(scheme) << " " << alpha << " " << n << " " << k;
      }
}

void expect_l_refused(const std::string& parameter, const std::string& value, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_EQ(error.value(), value) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(LSchemes, OnAShrunkMeshAreTheSameStretched) {
  const std::vector<double> mesh = {0, 1, 2.5, 7, 30};
  for (const LScheme scheme : {LScheme::l1, LScheme::l1_2, LScheme::l2_1_sigma}) {
    std::vector<double> shrunk = mesh, row(4), small(4);
    for (double& t : shrunk) t = std::ldexp(t, -800);
    l_mesh_weights(scheme, 0.0625, mesh, 4, row);
    l_mesh_weights(scheme, 0.0625, shrunk, 4, small);
    for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(small[j] / std::exp2(50.0) / row[j], 1, 32 * 0x1p-52) << j;
  }
}

TEST(LSchemes, RefuseWhatIsOutsideTheirRangesByNameValueAndRange) {
  std::vector<double> out(2, 7.0);
  for (const LWeights function : {l_weights, l_nodal_weights, l_corrections}) {
    const auto call = [&, function](LScheme scheme, double alpha, std::uint64_t first) {
      return [=, &out] { function(scheme, alpha, first, out); };
    };
    for (const LScheme scheme : kSchemes) {
      expect_l_refused("alpha", "0", call(scheme, 0, 1));
      expect_l_refused("alpha", "1", call(scheme, 1, 1));
      expect_l_refused("alpha", "-0.5", call(scheme, -0.5, 1));
      expect_l_refused("alpha", "2", call(scheme, 2, 1));
      expect_l_refused("alpha", "nan", call(scheme, std::nan(""), 1));
      expect_l_refused("first", "100000001", call(scheme, 0.5, 100'000'001));
      expect_l_refused("out.size()", "2", call(scheme, 0.5, 100'000'000));
    }
    expect_l_refused("alpha", "1.5", call(LScheme::l1_2, 1.5, 1));
    expect_l_refused("alpha", "1.5", call(LScheme::l2_1_sigma, 1.5, 1));
    expect_l_refused("scheme", "9", call(static_cast<LScheme>(9), 0.5, 1));
  }
  expect_l_refused("first", "0", [&] { l_corrections(LScheme::l1_2, 0.5, 0, out); });
  EXPECT_EQ(out, (std::vector<double>{7.0, 7.0}));

  const std::vector<double> mesh{0, 1, 3};
  const auto row = [&out](double alpha, std::vector<double> points, std::uint64_t step, std::size_t size) {
    return [=, &out] { l_mesh_weights(LScheme::l1, alpha, points, step, std::span(out).first(size)); };
  };
  expect_l_refused("alpha", "1", row(1, mesh, 1, 1));
  expect_l_refused("alpha", "1.5", row(1.5, mesh, 1, 1));
  expect_l_refused("step", "0", row(0.5, mesh, 0, 0));
  expect_l_refused("step", "3", row(0.5, mesh, 3, 2));
  expect_l_refused("out.size()", "1", row(0.5, mesh, 2, 1));
  expect_l_refused("mesh[2]", "1", row(0.5, {0, 1, 1}, 1, 1));
  expect_l_refused("mesh[1]", "nan", row(0.5, {0, std::nan(""), 1}, 1, 1));
  EXPECT_EQ(out, (std::vector<double>{7.0, 7.0}));
}

TEST(LSchemes, AreNamed) {
  for (const LScheme scheme : kSchemes) EXPECT_EQ(parse_l_scheme(to_string(scheme)), scheme);
  EXPECT_EQ(parse_l_scheme("l3"), std::nullopt);
  EXPECT_EQ(l_offset(LScheme::l1, 1.5), 1.0);
  EXPECT_EQ(l_offset(LScheme::l2_1_sigma, 0.5), 0.75);
}

}  // namespace
}  // namespace almanac::compute
