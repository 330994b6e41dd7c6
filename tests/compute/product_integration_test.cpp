#include <almanac/compute/error.hpp>
#include <almanac/compute/product_integration.hpp>
#include <almanac/compute/time_mesh.hpp>

#include "quadrature_golden.hpp"

#include <algorithm>
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
      EXPECT_LE(error, k < 16 ? kIntegrationNearBound : kIntegrationFarBound)
          << column << ", alpha = " << alpha << ", k = " << k;
      double& worst = k < 16 ? worst_near : worst_far;
      worst = larger(error, worst);
    }
  }
  testing::Test::RecordProperty("worst_ulp_near", std::to_string(worst_near));
  testing::Test::RecordProperty("worst_ulp_far", std::to_string(worst_far));
}

TEST(ProductIntegration, RectangleWeightsAreWithinSevenUlpToAHundredMillion) {
  expect_golden_integration("rectangle", rectangle_weights, 0);
}
TEST(ProductIntegration, TrapezoidWeightsAreWithinSevenUlpToAHundredMillion) {
  expect_golden_integration("trapezoid", trapezoid_weights, 0);
}
TEST(ProductIntegration, StartWeightsAreWithinSevenUlpToAHundredMillion) {
  expect_golden_integration("start", trapezoid_start_weights, 1);
}

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
        EXPECT_LE(error, 16.0) << "trapezoid on " << table.at("mesh") << ", alpha = " << alpha << ", step " << step
                               << ", j = " << j;
        worst = larger(error, worst);
        if (j == step) continue;
        const double other = golden_error(row.at("rectangle"), j, rectangle[j]);
        EXPECT_LE(other, 16.0) << "rectangle on " << table.at("mesh") << ", alpha = " << alpha << ", step " << step
                               << ", j = " << j;
        worst = larger(other, worst);
      }
    }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_GT(worst, 0);
}

TEST(ProductIntegration, HasTheSameBitsForEveryFirstAndLength) {
  for (const IntegrationWeights function : {rectangle_weights, trapezoid_weights, trapezoid_start_weights})
    for (const double alpha : {0.2, 1.0, 1.7, 3.3}) {
      const auto whole = integration_table(function, alpha, 1, 300);
      for (const std::uint64_t first : {1, 2, 15, 16, 17, 250})
        for (const std::size_t count : {0, 1, 2, 30}) {
          const auto part = integration_table(function, alpha, first, count);
          EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first) - 1))
              << first << " " << count;
        }
    }
}

TEST(ProductIntegration, IntegratesConstantsAndLinesExactly) {
  // J^alpha 1 = t^alpha / Gamma(alpha+1), J^alpha t = t^(alpha+1) / Gamma(alpha+2): 7 ulp a weight, a rounding an addition.
  for (const double alpha : {1e-9, 0.1, 0.5, 1.0, 1.9, 4.0})
    for (const std::uint64_t n : {1, 2, 15, 16, 17, 3000}) {
      const auto count = static_cast<std::size_t>(n);
      const auto b = integration_table(rectangle_weights, alpha, 0, count),
                 a = integration_table(trapezoid_weights, alpha, 0, count);
      const double start = integration_table(trapezoid_start_weights, alpha, n, 1)[0];
      double rectangle = 0, flat = start, line = 0;
      for (std::size_t k = 0; k < count; ++k) {
        rectangle += b[k];
        flat += a[k];
        line += a[k] * static_cast<double>(n - k);
      }
      const double t = static_cast<double>(n), exact = std::pow(t, alpha) / std::tgamma(alpha + 1);
      const double exact_line = std::pow(t, alpha + 1) / std::tgamma(alpha + 2), units = 0x1p-53 * (t + 30);
      EXPECT_NEAR(rectangle, exact, units * exact) << alpha << " " << n;
      EXPECT_NEAR(flat, exact, units * exact) << alpha << " " << n;
      EXPECT_NEAR(line, exact_line, units * exact_line) << alpha << " " << n;
    }
}

