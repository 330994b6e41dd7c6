#include "model.hpp"

#include <algorithm>

namespace almanac::models {

std::span<const std::unique_ptr<Model>> models() {
  static const std::unique_ptr<Model> all[] = {
      make_time_fractional_diffusion(),
      make_fractional_derivative(),
      make_relaxation(),
      make_oscillation(),
      make_bagley_torvik(),
      make_multi_term(),
      make_fractional_lorenz(),
  };
  return all;
}

const Model& read_model(mission::MissionText& text) {
  std::vector<std::string_view> names;
  for (const auto& model : models()) names.push_back(model->equation());
  const std::string name = text.section("model").word("equation", names);
  return **std::ranges::find(models(), name, [](const auto& model) { return model->equation(); });
}

}  // namespace almanac::models
