// D^alpha y = -lambda y + f(t), Caputo, 0 < alpha ≤ 2: how a fractional element lets go. Its exact solution is known beside it.
// Source: Caputo, Mainardi 1971, Rivista del Nuovo Cimento 1, 161; Gorenflo, Mainardi 1997.
#include "equation_case.hpp"
#include "exact_solution.hpp"

#include <utility>

namespace almanac::models {
namespace {

class Relaxation final : public Model {
 public:
  std::string_view equation() const noexcept override { return "relaxation"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles&) const override {
    EquationSetup setup;
    setup.name = equation();
    mission::Section model = text.section("model");
    const double alpha = model.real("alpha", {.low = 0, .high = 2, .low_open = true});
    const double lambda = model.real("lambda", mission::kFinite, 1);
    read_frame(setup, text, alpha, kRowsOfASignal);
    const InitialValues initial = read_initial(text, alpha, 1);
    setup.forcing = read_forcing(text);
    setup.parameters = {{"alpha", alpha}, {"lambda", lambda}};
    setup.units = initial.units;
    setup.equation = compute::single_term(
        alpha, [lambda, f = setup.forcing](double t, std::span<const double> y, std::span<double> out) { out[0] = f.at(t) - lambda * y[0]; },
        initial.rows);
    setup.equation.jacobian = [lambda](double, std::span<const double>, std::span<double> out) { out[0] = -lambda; };
    setup.exact = exact_solution(alpha, lambda, initial.value, initial.velocity, setup.forcing);
    return make_equation_case(std::move(setup), text);
  }
};

}  // namespace

std::unique_ptr<Model> make_relaxation() { return std::make_unique<Relaxation>(); }

}  // namespace almanac::models
