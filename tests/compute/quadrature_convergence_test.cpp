// Schemes made of the weights, on equations with known solutions: that they are the schemes they are called, and of their order.
#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/l_schemes.hpp>
#include <almanac/compute/product_integration.hpp>
#include <almanac/compute/starting_weights.hpp>
#include <almanac/compute/time_mesh.hpp>

#include "observed_order.hpp"
#include "quadrature_golden.hpp"

namespace almanac::compute {
namespace {

using Reals = std::vector<Real>;

// ---- the equations

/// D^alpha y = -lambda y, y(0) = 1, y'(0) = 0.
struct Relaxation {
  double alpha, lambda;
};

/// E_alpha(-x) by its series in long double, for x ≤ 1.
Real relaxed(Relaxation equation, Real t) {
  const Real x = equation.lambda * std::pow(t, static_cast<Real>(equation.alpha));
  Real sum = 0, power = 1;
  for (int k = 0; k < 600; ++k, power *= -x) {
    const Real term = power / std::tgamma(static_cast<Real>(equation.alpha) * k + 1);
    sum += term;
    if (std::abs(term) < 1e-21L) break;
  }
  return sum;
}

/// The same at t = 1 as R04 has it, to double.
Real relaxed_at_one(Relaxation equation) {
  const nlohmann::json values = golden_problem("R04-relaxation");
  for (const auto& [key, text] : values.items())
    if (number_in(key, "alpha") == equation.alpha && number_in(key, "lambda") == equation.lambda && number_in(key, "t") == 1)
      return std::stold(text.get<std::string>());
  return relaxed(equation, 1);
}

// ---- the schemes, one unknown

/// Convolution quadrature on v = y - 1: h^-alpha Σ omega_k v_{n-k} = -lambda (v_n + 1 + a_n).
Reals step_quadrature(QuadratureRule rule, Relaxation equation, Real end, std::uint64_t steps,
                      std::span<const double> corrections) {
  std::vector<double> omega(steps + 1);
  quadrature_weights(rule, equation.alpha, 0, omega);
  const Real scale = std::pow(end / static_cast<Real>(steps), -static_cast<Real>(equation.alpha));
  Reals v{0};
  for (std::uint64_t n = 1; n <= steps; ++n) {
    Real right = -equation.lambda * (1 + (n <= corrections.size() ? static_cast<Real>(corrections[n - 1]) : 0));
    for (std::uint64_t k = 1; k <= n; ++k) right -= scale * omega[k] * v[n - k];
    v.push_back(right / (scale * omega[0] + equation.lambda));
  }
  for (Real& value : v) value += 1;
  return v;
}

/// L1 or L1-2 on a uniform mesh, and L2-1sigma with y(t_(n-1) + sigma h) as the mean of its neighbours.
Reals step_l(LScheme scheme, Relaxation equation, Real end, std::uint64_t steps) {
  std::vector<double> d(steps + 1), beta(steps + 1);
  l_nodal_weights(scheme, equation.alpha, 0, d);
  l_corrections(scheme, equation.alpha, 1, std::span(beta).subspan(1));
  const Real sigma = l_offset(scheme, equation.alpha);
  const Real scale = std::pow(end / static_cast<Real>(steps), -static_cast<Real>(equation.alpha));
  Reals v{0};
  for (std::uint64_t n = 1; n <= steps; ++n) {
    Real right = -equation.lambda * (1 + (1 - sigma) * v[n - 1]);
    for (std::uint64_t k = 1; k < n; ++k) right -= scale * d[k] * v[n - k];
    Real own = d[0];
    if (n == 1) own -= beta[1];
    if (n > 1) right += scale * beta[n] * v[1];
    v.push_back(right / (scale * own + equation.lambda * sigma));
  }
  for (Real& value : v) value += 1;
  return v;
}

/// The same on any mesh.
Reals step_l_mesh(LScheme scheme, Relaxation equation, std::span<const double> mesh) {
  const Real sigma = l_offset(scheme, equation.alpha);
  Reals y{1};
  std::vector<double> a(mesh.size());
  for (std::uint64_t n = 1; n < mesh.size(); ++n) {
    const auto row = std::span(a).first(n);
    l_mesh_weights(scheme, equation.alpha, mesh, n, row);
    Real right = a[n - 1] * y[n - 1] - equation.lambda * (1 - sigma) * y[n - 1];
    for (std::uint64_t j = 1; j < n; ++j) right -= a[j - 1] * (y[j] - y[j - 1]);
    y.push_back(right / (a[n - 1] + equation.lambda * sigma));
  }
  return y;
}

enum class ProductRule { explicit_rectangle, implicit_rectangle, trapezoid, predictor_corrector };

/// y_n = 1 + J^alpha (-lambda y).
Reals step_product(ProductRule rule, Relaxation equation, Real end, std::uint64_t steps) {
  std::vector<double> b(steps), a(steps), s(steps + 1);
  rectangle_weights(equation.alpha, 0, b);
  trapezoid_weights(equation.alpha, 0, a);
  trapezoid_start_weights(equation.alpha, 1, std::span(s).subspan(1));
  const Real scale = -equation.lambda * std::pow(end / static_cast<Real>(steps), static_cast<Real>(equation.alpha));
  Reals y{1};
  for (std::uint64_t n = 1; n <= steps; ++n) {
    Real rectangle = 0, shifted = 0, trapezoid = s[n] * y[0];
    for (std::uint64_t k = 0; k < n; ++k) rectangle += b[k] * y[n - 1 - k];
    for (std::uint64_t k = 1; k < n; ++k) {
      shifted += b[k] * y[n - k];
      trapezoid += a[k] * y[n - k];
    }
    switch (rule) {
      case ProductRule::explicit_rectangle: y.push_back(1 + scale * rectangle); break;
      case ProductRule::implicit_rectangle: y.push_back((1 + scale * shifted) / (1 - scale * b[0])); break;
      case ProductRule::trapezoid: y.push_back((1 + scale * trapezoid) / (1 - scale * a[0])); break;
      case ProductRule::predictor_corrector: y.push_back(1 + scale * (trapezoid + a[0] * (1 + scale * rectangle))); break;
    }
  }
  return y;
}

Reals step_trapezoid_mesh(Relaxation equation, std::span<const double> mesh) {
  Reals y{1};
  std::vector<double> a(mesh.size());
  for (std::uint64_t n = 1; n < mesh.size(); ++n) {
    trapezoid_mesh_weights(equation.alpha, mesh, n, std::span(a).first(n + 1));
    Real sum = 0;
    for (std::uint64_t j = 0; j < n; ++j) sum += a[j] * y[j];
    y.push_back((1 - equation.lambda * sum) / (1 + equation.lambda * a[n]));
  }
  return y;
}

/// Fractional linear multistep: y = 1 + h^alpha (Σ omega f + Σ w f) with starting weights, the first ones solved together.
Reals step_multistep(QuadratureRule rule, Relaxation equation, Real end, std::uint64_t steps) {
  const auto exponents = starting_exponents(equation.alpha, quadrature_order(rule) - 1);
  const std::size_t count = exponents.size();
  const auto starting = starting_weights(rule, -equation.alpha, exponents, steps);
  std::vector<double> omega(steps + 1);
  quadrature_weights(rule, -equation.alpha, 0, omega);
  const Real scale = -equation.lambda * std::pow(end / static_cast<Real>(steps), static_cast<Real>(equation.alpha));
  const auto weight = [&](std::uint64_t n, std::uint64_t j) {
    return static_cast<Real>(j < count ? starting.weights[(n - 1) * count + j] : 0.0) + (j <= n ? omega[n - j] : 0.0);
  };
  const std::size_t first = count - 1;  // y_1 … y_first
  std::vector<Reals> system(first, Reals(first + 1));
  for (std::size_t n = 1; n <= first; ++n) {
    for (std::size_t j = 1; j <= first; ++j) system[n - 1][j - 1] = (n == j ? 1 : 0) - scale * weight(n, j);
    system[n - 1][first] = 1 + scale * weight(n, 0);
  }
  for (std::size_t c = 0; c < first; ++c) {  // Gauss–Jordan
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < first; ++r)
      if (std::abs(system[r][c]) > std::abs(system[pivot][c])) pivot = r;
    std::swap(system[c], system[pivot]);
    for (std::size_t r = 0; r < first; ++r)
      for (std::size_t j = first + 1; r != c && j-- > c;) system[r][j] -= system[r][c] / system[c][c] * system[c][j];
  }
  Reals y{1};
  for (std::size_t n = 0; n < first; ++n) y.push_back(system[n][first] / system[n][n]);
  for (std::uint64_t n = count; n <= steps; ++n) {
    Real right = 1;
    for (std::uint64_t j = 0; j < n; ++j) right += scale * weight(n, j) * y[j];
    y.push_back(right / (1 - scale * weight(n, n)));
  }
  return y;
}

// ---- the schemes themselves, to rounding

TEST(QuadratureSchemes, AreTheDiscreteSchemesOfR05) {
  // Weights are off by at most 3 units of 2^-53, 6 in the sum of a step, whose weights are at most twice the first; an error
  // there comes back as often as the scheme answers to a unit in every step: (omega_0 h^-alpha + lambda) / lambda.
  const nlohmann::json cases = golden_problem("R05-relaxation-discrete");
  ASSERT_EQ(cases.size(), 8u);
  for (const auto& [key, table] : cases.items()) {
    const Relaxation equation{number_in(key, "alpha"), number_in(key, "lambda")};
    const std::string scheme = key.substr(key.rfind(' ') + 1);
    for (const auto& [count, entry] : table.items()) {
      const std::uint64_t steps = std::stoull(count);
      const double half[] = {0.5};
      const Reals y = scheme == "L1"     ? step_l(LScheme::l1, equation, 1, steps)
                      : scheme == "BDF1" ? step_quadrature(QuadratureRule::bdf1, equation, 1, steps, {})
                      : scheme == "BDF2" ? step_quadrature(QuadratureRule::bdf2, equation, 1, steps, {})
                                         : step_quadrature(QuadratureRule::bdf2, equation, 1, steps, half);
      const Real expected = std::stold(entry.at("y_N").get<std::string>());
      const double answer = 1 + 1.5 * std::pow(static_cast<double>(steps), equation.alpha) / equation.lambda;
      EXPECT_LE(static_cast<double>(std::abs(y.back() - expected)), 0x1p-53 * 6 * answer) << key << ", N = " << steps;
    }
  }
}

TEST(QuadratureSchemes, AreTheDiscreteSchemesOfR05OnAMeshOfEqualSteps) {
  const nlohmann::json cases = golden_problem("R05-relaxation-discrete");
  for (const auto& [key, table] : cases.items()) {
    if (key.substr(key.rfind(' ') + 1) != "L1") continue;
    const Relaxation equation{number_in(key, "alpha"), number_in(key, "lambda")};
    const Real expected = std::stold(table.at("320").at("y_N").get<std::string>());
    // Points n/320 are rounded, and the differences of two of them: 16 ulp of the weights and up to 320 units beside a step.
    EXPECT_NEAR(static_cast<double>(step_l_mesh(LScheme::l1, equation, uniform_mesh(1, 320)).back() - expected), 0,
                0x1p-53 * 336 * (1 + std::pow(320.0, equation.alpha) / equation.lambda));
  }
}

// ---- rough starts: E_alpha(-lambda t^alpha) behaves as 1 - c t^alpha

constexpr Relaxation kRough[] = {{0.3, 1}, {0.5, 1}, {0.8, 10}, {0.9, 1}};

TEST(QuadratureSchemes, HaveTheFullOrderOfBackwardDifferencesWithTheirCorrections) {
  for (const Relaxation equation : kRough) {
    const Real exact = relaxed_at_one(equation);
    for (int p = 1; p <= 6; ++p) {
      const auto rule = static_cast<QuadratureRule>(p - 1);
      // Zeros of delta at 1.41 (BDF5) and 1.158 (BDF6) have to decay before the order shows, and 2^-53 must be far: with BDF6
      // that is so where the solution is stiff.
      if (p == 6 && equation.lambda < 10) continue;
      const std::vector<std::uint64_t> steps = p <= 4   ? std::vector<std::uint64_t>{256, 512}
                                               : p == 5 ? std::vector<std::uint64_t>{96, 192}
                                                        : std::vector<std::uint64_t>{200, 300};
      expect_order(
          p, p <= 3 ? 0.1 : 0.5, steps,
          [&](std::uint64_t n) { return step_quadrature(rule, equation, 1, n, initial_corrections(rule, 0)).back() - exact; },
          named(to_string(rule), equation.alpha));
    }
  }
}

TEST(QuadratureSchemes, HaveOrderOneWithoutTheCorrections) {
  for (const QuadratureRule rule : {QuadratureRule::bdf2, QuadratureRule::bdf4, QuadratureRule::bdf6})
    expect_order(
        1, 0.1, {256, 512},
        [&](std::uint64_t n) { return step_quadrature(rule, kRough[1], 1, n, {}).back() - relaxed(kRough[1], 1); },
        named(to_string(rule), 0.5));
}

TEST(QuadratureSchemes, HaveTheFullOrderForOscillations) {
  // 1 < alpha < 2, with the initial values that R06 has: E_{alpha,1}(-t^alpha), and t E_{alpha,2}(-t^alpha) with g = -t, g' = -1.
  for (const double alpha : {1.2, 1.5, 1.8})
    for (int p = 2; p <= (alpha < 1.4 ? 5 : 4); ++p) {
      const auto rule = static_cast<QuadratureRule>(p - 1);
      const Relaxation equation{alpha, 1};
      const std::vector<std::uint64_t> steps =
          p <= 3 ? std::vector<std::uint64_t>{256, 512} : std::vector<std::uint64_t>{128, 256};
      expect_order(
          p, 0.25, steps,
          [&](std::uint64_t n) {
            return step_quadrature(rule, equation, 1, n, initial_corrections(rule, 0)).back() - relaxed(equation, 1);
          },
          named(to_string(rule), alpha));
      expect_order(
          p, 0.25, steps,
          [&](std::uint64_t n) {
            std::vector<double> omega(n + 1);
            quadrature_weights(rule, alpha, 0, omega);
            const Real h = Real(1) / static_cast<Real>(n), scale = std::pow(h, -static_cast<Real>(alpha));
            const auto correction = p > 2 ? initial_corrections(rule, 1) : std::span<const double>();
            Reals v{0};  // y - t
            for (std::uint64_t i = 1; i <= n; ++i) {
              Real right = -(static_cast<Real>(i) * h + (i <= correction.size() ? h * correction[i - 1] : 0));
              for (std::uint64_t k = 1; k <= i; ++k) right -= scale * omega[k] * v[i - k];
              v.push_back(right / (scale * omega[0] + 1));
            }
            Real exact = 0;
            for (int k = 1; k < 200; ++k) exact += (k % 2 == 0 ? 1 : -1) / std::tgamma(static_cast<Real>(alpha) * k + 2);
            return v.back() - exact;
          },
          named(to_string(rule), alpha) + " from a velocity");
    }
}

TEST(QuadratureSchemes, HaveTheFullOrderOfMultistepMethodsWithStartingWeights) {
  for (const QuadratureRule rule : {QuadratureRule::trapezoidal, QuadratureRule::newton_gregory, QuadratureRule::bdf2})
    for (const Relaxation equation : kRough) {
      const Real exact = relaxed_at_one(equation);
      expect_order(
          2, 0.2, {160, 320}, [&](std::uint64_t n) { return step_multistep(rule, equation, 1, n).back() - exact; },
          named(to_string(rule), equation.alpha));
    }
  expect_order(
      3, 0.2, {128, 256},
      [&](std::uint64_t n) { return step_multistep(QuadratureRule::bdf3, kRough[1], 1, n).back() - relaxed(kRough[1], 1); },
      "bdf3");
  expect_order(
      4, 0.35, {96, 192},
      [&](std::uint64_t n) { return step_multistep(QuadratureRule::bdf4, kRough[1], 1, n).back() - relaxed(kRough[1], 1); },
      "bdf4");
}

TEST(QuadratureSchemes, HaveOrderOneOfLSchemesOnUniformMeshes) {
  for (const LScheme scheme : {LScheme::l1, LScheme::l1_2, LScheme::l2_1_sigma})
    for (const Relaxation equation : {kRough[0], kRough[1], kRough[3]})
      expect_order(
          1, 0.12, {512, 1024}, [&](std::uint64_t n) { return step_l(scheme, equation, 1, n).back() - relaxed(equation, 1); },
          named(to_string(scheme), equation.alpha));
}

/// The largest error on the mesh.
Real largest_error(Relaxation equation, std::span<const double> mesh, const Reals& y) {
  Real worst = 0;
  for (std::size_t n = 0; n < mesh.size(); ++n) worst = std::max(worst, std::abs(y[n] - relaxed(equation, mesh[n])));
  return worst;
}

TEST(QuadratureSchemes, HaveTheirOrderOnGradedMeshes) {
  for (const double alpha : {0.4, 0.6, 0.8}) {
    const Relaxation equation{alpha, 1};
    // L1: min(r alpha, 2 - alpha)
    for (const double r : {1.0, 1.5, (2 - alpha) / alpha})
      expect_order(
          std::min(r * alpha, 2 - alpha), 0.12, {128, 256},
          [&](std::uint64_t n) {
            const auto mesh = graded_mesh(1, n, r);
            return largest_error(equation, mesh, step_l_mesh(LScheme::l1, equation, mesh));
          },
          named("l1 graded", alpha) + ", r = " + std::to_string(r));
    expect_order(
        2, 0.15, {128, 256},
        [&](std::uint64_t n) {
          const auto mesh = graded_mesh(1, n, 2 / alpha);
          return largest_error(equation, mesh, step_l_mesh(LScheme::l2_1_sigma, equation, mesh));
        },
        named("l2_1_sigma graded", alpha));
    expect_order(
        2, 0.15, {128, 256},
        [&](std::uint64_t n) {
          const auto mesh = graded_mesh(1, n, 2 / alpha);
          return largest_error(equation, mesh, step_trapezoid_mesh(equation, mesh));
        },
        named("trapezoid graded", alpha));
  }
}

TEST(QuadratureSchemes, HaveTheOrdersOfProductIntegration) {
  for (const Relaxation equation : {kRough[1], Relaxation{0.8, 1}}) {
    const auto error = [equation](ProductRule rule) {
      return [=](std::uint64_t n) { return step_product(rule, equation, 1, n).back() - relaxed(equation, 1); };
    };
    const double alpha = equation.alpha;
    expect_order(1, 0.15, {1024, 2048}, error(ProductRule::explicit_rectangle), named("explicit rectangle", alpha));
    expect_order(1, 0.15, {1024, 2048}, error(ProductRule::implicit_rectangle), named("implicit rectangle", alpha));
    expect_order(1 + alpha, 0.15, {1024, 2048}, error(ProductRule::trapezoid), named("trapezoid", alpha));
    expect_order(1 + alpha, 0.2, {1024, 2048}, error(ProductRule::predictor_corrector), named("predictor corrector", alpha));
  }
}

}  // namespace
}  // namespace almanac::compute
