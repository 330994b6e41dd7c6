// Orders so small that 1 - alpha is 1 in quadruple precision too: the weights behind the first are as small as alpha, and as exact as
// any. Values by mpmath with 420 digits from the powers themselves, alpha the double.
#include <almanac/compute/l_schemes.hpp>
#include <almanac/compute/product_integration.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace almanac::compute {
namespace {

struct TinyOrder {
  double alpha;
  std::uint64_t k;
  double nodal, defect, trapezoid, start, rectangle;
};

constexpr TinyOrder kTinyOrders[] = {
    {1e-20, 17, -5.8857500056117531e-22, 5.0514329648614088e-23, 5.8857500056117531e-22, 3.0006050937042517e-22, 5.7158413839948609e-22},
    {1e-20, 1000, -1.0000001666667333e-23, 8.3375025016678576e-25, 1.0000001666667333e-23, 5.0016675005003333e-24,
     9.9950033308353311e-24},
    {1e-20, 1000000, -1.0000000000001666e-26, 8.3333375000024995e-28, 1.0000000000001666e-26, 5.0000016666674997e-27,
     9.9999950000033328e-27},
    {1e-40, 17, -5.885750005611753e-42, 5.0514329648614087e-43, 5.885750005611753e-42, 3.0006050937042517e-42, 5.7158413839948608e-42},
    {1e-40, 1000, -1.0000001666667333e-43, 8.3375025016678574e-45, 1.0000001666667333e-43, 5.0016675005003332e-44,
     9.995003330835331e-44},
    {1e-40, 1000000, -1.0000000000001666e-46, 8.3333375000024994e-48, 1.0000000000001666e-46, 5.0000016666674996e-47,
     9.9999950000033326e-47},
    {1e-200, 17, -5.8857500056117533e-202, 5.0514329648614089e-203, 5.8857500056117533e-202, 3.0006050937042518e-202,
     5.7158413839948611e-202},
    {1e-200, 1000, -1.0000001666667333e-203, 8.3375025016678579e-205, 1.0000001666667333e-203, 5.0016675005003335e-204,
     9.9950033308353315e-204},
    {1e-200, 1000000, -1.0000000000001666e-206, 8.3333375000024999e-208, 1.0000000000001666e-206, 5.0000016666674999e-207,
     9.9999950000033332e-207},
};

TEST(TinyOrders, HaveWeightsAsExactAsOthers) {
  constexpr double kSevenUlp = 7 * 0x1p-52;  // the bound of power_differences.hpp
  for (const TinyOrder& row : kTinyOrders) {
    const auto near = [&](double value, double exact, const char* what) {
      EXPECT_LE(std::abs(value - exact), kSevenUlp * std::abs(exact)) << what << ", alpha " << row.alpha << ", k " << row.k;
    };
    double value = 0;
    l_nodal_weights(LScheme::l1, row.alpha, row.k, {&value, 1});
    near(value, row.nodal, "nodal");
    l_corrections(LScheme::l1_2, row.alpha, row.k, {&value, 1});
    near(value, row.defect, "defect");
    trapezoid_weights(row.alpha, row.k, {&value, 1});
    near(value, row.trapezoid, "trapezoid");
    trapezoid_start_weights(row.alpha, row.k, {&value, 1});
    near(value, row.start, "start");
    rectangle_weights(row.alpha, row.k, {&value, 1});
    near(value, row.rectangle, "rectangle");
  }
}

}  // namespace
}  // namespace almanac::compute
