#pragma once

#include "diffusion_setup.hpp"
#include "models/model.hpp"

namespace almanac::models {

/// Transforms what has to be, hands it to the stepping that fits, and brings the rows back.
class DiffusionCase final : public Case {
 public:
  explicit DiffusionCase(DiffusionSetup setup);

  std::int64_t steps() const noexcept override { return setup_.time.steps; }
  output::Facts parameters() const override;
  std::vector<cache::Request> needs() const override;
  double bytes(int threads) const noexcept override;
  output::Series run(CaseContext& context) const override;
  output::Image picture(const output::Series& result, const std::string& title, const std::string& line) const override;
  output::Image panel(const output::Series& result) const override;

 private:
  FftSpec forward() const { return SpaceTransform::forward_problem(setup_.grid, setup_.fft.rigor, setup_.fft.threads); }
  FftSpec backward() const { return SpaceTransform::backward_problem(setup_.grid, setup_.fft.rigor, setup_.fft.threads); }
  bool takes_weights() const;
  std::vector<DrivenField> forcings(const SpaceTransform& space) const;
  output::Series describe(std::span<const std::int64_t> outputs, std::span<const double> mesh) const;

  DiffusionSetup setup_;
};

/// Fields a case holds at once, those of its results among them: they are written from where they are.
double fields_held(const DiffusionSetup& setup) noexcept;

}  // namespace almanac::models
