#include <almanac/compute/error.hpp>
#include <almanac/compute/product_integration.hpp>

#include "quadrature_golden.hpp"

#include <cstring>
#include <functional>

namespace almanac::compute {
namespace {

/// The bound derived in power_differences.hpp.
constexpr double kIntegrationFarBound = 7.0;
/// Half an ulp and what quadruple precision leaves; the rest in the golden file has 4 decimals.
constexpr double kIntegrationNearBound = 0.501;

using IntegrationWeights = void (*)(double, std::uint64_t, std::span<double>);

std::vector<double> integration_table(IntegrationWeights function, double alpha, std::uint64_t first, std::size_t count) {
  std::vector<double> out(count, std::nan(""));
  function(alpha, first, out);
  return out;
}

void expect_golden_integration(const char* column, IntegrationWeights function, std::uint64_t least) {
  double worst_near = 0, worst_far = 0;
  const nlohmann::json tables = golden_file("quadrature_weights.json").at("integration");
  ASSERT_EQ(tables.size(), 18u);
  for (const auto& table : tables) {
    const double alpha = exact_double(table.at("alpha"));
    for (std::size_t i = 0; i < table.at("k").size(); ++i) {
      const auto k = table.at("k")[i].get<std::uint64_t>();
      if (k < least) continue;
      const double error = golden_error(table.at(column), i, integration_table(function, alpha, k, 1)[0]);
      EXPECT_LE(error, k < 16 ? kIntegrationNearBound : kIntegrationFarBound) << column << ", alpha = " << alpha << ", k = " << k;
      double& worst = k < 16 ? worst_near : worst_far;
      worst = larger(error, worst);
    }
  }
  testing::Test::RecordProperty("worst_ulp_near", std::to_string(worst_near));
  testing::Test::RecordProperty("worst_ulp_far", std::to_string(worst_far));
}

TEST(ProductIntegration, RectangleWeightsAreWithinSevenUlpToAHundredMillion) { expect_golden_integration("rectangle", rectangle_weights, 0); }
TEST(ProductIntegration, TrapezoidWeightsAreWithinSevenUlpToAHundredMillion) { expect_golden_integration("trapezoid", trapezoid_weights, 0); }
TEST(ProductIntegration, StartWeightsAreWithinSevenUlpToAHundredMillion) { expect_golden_integration("start", trapezoid_start_weights, 1); }

TEST(ProductIntegration, MeshWeightsAreWithinSixteenUlp) {
  double worst = 0;
  const nlohmann::json tables = golden_file("quadrature_weights.json").at("meshes");
  for (const auto& table : tables) {
    const auto mesh = exact_doubles(table.at("t"));
    const double alpha = exact_double(table.at("alpha"));
    for (const auto& row : table.at("rows")) {
      const auto step = row.at("step").get<std::uint64_t>();
      std::vector<double> rectangle(step), trapezoid(step + 1);
      rectangle_mesh_weights(alpha, mesh, step, rectangle);
      trapezoid_mesh_weights(alpha, mesh, step, trapezoid);
      for (std::size_t j = 0; j <= step; ++j) {
        const double error = golden_error(row.at("trapezoid"), j, trapezoid[j]);
        EXPECT_LE(error, 16.0) << "trapezoid on " << table.at("mesh") << ", alpha = " << alpha << ", step " << step << ", j = " << j;
        worst = larger(error, worst);
        if (j == step) continue;
        const double other = golden_error(row.at("rectangle"), j, rectangle[j]);
        EXPECT_LE(other, 16.0) << "rectangle on " << table.at("mesh") << ", alpha = " << alpha << ", step " << step << ", j = " << j;
        worst = larger(other, worst);
      }
    }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_GT(worst, 0);
}

}  // namespace
}  // namespace almanac::compute
