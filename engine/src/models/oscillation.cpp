// D^alpha y + c D^beta y + omega^alpha y = f(t), Caputo, 1 < alpha ≤ 2, 0 < beta < alpha. Without damping (c = 0) the fractional
// oscillator, whose exact solution is known beside it; with alpha = 2 an ordinary one with fractional damping.
// Source: Mainardi 1996, Chaos, Solitons & Fractals 7, 1461; damping: Rossikhin, Shitikova 1997, Appl. Mech. Rev. 50, 15.
#include "equation_case.hpp"
#include "exact_solution.hpp"

#include <cmath>
#include <utility>

namespace almanac::models {
namespace {

class Oscillation final : public Model {
 public:
  std::string_view equation() const noexcept override { return "oscillation"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles&) const override {
    EquationSetup setup;
    setup.name = equation();
    mission::Section model = text.section("model");
    const double alpha = model.real("alpha", {.low = 1, .high = 2, .low_open = true}, 2);
    const double omega = model.real("omega", mission::kPositive, 1);
    const double damping = model.real("damping", mission::kFinite, 0);
    const double stiffness = std::pow(omega, alpha);
    if (!std::isnormal(stiffness)) model.complain("omega", "omega^alpha must be a normal number");
    setup.parameters = {{"alpha", alpha}, {"omega", omega}, {"damping", damping}};
    std::vector<compute::FractionalTerm> terms{{alpha, 1.0}};
    const mission::Range orders{.low = 0, .high = alpha, .low_open = true, .high_open = true};
    if (damping != 0) {
      const double beta = model.real("damping_order", orders);
      setup.parameters.emplace_back("damping_order", beta);
      terms.insert(terms.begin(), {beta, damping});
    } else {
      // A sweep of damping may begin at none, beside one of its order.
      if (model.has("damping_order")) model.real("damping_order", orders);
    }
    read_frame(setup, text, alpha, kRowsOfASignal);
    const InitialValues initial = read_initial(text, alpha, 1);
    setup.forcing = read_forcing(text);
    setup.units = initial.units;
    setup.equation.terms = std::move(terms);
    setup.equation.initial = initial.rows;
    setup.equation.f = [stiffness, f = setup.forcing](double t, std::span<const double> y, std::span<double> out) {
      out[0] = f.at(t) - stiffness * y[0];
    };
    setup.equation.jacobian = [stiffness](double, std::span<const double>, std::span<double> out) { out[0] = -stiffness; };
    if (damping == 0) setup.exact = exact_solution(alpha, stiffness, initial.value, initial.velocity, setup.forcing);
    return make_equation_case(std::move(setup), text);
  }
};

}  // namespace

std::unique_ptr<Model> make_oscillation() { return std::make_unique<Oscillation>(); }

}  // namespace almanac::models
