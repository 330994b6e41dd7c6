#include <almanac/compute/error.hpp>
#include <almanac/compute/l_schemes.hpp>

#include "quadrature_golden.hpp"

#include <cstring>
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
      EXPECT_LE(error, k < 18 ? kLNearBound : kLFarBound) << column << " of " << to_string(*scheme) << ", alpha = " << alpha
                                                        << ", k = " << k;
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
          EXPECT_LE(error, 16.0) << to_string(scheme) << " on " << table.at("mesh") << ", alpha = " << alpha << ", step " << step
                                 << ", j = " << j + 1;
          worst = larger(error, worst);
        }
      }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_GT(worst, 0);
}

}  // namespace
}  // namespace almanac::compute
