// D_t^alpha u = ∇·(kappa ∇u) + q(x, t), Caputo, 0 < alpha <= 2. For constant kappa every mode of the boundary's own transform is an
// equation of its own; for kappa(x) the field is stepped at its points. What a mission says of it is read in diffusion/.
#include "diffusion/diffusion_case.hpp"
#include "model.hpp"

namespace almanac::models {
namespace {

class TimeFractionalDiffusion final : public Model {
 public:
  std::string_view equation() const noexcept override { return "time_fractional_diffusion"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles& files) const override {
    return std::make_unique<DiffusionCase>(read_diffusion(text, files));
  }
};

}  // namespace

std::unique_ptr<Model> make_time_fractional_diffusion() { return std::make_unique<TimeFractionalDiffusion>(); }

}  // namespace almanac::models