TEST(ProductIntegration, OfOrderOneIsTheRectangleAndTheTrapezoidalRule) {
  for (const double weight : integration_table(rectangle_weights, 1.0, 0, 100)) EXPECT_EQ(weight, 1.0);
  const auto a = integration_table(trapezoid_weights, 1.0, 0, 100);
  EXPECT_EQ(a[0], 0.5);
  for (std::size_t k = 1; k < a.size(); ++k) EXPECT_EQ(a[k], 1.0) << k;
  for (const double weight : integration_table(trapezoid_start_weights, 1.0, 1, 100)) EXPECT_EQ(weight, 0.5);
}

TEST(ProductIntegration, HasPositiveWeightsThatFallBelowOrderOne) {
  for (const double alpha : {1e-9, 0.3, 0.999, 1.6}) {
    const auto b = integration_table(rectangle_weights, alpha, 0, 3000),
               a = integration_table(trapezoid_weights, alpha, 0, 3000);
    const auto s = integration_table(trapezoid_start_weights, alpha, 1, 3000);
    for (std::size_t k = 0; k < b.size(); ++k) {
      ASSERT_GT(b[k], 0);
      ASSERT_GT(a[k], 0);
      ASSERT_GT(s[k], 0);
      if (k > 1 && alpha < 1) {
        ASSERT_LE(b[k], b[k - 1]) << alpha << " " << k;
        ASSERT_LE(a[k], a[k - 1]) << alpha << " " << k;
      }
    }
  }
}

TEST(ProductIntegration, OnAMeshOfEqualStepsIsThatOfUniformMeshes) {
  std::vector<double> mesh(41);
  for (std::size_t i = 0; i < mesh.size(); ++i) mesh[i] = static_cast<double>(i);
  for (const double alpha : {0.1, 0.5, 1.5, 3.0})
    for (const std::uint64_t n : {1, 2, 5, 40}) {
      const auto b = integration_table(rectangle_weights, alpha, 0, n), a = integration_table(trapezoid_weights, alpha, 0, n);
      std::vector<double> rectangle(n), trapezoid(n + 1);
      rectangle_mesh_weights(alpha, mesh, n, rectangle);
      trapezoid_mesh_weights(alpha, mesh, n, trapezoid);
      const double start = integration_table(trapezoid_start_weights, alpha, n, 1)[0];
      EXPECT_NEAR(trapezoid[0], start, 23 * golden_ulp(start));
      for (std::uint64_t k = 0; k < n; ++k) {
        EXPECT_NEAR(rectangle[n - 1 - k], b[k], 23 * golden_ulp(b[k])) << alpha << " " << n << " " << k;
        EXPECT_NEAR(trapezoid[n - k], a[k], 23 * golden_ulp(a[k])) << alpha << " " << n << " " << k;
      }
    }
}

TEST(ProductIntegration, OnAMeshLosesNoDigitsOfASmallOrder) {
  const std::vector<double> mesh = {0, 1, 2, 3};
  for (const double alpha : {1e-3, 1e-10, 1e-17}) {
    std::vector<double> row(3), uniform(3), hats(4), uniform_hats(3);
    rectangle_mesh_weights(alpha, mesh, 3, row);
    rectangle_weights(alpha, 0, uniform);
    trapezoid_mesh_weights(alpha, mesh, 3, hats);
    trapezoid_weights(alpha, 0, uniform_hats);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(row[2 - k] / uniform[k], 1, 16 * 0x1p-52) << alpha << ", " << k;
    EXPECT_NEAR(hats[3] / uniform_hats[0], 1, 16 * 0x1p-52) << alpha;
  }
}

TEST(TimeMesh, IsUniformOrGradedTowardsItsBeginning) {
  const auto uniform = uniform_mesh(2.0, 8);
  EXPECT_EQ(uniform, (std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}));
  EXPECT_EQ(graded_mesh(2.0, 4, 2), (std::vector<double>{0, 0.125, 0.5, 1.125, 2}));
  EXPECT_EQ(graded_mesh(0.7, 333, 1), uniform_mesh(0.7, 333));
  for (const double grading : {1.5, 3.0, 20.0}) {
    const auto mesh = graded_mesh(0.7, 1000, grading);
    EXPECT_NO_THROW(check_mesh(mesh));
    EXPECT_EQ(mesh.front(), 0);
    EXPECT_EQ(mesh.back(), 0.7);
    for (std::size_t n = 1; n < mesh.size(); ++n) {
      const long double exact = 0.7 * std::pow(static_cast<long double>(n) / 1000, static_cast<long double>(grading));
      ASSERT_NEAR(static_cast<double>((mesh[n] - exact) / golden_ulp(mesh[n])), 0, 3) << grading << " " << n;
    }
  }
}

