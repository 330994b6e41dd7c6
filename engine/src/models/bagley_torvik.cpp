// A y'' + B D^(3/2) y + C y = f(t), Caputo: a rigid plate of mass A on a spring C in a Newtonian fluid, which drags it by
// B = 2 S sqrt(viscosity density), S the area of its side.
// Source: Bagley, Torvik 1984, J. Appl. Mech. 51, 294; Diethelm, Ford 2002, BIT 42, 490.
#include "equation_case.hpp"

#include <utility>

namespace almanac::models {
namespace {

class BagleyTorvik final : public Model {
 public:
  std::string_view equation() const noexcept override { return "bagley_torvik"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles&) const override {
    EquationSetup setup;
    setup.name = equation();
    setup.order_field = "scheme";  // the orders are what they are: only the scheme can be another
    mission::Section model = text.section("model");
    const double mass = model.real("mass", mission::kPositive, 1);
    const double damping = model.real("damping", mission::kFinite, 1);
    const double stiffness = model.real("stiffness", mission::kFinite, 1);
    read_frame(setup, text, 2, kRowsOfASignal);
    const InitialValues initial = read_initial(text, 2, 0);
    setup.forcing = read_forcing(text);
    setup.parameters = {{"mass", mass}, {"damping", damping}, {"stiffness", stiffness}};
    setup.units = initial.units;
    if (damping != 0) setup.equation.terms.push_back({1.5, damping});
    setup.equation.terms.push_back({2, mass});
    setup.equation.initial = initial.rows;
    setup.equation.f = [stiffness, f = setup.forcing](double t, std::span<const double> y, std::span<double> out) {
      out[0] = f.at(t) - stiffness * y[0];
    };
    setup.equation.jacobian = [stiffness](double, std::span<const double>, std::span<double> out) { out[0] = -stiffness; };
    return make_equation_case(std::move(setup), text);
  }
};

}  // namespace

std::unique_ptr<Model> make_bagley_torvik() { return std::make_unique<BagleyTorvik>(); }

}  // namespace almanac::models
