#include "check_equation.hpp"

#include "written.hpp"
#include "initial_part.hpp"
#include "scheme_family.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/time_mesh.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace almanac::compute::stepping {
namespace {

std::string numbered(const char* name, std::size_t i, const char* field = "") {
  return std::string(name) + "[" + written(i) + "]" + field;
}

void check_terms(const FractionalEquation& equation) {
  if (equation.terms.empty()) throw ArgumentError("terms", "none", "be at least one");
  double before = 0;
  for (std::size_t i = 0; i < equation.terms.size(); ++i) {
    const auto& [order, coefficient] = equation.terms[i];
    if (!(order > 0 && order <= kMaxFractionalOrder))
      throw ArgumentError(numbered("terms", i, ".order"), written(order), "lie in (0, 4]");
    if (!(order > before))
      throw ArgumentError(numbered("terms", i, ".order"), written(order), "exceed the one before, " + written(before));
    if (!std::isfinite(coefficient))
      throw ArgumentError(numbered("terms", i, ".coefficient"), written(coefficient), "be finite");
    before = order;
  }
  if (equation.terms.back().coefficient == 0)
    throw ArgumentError(numbered("terms", equation.terms.size() - 1, ".coefficient"), "0",
                        "not be 0 in the term of the largest order");
}

void check_data(const FractionalEquation& equation) {
  if (!equation.f) throw ArgumentError("f", "nothing", "be given");
  if (equation.unknowns < 1 || equation.unknowns > (std::int64_t{1} << 40))
    throw ArgumentError("unknowns", written(equation.unknowns), "lie in [1, 2^40]");
  const auto n = static_cast<std::size_t>(equation.unknowns);
  const bool sample = equation.derivative == FractionalDerivative::grunwald_letnikov;
  const std::size_t rows = sample ? 1 : static_cast<std::size_t>(std::ceil(equation.terms.back().order));
  const bool may_be_empty = equation.derivative != FractionalDerivative::caputo;
  if (to_string(equation.derivative) == "?")
    throw ArgumentError("derivative", written(static_cast<int>(equation.derivative)), "be an enumerator");
  if (!(may_be_empty && equation.initial.empty()) && equation.initial.size() != rows * n)
    throw ArgumentError("initial", written(equation.initial.size()) + " values",
                        "be " + written(rows) + " rows of " + written(n) + " unknowns");
  for (std::size_t i = 0; i < equation.initial.size(); ++i)
    if (!std::isfinite(equation.initial[i]))
      throw ArgumentError(numbered("initial", i), written(equation.initial[i]), "be finite");
}

void check_times(const FractionalTimes& times) {
  if (!times.mesh.empty()) return check_mesh(times.mesh);
  if (!std::isfinite(times.start)) throw ArgumentError("start", written(times.start), "be finite");
  if (!(times.end > times.start && std::isfinite(times.end - times.start)))
    throw ArgumentError("end", written(times.end), "be finite and above start = " + written(times.start));
  if (times.steps < 1 || static_cast<std::uint64_t>(times.steps) > kMaxMeshSteps)
    throw ArgumentError("steps", written(times.steps), "lie in [1, " + written(kMaxMeshSteps) + "]");
  const double step = (times.end - times.start) / static_cast<double>(times.steps);
  if (!(times.start + step > times.start && times.end - step < times.end))
    throw ArgumentError("steps", written(times.steps),
                        "be so few that start + step differs from start, and end - step from end, in double");
}

void check_options(const FractionalOptions& options) {
  if (to_string(options.start) == "?")
    throw ArgumentError("start", written(static_cast<int>(options.start)), "be an enumerator");
  if (options.corrections < 1 || options.corrections > 100)
    throw ArgumentError("corrections", written(options.corrections), "lie in [1, 100]");
  if (!(options.newton_tolerance >= kMinNewtonTolerance && options.newton_tolerance <= 0.1))
    throw ArgumentError("newton_tolerance", written(options.newton_tolerance), "lie in [1e-15, 0.1]");
  if (!(options.history_tolerance >= kMinExponentialTolerance && options.history_tolerance <= 1))
    throw ArgumentError("history_tolerance", written(options.history_tolerance), "lie in [1e-15, 1]");
  if (options.newton_iterations < 1 || options.newton_iterations > 1000)
    throw ArgumentError("newton_iterations", written(options.newton_iterations), "lie in [1, 1000]");
  if (options.threads < 1) throw ArgumentError("threads", written(options.threads), "be at least 1");
}

bool is_implicit(FractionalScheme scheme) {
  return scheme != FractionalScheme::rectangle_explicit && scheme != FractionalScheme::predictor_corrector;
}

void check_variable_order(const FractionalEquation& equation, const FractionalOptions& options) {
  if (!equation.variable_order) return;
  if (equation.terms.size() != 1 || equation.terms[0].order > 1)
    throw ArgumentError("terms", written(equation.terms.size()) + " terms", "be one of order at most 1 where the order varies");
  if (options.scheme != FractionalScheme::l1)
    throw ArgumentError("scheme", std::string(to_string(options.scheme)), "be l1 where the order varies");
}

/// What a scheme takes of terms, derivatives and meshes.
void check_scheme(const FractionalEquation& equation, bool uniform, const FractionalOptions& options) {
  const std::string name(to_string(options.scheme));
  const SchemeFamily family = family_of(options.scheme);
  const double alpha = equation.terms.back().order;
  if (!equation.variable_order)
    for (const FractionalTerm& term : equation.terms) fractional_order(options.scheme, term.order, options.corrections);
  const bool several =
      family == SchemeFamily::quadrature || options.scheme == FractionalScheme::l1 || options.scheme == FractionalScheme::l1_2;
  if (equation.terms.size() > 1 && !several)
    throw ArgumentError("terms", written(equation.terms.size()) + " terms", "be one with " + name);
  if (equation.terms.size() > 1 && family == SchemeFamily::l_scheme && alpha > 1)
    throw ArgumentError("terms", "order " + written(alpha), "have orders below 1 with " + name + " where there are several");
  if (!uniform && !takes_any_mesh(options.scheme))
    throw ArgumentError("mesh", "given", "not be given with " + name + ", whose steps are equal");
  if (!uniform && family == SchemeFamily::l_scheme && alpha > 1)
    throw ArgumentError("mesh", "given", "not be given with l1 for an order above 1");
  if (equation.derivative == FractionalDerivative::grunwald_letnikov && family != SchemeFamily::quadrature)
    throw ArgumentError("scheme", name, "be grunwald or bdf2 … bdf6 for grunwald_letnikov");
  if (is_implicit(options.scheme) && !equation.linear_solve && equation.unknowns > kMaxNewtonUnknowns)
    throw ArgumentError("unknowns", written(equation.unknowns),
                        "be at most " + written(kMaxNewtonUnknowns) + " with " + name +
                            ", whose Jacobian is dense, where no linear_solve is given");
}

/// What the data ask of a scheme.
void check_start(const FractionalEquation& equation, const FractionalTimes& times, const FractionalOptions& options) {
  const std::string name(to_string(options.scheme));
  const SchemeFamily family = family_of(options.scheme);
  const InitialPart part(equation, 0.0);
  if (equation.derivative == FractionalDerivative::riemann_liouville && !part.powers().empty()) {
    if (equation.terms.size() > 1)
      throw ArgumentError("initial", "not zero", "be zero for riemann_liouville with several terms");
    if (!part.is_finite() && family != SchemeFamily::quadrature && options.scheme != FractionalScheme::rectangle_implicit)
      throw ArgumentError("scheme", name,
                          "be grunwald, bdf2 … bdf6 or rectangle_implicit where y(t_0) is infinite: others ask for f there");
    if (family == SchemeFamily::l_scheme)
      throw ArgumentError("scheme", name, "not be one of caputo's for riemann_liouville data that are not zero");
  }
  if (family != SchemeFamily::quadrature || options.scheme == FractionalScheme::grunwald) return;
  const bool known = options.start == StartCorrection::none || options.start == StartCorrection::automatic;
  if (!known && equation.derivative == FractionalDerivative::grunwald_letnikov)
    throw ArgumentError("start", std::string(to_string(options.start)), "be none for grunwald_letnikov");
  const auto fewest = static_cast<std::int64_t>(fractional_order(options.scheme, equation.terms.back().order)) - 1;
  if (options.start == StartCorrection::initial && !part.is_polynomial())
    throw ArgumentError("start", "initial", "be another one where the initial part is not a polynomial");
  if (options.start == StartCorrection::initial && times.steps < fewest)
    throw ArgumentError("steps", written(times.steps),
                        "be at least " + written(fewest) + " with " + name + " and initial corrections");
}

}  // namespace

void check_equation(const FractionalEquation& equation, const FractionalTimes& times, const FractionalOptions& options) {
  check_terms(equation);
  check_data(equation);
  check_times(times);
  check_options(options);
  check_variable_order(equation, options);
  check_scheme(equation, times.mesh.empty(), options);
  check_start(equation, times, options);
}

}  // namespace almanac::compute::stepping
