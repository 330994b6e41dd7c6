#include "scheme_family.hpp"

#include "written.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fractional_equation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace almanac::compute {
namespace {

constexpr std::array<std::pair<FractionalScheme, std::string_view>, 16> kSchemeNames{{
    {FractionalScheme::grunwald, "grunwald"},
    {FractionalScheme::bdf2, "bdf2"},
    {FractionalScheme::bdf3, "bdf3"},
    {FractionalScheme::bdf4, "bdf4"},
    {FractionalScheme::bdf5, "bdf5"},
    {FractionalScheme::bdf6, "bdf6"},
    {FractionalScheme::trapezoidal, "trapezoidal"},
    {FractionalScheme::newton_gregory, "newton_gregory"},
    {FractionalScheme::flmm_bdf2, "flmm_bdf2"},
    {FractionalScheme::l1, "l1"},
    {FractionalScheme::l1_2, "l1_2"},
    {FractionalScheme::l2_1_sigma, "l2_1_sigma"},
    {FractionalScheme::rectangle_explicit, "rectangle_explicit"},
    {FractionalScheme::rectangle_implicit, "rectangle_implicit"},
    {FractionalScheme::product_trapezoid, "product_trapezoid"},
    {FractionalScheme::predictor_corrector, "predictor_corrector"},
}};

constexpr std::array<std::pair<StartCorrection, std::string_view>, 4> kStartNames{{
    {StartCorrection::automatic, "automatic"},
    {StartCorrection::none, "none"},
    {StartCorrection::initial, "initial"},
    {StartCorrection::starting_weights, "starting_weights"},
}};

constexpr std::array<std::pair<FractionalDerivative, std::string_view>, 3> kDerivativeNames{{
    {FractionalDerivative::caputo, "caputo"},
    {FractionalDerivative::riemann_liouville, "riemann_liouville"},
    {FractionalDerivative::grunwald_letnikov, "grunwald_letnikov"},
}};

template <class Names, class Value>
std::string_view name_in(const Names& names, Value value) noexcept {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return "?";
}

template <class Names>
auto value_in(const Names& names, std::string_view text) noexcept -> std::optional<typename Names::value_type::first_type> {
  for (const auto& [known, name] : names)
    if (name == text) return known;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FractionalScheme scheme) noexcept { return name_in(kSchemeNames, scheme); }
std::string_view to_string(StartCorrection correction) noexcept { return name_in(kStartNames, correction); }
std::string_view to_string(FractionalDerivative derivative) noexcept { return name_in(kDerivativeNames, derivative); }

std::optional<FractionalScheme> parse_fractional_scheme(std::string_view name) noexcept {
  return name == "bdf1" ? FractionalScheme::grunwald : value_in(kSchemeNames, name);
}
std::optional<StartCorrection> parse_start_correction(std::string_view name) noexcept { return value_in(kStartNames, name); }
std::optional<FractionalDerivative> parse_fractional_derivative(std::string_view name) noexcept {
  return value_in(kDerivativeNames, name);
}

bool takes_any_mesh(FractionalScheme scheme) noexcept {
  using stepping::SchemeFamily;
  const SchemeFamily family = stepping::family_of(scheme);
  return family == SchemeFamily::l_scheme || family == SchemeFamily::product;
}

double fractional_order(FractionalScheme scheme, double alpha, int corrections) {
  using stepping::SchemeFamily;
  if (name_in(kSchemeNames, scheme) == "?")
    throw ArgumentError("scheme", written(static_cast<int>(scheme)), "be an enumerator");
  if (corrections < 1) throw ArgumentError("corrections", written(corrections), "be at least 1");
  const auto within = [&](bool is, const char* range) {
    if (!is)
      throw ArgumentError("alpha", written(alpha), std::string("lie in ") + range + " with " + std::string(to_string(scheme)));
  };
  const SchemeFamily family = stepping::family_of(scheme);
  if (family == SchemeFamily::quadrature) within(alpha > 0 && alpha <= kMaxFractionalOrder, "(0, 4]");
  if (family == SchemeFamily::multistep || family == SchemeFamily::product) within(alpha > 0 && alpha <= 2, "(0, 2]");
  if (scheme == FractionalScheme::l1) within(alpha > 0 && alpha < 2 && alpha != 1, "(0, 1) or (1, 2)");
  if (scheme == FractionalScheme::l1_2 || scheme == FractionalScheme::l2_1_sigma) within(alpha > 0 && alpha < 1, "(0, 1)");
  switch (scheme) {
    case FractionalScheme::l1: return alpha < 1 ? 2 - alpha : 3 - alpha;
    case FractionalScheme::l1_2: return 3 - alpha;
    case FractionalScheme::rectangle_explicit:
    case FractionalScheme::rectangle_implicit: return 1;
    case FractionalScheme::predictor_corrector: return std::min(2.0, 1 + corrections * alpha);
    case FractionalScheme::l2_1_sigma:
    case FractionalScheme::product_trapezoid: return 2;
    default: return quadrature_order(stepping::quadrature_rule_of(scheme));
  }
}

namespace stepping {

SchemeFamily family_of(FractionalScheme scheme) noexcept {
  switch (scheme) {
    case FractionalScheme::trapezoidal:
    case FractionalScheme::newton_gregory:
    case FractionalScheme::flmm_bdf2: return SchemeFamily::multistep;
    case FractionalScheme::l1:
    case FractionalScheme::l1_2:
    case FractionalScheme::l2_1_sigma: return SchemeFamily::l_scheme;
    case FractionalScheme::rectangle_explicit:
    case FractionalScheme::rectangle_implicit:
    case FractionalScheme::product_trapezoid:
    case FractionalScheme::predictor_corrector: return SchemeFamily::product;
    default: return SchemeFamily::quadrature;
  }
}

QuadratureRule quadrature_rule_of(FractionalScheme scheme) noexcept {
  switch (scheme) {
    case FractionalScheme::bdf2:
    case FractionalScheme::flmm_bdf2: return QuadratureRule::bdf2;
    case FractionalScheme::bdf3: return QuadratureRule::bdf3;
    case FractionalScheme::bdf4: return QuadratureRule::bdf4;
    case FractionalScheme::bdf5: return QuadratureRule::bdf5;
    case FractionalScheme::bdf6: return QuadratureRule::bdf6;
    case FractionalScheme::trapezoidal: return QuadratureRule::trapezoidal;
    case FractionalScheme::newton_gregory: return QuadratureRule::newton_gregory;
    default: return QuadratureRule::bdf1;
  }
}

LScheme l_scheme_of(FractionalScheme scheme) noexcept {
  return scheme == FractionalScheme::l1 ? LScheme::l1 : scheme == FractionalScheme::l1_2 ? LScheme::l1_2 : LScheme::l2_1_sigma;
}

}  // namespace stepping
}  // namespace almanac::compute
