// Σ_i c_i D^(alpha_i) y + linear y = f(t), Caputo, any orders up to 4.
// Source: Diethelm, Luchko 2004, J. Comput. Anal. Appl. 6, 243.
#include "equation_case.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace almanac::models {
namespace {

class MultiTerm final : public Model {
 public:
  std::string_view equation() const noexcept override { return "multi_term"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles&) const override {
    EquationSetup setup;
    setup.name = equation();
    setup.order_field = "orders";
    mission::Section model = text.section("model");
    const std::vector<double> orders = model.reals("orders", {.low = 0, .high = compute::kMaxFractionalOrder, .low_open = true});
    const std::vector<double> coefficients = model.reals("coefficients", mission::kFinite);
    for (std::size_t i = 1; i < orders.size(); ++i) {
      if (!(orders[i] > orders[i - 1])) model.complain("orders", fmt::format("must increase, and {} follows {}", orders[i], orders[i - 1]));
    }
    if (coefficients.size() != orders.size()) {
      model.complain("coefficients", fmt::format("must be {}, one an order; linear is that of y itself", orders.size()));
    }
    const double linear = model.real("linear", mission::kFinite, 0);
    read_frame(setup, text, orders.back(), kRowsOfASignal);
    setup.forcing = read_forcing(text);
    setup.parameters = {{"orders", orders}, {"coefficients", coefficients}, {"linear", linear}};
    for (std::size_t i = 0; i < orders.size(); ++i) setup.equation.terms.push_back({orders[i], coefficients[i]});
    read_values(setup, text, static_cast<std::size_t>(std::ceil(orders.back())));
    setup.equation.f = [linear, f = setup.forcing](double t, std::span<const double> y, std::span<double> out) {
      out[0] = f.at(t) - linear * y[0];
    };
    setup.equation.jacobian = [linear](double, std::span<const double>, std::span<double> out) { out[0] = -linear; };
    return make_equation_case(std::move(setup), text);
  }

 private:
  static void read_values(EquationSetup& setup, mission::MissionText& text, std::size_t count) {
    mission::Section section = text.section("initial");
    setup.equation.initial.assign(count, 0.0);
    if (section.has("values")) setup.equation.initial = section.reals("values", mission::kFinite);
    if (setup.equation.initial.size() != count) {
      section.complain("values", fmt::format("must be {}: y(0) and its derivatives below the largest order", count));
    }
    setup.units = read_units(section);
  }
};

}  // namespace

std::unique_ptr<Model> make_multi_term() { return std::make_unique<MultiTerm>(); }

}  // namespace almanac::models
