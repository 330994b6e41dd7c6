#include "diffusion_case.hpp"

#include "output/pictures.hpp"
#include "recipes/fft_wisdom.hpp"
#include "recipes/fractional_kernel.hpp"
#include "stepping.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace almanac::models {
namespace {

void append_named(output::Facts& facts, const std::string& prefix, output::Facts more) {
  for (auto& [name, value] : more) facts.emplace_back(prefix + name, std::move(value));
}

}  // namespace

double fields_held(const DiffusionSetup& setup) noexcept {
  const double rows = std::ceil(static_cast<double>(setup.time.steps) / static_cast<double>(setup.every)) + 1;
  return rows + 4 + (setup.has_velocity ? 1 : 0) + (setup.has_source ? 1 : 0) + (setup.sides.empty() ? 0 : 1);
}

DiffusionCase::DiffusionCase(DiffusionSetup setup) : setup_(std::move(setup)) {}

bool DiffusionCase::takes_weights() const {
  return setup_.relaxes() && mode_history(setup_).method != compute::HistoryMethod::exponentials;
}

output::Facts DiffusionCase::parameters() const {
  output::Facts facts{{"equation", std::string("time_fractional_diffusion")}, {"alpha", setup_.alpha}};
  append_named(facts, "", setup_.kappa.facts());
  append_named(facts, "", setup_.stepping.facts());
  if (setup_.kappa.varies()) facts.emplace_back("solve_tolerance", setup_.solve_tolerance);
  facts.emplace_back("space", setup_.space);
  append_named(facts, "", setup_.time.facts());
  facts.emplace_back("every", setup_.every);
  append_named(facts, "initial_", setup_.initial->facts());
  if (setup_.has_velocity) append_named(facts, "velocity_", setup_.velocity->facts());
  if (setup_.has_source) {
    append_named(facts, "source_", setup_.source->facts());
    append_named(facts, "source_", setup_.source_factor.facts());
  }
  if (!setup_.sides.empty()) {
    std::vector<double> lower, upper;
    for (const compute::SideData& side : setup_.sides) {
      lower.push_back(side.lower);
      upper.push_back(side.upper);
    }
    append_named(facts, "boundary_", {{"lower", lower}, {"upper", upper}});
    append_named(facts, "boundary_", setup_.side_factor.facts());
  }
  facts.emplace_back("fft_rigor", std::string(compute::to_string(setup_.fft.rigor)));
  facts.emplace_back("fft_threads", std::int64_t{setup_.fft.threads});
  return facts;
}

std::vector<cache::Request> DiffusionCase::needs() const {
  std::vector<cache::Request> requests = setup_.starting;
  if (takes_weights()) requests.push_back(recipes::fractional_kernel_request(setup_.alpha, setup_.time.steps + 1));
  requests.push_back(recipes::fft_wisdom_request<double>(forward()));
  requests.push_back(recipes::fft_wisdom_request<double>(backward()));
  return requests;
}

double DiffusionCase::bytes(int threads) const noexcept {
  return sizeof(double) * fields_held(setup_) * static_cast<double>(setup_.grid.points()) + stepping_bytes(setup_, threads);
}

std::vector<DrivenField> DiffusionCase::forcings(const SpaceTransform& space) const {
  std::vector<DrivenField> all;
  const std::size_t points = setup_.grid.points();
  if (setup_.has_source) {
    setup_.source->fill(all.emplace_back(DrivenField{std::vector<double>(points), setup_.source_factor}).field, setup_.grid, space);
  }
  if (!setup_.sides.empty()) {
    std::vector<double> kappa(setup_.kappa.varies() ? points : 1);
    setup_.kappa.fill(kappa, setup_.grid);
    const compute::DiffusionOperator diffusion(setup_.differences(), kappa);
    DrivenField& sides = all.emplace_back(DrivenField{std::vector<double>(points), setup_.side_factor});
    diffusion.add_boundary_terms(setup_.sides, 1, sides.field);
  }
  return all;
}

output::Series DiffusionCase::run(CaseContext& context) const {
  std::optional<FractionalKernel> kernel;
  if (takes_weights()) kernel = context.kernel({.alpha = setup_.alpha, .dt = setup_.time.dt, .n = setup_.time.steps + 1});
  context.progress(0);
  const FftPlan<double> forward_plan = context.plan(forward());
  context.progress(0);
  const FftPlan<double> backward_plan = context.plan(backward());
  const SpaceTransform space(forward_plan, backward_plan);
  context.progress(0);

  const std::size_t points = setup_.grid.points();
  std::vector<double> u0(points), u1(setup_.has_velocity ? points : 0);
  setup_.initial->fill(u0, setup_.grid, space);
  if (setup_.has_velocity) setup_.velocity->fill(u1, setup_.grid, space);
  std::vector<DrivenField> forced = forcings(space);
  const std::vector<double> first_field = u0;  // exactly what was given, not what two transforms leave of it
  const bool in_modes = !setup_.kappa.varies();
  if (in_modes) {
    space.forward(u0);
    if (!u1.empty()) space.forward(u1);
    for (DrivenField& forcing : forced) space.forward(forcing.field);
  }

  const std::vector<std::int64_t> outputs = steps_written(setup_.time.steps, setup_.every);
  const std::vector<double> mesh = setup_.time.mesh();
  output::Series series = describe(outputs, mesh);
  series.values.resize(points * outputs.size());
  const DiffusionFields fields{u0, u1, forced, outputs, mesh, series.values};
  const std::span<const double> weights = kernel ? kernel->weights() : std::span<const double>();
  SteppingReport report = setup_.relaxes() ? relax_field(context, setup_, fields, weights)
                          : in_modes       ? step_modes(context, setup_, fields)
                                           : step_field(context, setup_, fields, forward_plan, backward_plan);
  series.facts = std::move(report.facts);
  series.incomplete = std::move(report.incomplete);
  series.time.coordinates.resize(report.rows);
  series.values.resize(points * report.rows);
  for (std::size_t at = 0; at < report.rows; ++at) {
    const std::span<double> row(series.values.data() + at * points, points);
    if (at == 0) {
      std::ranges::copy(first_field, row.begin());
    } else if (in_modes) {
      space.backward(row);
    }
    context.progress(kShareOfSteps + (1 - kShareOfSteps) * static_cast<double>(at + 1) / static_cast<double>(outputs.size()));
  }
  return series;
}

output::Series DiffusionCase::describe(std::span<const std::int64_t> outputs, std::span<const double> mesh) const {
  output::Series series{.name = "u",
                        .units = setup_.units,
                        .time = {.name = "t", .units = setup_.time.units, .coordinates = {}},
                        .axes = setup_.grid.axes(),
                        .values = {},
                        .companions = {},
                        .facts = {}};
  for (const std::int64_t at : outputs) {
    series.time.coordinates.push_back(mesh.empty() ? static_cast<double>(at) * setup_.time.dt : mesh[static_cast<std::size_t>(at)]);
  }
  return series;
}

output::Image DiffusionCase::picture(const output::Series& result, const std::string& title, const std::string& line) const {
  return output::paint_field(result, {title, line}, setup_.colormap);
}

output::Image DiffusionCase::panel(const output::Series& result) const { return output::paint_field_panel(result, setup_.colormap); }

}  // namespace almanac::models
