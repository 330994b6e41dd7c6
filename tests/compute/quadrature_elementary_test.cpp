// Schemes made of the weights, on functions whose derivatives and integrals are known.
#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/l_schemes.hpp>
#include <almanac/compute/product_integration.hpp>
#include <almanac/compute/starting_weights.hpp>

#include "observed_order.hpp"
#include "quadrature_golden.hpp"

namespace almanac::compute {
namespace {

/// "RL D^0.3 t^2.5 at t=1" and the like.
struct Elementary {
  bool caputo;
  double alpha;
  std::string function;
  double mu, t, value;
};

std::vector<Elementary> elementary_derivatives() {
  std::vector<Elementary> list;
  const nlohmann::json values = golden_problem("R21-elementary");
  for (const auto& [key, text] : values.items()) {
    if (key.rfind("Liouville", 0) == 0) continue;  // from minus infinity on
    Elementary e{key.rfind("Caputo", 0) == 0, std::stod(key.substr(key.find("D^") + 2)), "", 0,
                 number_in(key, " t"),        std::stod(text.get<std::string>())};
    const std::size_t name = key.find(' ', key.find("D^")) + 1;
    e.function = key.substr(name, key.find(" at ") - name);
    if (e.function.rfind("t^", 0) == 0) {
      e.mu = std::stod(e.function.substr(2));
      e.function = "power";
    }
    list.push_back(e);
  }
  EXPECT_EQ(list.size(), 24u);
  return list;
}

Real value_of(const Elementary& e, Real t) {
  if (e.function == "power") return std::pow(t, static_cast<Real>(e.mu));
  return e.function == "exp(t)" ? std::exp(t) : std::sin(t);
}

TEST(ElementaryDerivatives, OfR21ByConvolutionQuadratureHaveTheirOrder) {
  // Riemann–Liouville of t^mu: one part of the error has order p, and vanishes where mu - alpha is a whole number below p; the
  // other has order mu + 1, or mu + 2 for the even powers, whose zeta(-mu) is 0. exp begins with t^0; with starting weights for
  // the whole powers below p the order is p.
  for (const Elementary& e : elementary_derivatives()) {
    if (e.caputo) continue;
    for (int p = 1; p <= 4; ++p) {
      const auto rule = static_cast<QuadratureRule>(p - 1);
      const auto error = [&](bool start) {
        return [&, start](std::uint64_t n) {
          std::vector<double> omega(n + 1), exponents;
          quadrature_weights(rule, e.alpha, 0, omega);
          const Real h = e.t / static_cast<Real>(n);
          Real sum = 0;
          for (std::uint64_t k = 0; k <= n; ++k) sum += omega[n - k] * value_of(e, static_cast<Real>(k) * h);
          if (start) {
            for (int i = 0; i < p; ++i) exponents.push_back(i);
            const auto starting = starting_weights(rule, e.alpha, exponents, n);
            for (std::size_t j = 0; j < exponents.size(); ++j)
              sum += starting.weights[(n - 1) * exponents.size() + j] * value_of(e, static_cast<Real>(j) * h);
          }
          return sum * std::pow(h, -static_cast<Real>(e.alpha)) - e.value;
        };
      };
      const std::string what = named(to_string(rule), e.alpha) + " of " + e.function + " " + std::to_string(e.mu);
      const bool whole = e.mu == std::floor(e.mu);
      if (e.function == "power" && !whole && p <= 3) {
        const double difference = e.mu - e.alpha;
        const bool vanishes = difference == std::floor(difference) && difference < p;
        expect_order(vanishes ? e.mu + 1 : std::min<double>(p, e.mu + 1), 0.2, {60, 120}, error(false), what);
      }
      if (e.function == "power" && whole) expect_order(std::min<double>(p, e.mu + 1), 0.1, {200, 400}, error(false), what);
      if (e.function == "exp(t)" && p > 2) expect_order(1, 0.1, {200, 400}, error(false), what);
      if (e.function == "exp(t)") expect_order(p, 0.1, {100, 200}, error(true), what + ", starting weights");
    }
  }
}

TEST(ElementaryDerivatives, OfR21ByLSchemesHaveTheirOrder) {
  for (const Elementary& e : elementary_derivatives()) {
    if (!e.caputo) continue;
    for (const LScheme scheme : {LScheme::l1, LScheme::l1_2, LScheme::l2_1_sigma}) {
      const double order = scheme == LScheme::l1 ? 2 - e.alpha : 3 - e.alpha;
      const auto difference = [&](std::uint64_t n, Real h) {
        std::vector<double> c(n), beta(1);
        l_weights(scheme, e.alpha, 0, c);
        l_corrections(scheme, e.alpha, n, beta);
        Real sum = -beta[0] * (value_of(e, h) - value_of(e, 0));
        for (std::uint64_t k = 0; k < n; ++k)
          sum += c[k] * (value_of(e, static_cast<Real>(n - k) * h) - value_of(e, static_cast<Real>(n - k - 1) * h));
        return sum * std::pow(h, -static_cast<Real>(e.alpha)) - static_cast<Real>(e.value);
      };
      const Real sigma = l_offset(scheme, e.alpha);
      expect_order(
          order, 0.12, {400, 800}, [&](std::uint64_t n) { return difference(n, e.t / (static_cast<Real>(n) - 1 + sigma)); },
          named(to_string(scheme), e.alpha) + " of " + e.function);
    }
  }
}

TEST(ElementaryDerivatives, OfCubesBySunAndWuHaveOrderThreeMinusAlpha) {
  // The mean over the last step of D^alpha t^3 = Gamma(4) / Gamma(4-alpha) t^(3-alpha), up to t = 2; u' = 0 at 0.
  for (const double alpha : {1.2, 1.5, 1.8})
    expect_order(
        3 - alpha, 0.05, {400, 800},
        [alpha](std::uint64_t n) {
          std::vector<double> c(n);
          l_weights(LScheme::l1, alpha, 0, c);
          const Real a = alpha, h = Real(2) / static_cast<Real>(n);
          const auto cube = [h](std::uint64_t j) { return std::pow(static_cast<Real>(j) * h, Real(3)); };
          const auto slope = [&](std::uint64_t j) { return j == 0 ? 0 : (cube(j) - cube(j - 1)) / h; };
          Real sum = 0;
          for (std::uint64_t k = 0; k < n; ++k) sum += c[k] * (slope(n - k) - slope(n - k - 1));
          const auto exact = [a](Real t) { return 6 / std::tgamma(4 - a) * std::pow(t, 3 - a); };
          return sum * std::pow(h, 1 - a) - (exact(2) + exact(2 - h)) / 2;
        },
        named("Sun–Wu", alpha));
}

TEST(ElementaryDerivatives, OfCubesByL2HaveOrderOne) {
  for (const double alpha : {1.2, 1.5, 1.8})
    for (const int back : {0, 1})
      expect_order(
          1, 0.1, {800, 1600},
          [alpha, back](std::uint64_t n) {
            std::vector<double> c(n);
            l_weights(LScheme::l1, alpha, 0, c);
            const Real a = alpha, h = Real(2) / static_cast<Real>(n);
            const auto cube = [h](std::int64_t j) { return std::pow(static_cast<Real>(j) * h, Real(3)); };
            Real sum = 0;
            for (std::uint64_t k = 0; k < n; ++k) {
              const auto middle = static_cast<std::int64_t>(n - k) - back;
              sum += c[k] * (cube(middle + 1) - 2 * cube(middle) + cube(middle - 1));
            }
            return sum * std::pow(h, -a) - 6 / std::tgamma(4 - a) * std::pow(Real(2), 3 - a);
          },
          named("L2", alpha));
}

TEST(ElementaryIntegrals, OfPowersByProductIntegrationHaveTheirOrder) {
  // J^alpha t^mu = Gamma(mu+1) / Gamma(mu+1+alpha) t^(mu+alpha) at t = 1
  for (const double alpha : {0.3, 0.7, 1.5})
    for (const double mu : {0.4, 1.0, 2.5}) {
      const Real exact =
          std::tgamma(static_cast<Real>(mu) + 1) / std::tgamma(static_cast<Real>(mu) + 1 + static_cast<Real>(alpha));
      const auto f = [mu](Real t) { return std::pow(t, static_cast<Real>(mu)); };
      const auto rectangle = [&](bool later) {
        return [&, later](std::uint64_t n) {
          std::vector<double> b(n);
          rectangle_weights(alpha, 0, b);
          Real sum = 0;
          for (std::uint64_t k = 0; k < n; ++k)
            sum += b[k] * f(static_cast<Real>(later ? n - k : n - 1 - k) / static_cast<Real>(n));
          return sum * std::pow(static_cast<Real>(n), -static_cast<Real>(alpha)) - exact;
        };
      };
      const auto trapezoid = [&](std::uint64_t n) {
        std::vector<double> a(n), s(1);
        trapezoid_weights(alpha, 0, a);
        trapezoid_start_weights(alpha, n, s);
        Real sum = s[0] * f(0);
        for (std::uint64_t k = 0; k < n; ++k) sum += a[k] * f(static_cast<Real>(n - k) / static_cast<Real>(n));
        return sum * std::pow(static_cast<Real>(n), -static_cast<Real>(alpha)) - exact;
      };
      const std::string what = std::to_string(alpha) + ", t^" + std::to_string(mu);
      expect_order(1, 0.15, {1000, 2000}, rectangle(false), "explicit rectangle, alpha = " + what);
      expect_order(1, 0.15, {1000, 2000}, rectangle(true), "implicit rectangle, alpha = " + what);
      if (mu == 1.0) {  // linear: exact but for rounding
        EXPECT_NEAR(static_cast<double>(trapezoid(1000)), 0, 1000 * 0x1p-53) << what;
      } else {
        expect_order(std::min(2.0, 1 + mu), 0.15, {1000, 2000}, trapezoid, "trapezoid, alpha = " + what);
      }
    }
}

}  // namespace
}  // namespace almanac::compute