void expect_integration_refused(const std::string& parameter, const std::string& value, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_EQ(error.value(), value) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(TimeMesh, RefusesWhatDoesNotIncrease) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const auto check = [](std::vector<double> mesh) { return [=] { check_mesh(mesh); }; };
  expect_integration_refused("mesh", "1 points", check({0}));
  expect_integration_refused("mesh[2]", "0.5", check({0, 1, 0.5, 2}));
  expect_integration_refused("mesh[3]", "2", check({0, 1, 2, 2}));
  expect_integration_refused("mesh[0]", "nan", check({nan, 1}));
  expect_integration_refused("mesh[1]", "inf", check({0, infinity}));
  for (const double end : {0.0, -1.0, nan, infinity}) {
    EXPECT_THROW((void)uniform_mesh(end, 10), ArgumentError);
    EXPECT_THROW((void)graded_mesh(end, 10, 2), ArgumentError);
  }
  expect_integration_refused("end", "1e-308", [] { (void)uniform_mesh(1e-308, 10); });
  expect_integration_refused("steps", "0", [] { (void)uniform_mesh(1, 0); });
  expect_integration_refused("steps", "100000001", [] { (void)graded_mesh(1, 100'000'001, 2); });
  expect_integration_refused("grading", "0.5", [] { (void)graded_mesh(1, 10, 0.5); });
  expect_integration_refused("grading", "nan", [nan] { (void)graded_mesh(1, 10, nan); });
  expect_integration_refused("grading", "99", [] { (void)graded_mesh(1, 10'000, 99); });  // 1e4^-99
}

TEST(ProductIntegration, RefusesWhatIsOutsideItsRangesByNameValueAndRange) {
  std::vector<double> out(2, 7.0);
  for (const IntegrationWeights function : {rectangle_weights, trapezoid_weights, trapezoid_start_weights}) {
    const auto call = [&, function](double alpha, std::uint64_t first) { return [=, &out] { function(alpha, first, out); }; };
    expect_integration_refused("alpha", "0", call(0, 1));
    expect_integration_refused("alpha", "-1", call(-1, 1));
    expect_integration_refused("alpha", "4.5", call(4.5, 1));
    expect_integration_refused("alpha", "nan", call(std::nan(""), 1));
    expect_integration_refused("first", "100000001", call(0.5, 100'000'001));
    expect_integration_refused("out.size()", "2", call(0.5, 100'000'000));
  }
  expect_integration_refused("first", "0", [&] { trapezoid_start_weights(0.5, 0, out); });
  const auto row = [&out](auto function, double alpha, std::vector<double> mesh, std::uint64_t step, std::size_t size) {
    return [=, &out] { function(alpha, mesh, step, std::span(out).first(size)); };
  };
  const std::vector<double> mesh{0, 1, 3};
  expect_integration_refused("alpha", "5", row(rectangle_mesh_weights, 5, mesh, 1, 1));
  expect_integration_refused("step", "3", row(rectangle_mesh_weights, 0.5, mesh, 3, 2));
  expect_integration_refused("out.size()", "1", row(rectangle_mesh_weights, 0.5, mesh, 2, 1));
  expect_integration_refused("mesh[2]", "0.5", row(rectangle_mesh_weights, 0.5, {0, 1, 0.5}, 1, 1));
  expect_integration_refused("alpha", "0", row(trapezoid_mesh_weights, 0, mesh, 1, 2));
  expect_integration_refused("step", "0", row(trapezoid_mesh_weights, 0.5, mesh, 0, 1));
  expect_integration_refused("out.size()", "1", row(trapezoid_mesh_weights, 0.5, mesh, 1, 1));
  EXPECT_EQ(out, (std::vector<double>{7.0, 7.0}));
}

}  // namespace
}  // namespace almanac::compute
