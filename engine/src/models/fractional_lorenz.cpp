// D^alpha x = sigma (y - x), D^alpha y = x (rho - z) - y, D^alpha z = x y - beta z, Caputo, one order for all three: Lorenz's
// convection with a memory. At the classical parameters the eigenvalues 0.0940 ± 10.1945i at the centres of its wings make these
// stable for alpha below 0.9941: there it may come to rest.
// Source: Lorenz 1963, J. Atmos. Sci. 20, 130; Grigorenko, Grigorenko 2003, Phys. Rev. Lett. 91, 034101; stability: Matignon 1996,
// Proc. IMACS-SMC, 963.
#include "equation_case.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace almanac::models {
namespace {

class FractionalLorenz final : public Model {
 public:
  std::string_view equation() const noexcept override { return "fractional_lorenz"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles&) const override {
    EquationSetup setup;
    setup.name = equation();
    setup.components = {"x", "y", "z"};
    mission::Section model = text.section("model");
    const double alpha = model.real("alpha", {.low = 0, .high = 1, .low_open = true});
    const double sigma = model.real("sigma", mission::kFinite, 10);
    const double rho = model.real("rho", mission::kFinite, 28);
    const double beta = model.real("beta", mission::kFinite, 8.0 / 3);
    read_frame(setup, text, alpha, kRowsOfAPortrait);
    setup.parameters = {{"alpha", alpha}, {"sigma", sigma}, {"rho", rho}, {"beta", beta}};
    mission::Section initial = text.section("initial");
    std::vector<double> values{1, 1, 1};
    if (initial.has("values")) values = initial.reals("values", mission::kFinite);
    if (values.size() != 3) initial.complain("values", "must be three: x, y and z at the start");
    setup.units = read_units(initial);
    setup.equation = compute::single_term(
        alpha,
        [=](double, std::span<const double> v, std::span<double> out) {
          out[0] = sigma * (v[1] - v[0]);
          out[1] = v[0] * (rho - v[2]) - v[1];
          out[2] = v[0] * v[1] - beta * v[2];
        },
        std::move(values), 3);
    setup.equation.jacobian = [=](double, std::span<const double> v, std::span<double> out) {
      const double rows[] = {-sigma, sigma, 0, rho - v[2], -1, -v[0], v[1], v[0], -beta};
      std::copy(std::begin(rows), std::end(rows), out.begin());
    };
    return make_equation_case(std::move(setup), text);
  }
};

}  // namespace

std::unique_ptr<Model> make_fractional_lorenz() { return std::make_unique<FractionalLorenz>(); }

}  // namespace almanac::models
