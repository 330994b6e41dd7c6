// D_t^alpha u = kappa Δu, Caputo, 0 < alpha <= 2. Constant coefficients: in the basis of the boundary's own transform every mode
// is an equation of its own, D^alpha u = lambda u, stepped by implicit Grünwald–Letnikov on u - u0 - t u1.
#include "model.hpp"

#include "case_settings.hpp"
#include "grid.hpp"
#include "initial_profile.hpp"
#include "output/colour_map.hpp"
#include "output/pictures.hpp"
#include "recipes/fft_wisdom.hpp"
#include "recipes/fractional_kernel.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/relaxation.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace almanac::models {
namespace {

constexpr std::int64_t kMostSteps = 99'999'999;     // weights are known up to index 1e8
constexpr double kSliceWork = 2e9;                  // multiplications between two looks at progress and Ctrl-C
constexpr std::size_t kSmallestSlice = 512;         // modes; enough to keep every thread busy
constexpr double kHistoryBytes = 200;               // relax_modes, a step and thread
constexpr double kShareOfSteps = 0.9;               // of a case's time; the rest is transforms

struct DiffusionSetup {
  double alpha = 1, kappa = 1;
  std::string scheme, space;
  Grid grid;
  std::shared_ptr<const InitialProfile> initial, velocity;
  bool has_velocity = false;
  double dt = 1;
  std::int64_t steps = 1, every = 1;
  std::string time_units, units, colormap;
  FftSettings fft;
  std::vector<std::vector<double>> symbols;
};

/// The fields that are written: every so many steps, and the last.
double rows(const DiffusionSetup& setup) { return std::ceil(static_cast<double>(setup.steps) / static_cast<double>(setup.every)) + 1; }

/// What grows with the steps alone: kernel, times, and each thread's history of a tile of modes.
double bytes_of_steps(const DiffusionSetup& setup, int threads) {
  return static_cast<double>(setup.steps) * (2 * sizeof(double) + kHistoryBytes * threads) + rows(setup) * sizeof(double);
}

class DiffusionCase final : public Case {
 public:
  explicit DiffusionCase(DiffusionSetup setup) : setup_(std::move(setup)) {}

  std::int64_t steps() const noexcept override { return setup_.steps; }

  output::Facts parameters() const override {
    output::Facts facts{{"equation", std::string("time_fractional_diffusion")},
                        {"alpha", setup_.alpha},
                        {"kappa", setup_.kappa},
                        {"scheme", setup_.scheme},
                        {"space", setup_.space},
                        {"dt", setup_.dt},
                        {"steps", setup_.steps},
                        {"every", setup_.every}};
    for (auto& [name, value] : setup_.initial->facts()) facts.emplace_back("initial_" + name, std::move(value));
    if (setup_.has_velocity) {
      for (auto& [name, value] : setup_.velocity->facts()) facts.emplace_back("velocity_" + name, std::move(value));
    }
    facts.emplace_back("fft_rigor", std::string(compute::to_string(setup_.fft.rigor)));
    facts.emplace_back("fft_threads", std::int64_t{setup_.fft.threads});
    return facts;
  }

  std::vector<cache::Request> needs() const override {
    return {recipes::fractional_kernel_request(setup_.alpha, setup_.steps + 1), recipes::fft_wisdom_request<double>(forward()),
            recipes::fft_wisdom_request<double>(backward())};
  }

  double bytes(int threads) const noexcept override {
    // The rows three times: as they are computed, in HDF5's image of the file, and as its bytes are written.
    const double fields = 3 * rows(setup_) + (setup_.has_velocity ? 5 : 4);
    return sizeof(double) * fields * static_cast<double>(setup_.grid.points()) + bytes_of_steps(setup_, threads);
  }

  output::Series run(CaseContext& context) const override {
    const FractionalKernel kernel = context.kernel({.alpha = setup_.alpha, .dt = setup_.dt, .n = setup_.steps + 1});
    context.progress(0);
    const FftPlan<double> forward_plan = context.plan(forward());
    context.progress(0);
    const SpaceTransform space(forward_plan, context.plan(backward()));
    context.progress(0);

    const std::size_t points = setup_.grid.points();
    std::vector<double> u0(points), u1(setup_.has_velocity ? points : 0);
    setup_.initial->fill(u0, setup_.grid, space);
    const std::vector<double> first_field = u0;  // exactly what was given, not what two transforms leave of it
    space.forward(u0);
    if (setup_.has_velocity) {
      setup_.velocity->fill(u1, setup_.grid, space);
      space.forward(u1);
    }

    const std::vector<std::int64_t> outputs = output_steps();
    output::Series series = describe(outputs);
    series.values.resize(points * outputs.size());
    step(context, {setup_.alpha, setup_.dt, setup_.steps, kernel.weights(), outputs}, u0, u1, series.values);
    for (std::size_t at = 0; at < outputs.size(); ++at) {
      const std::span<double> row(series.values.data() + at * points, points);
      if (at == 0) {
        std::ranges::copy(first_field, row.begin());
      } else {
        space.backward(row);
      }
      context.progress(kShareOfSteps + (1 - kShareOfSteps) * static_cast<double>(at + 1) / static_cast<double>(outputs.size()));
    }
    return series;
  }

  output::Image picture(const output::Series& result, const std::string& title, const std::string& line) const override {
    return output::paint_field(result, {title, line}, setup_.colormap);
  }
  output::Image panel(const output::Series& result) const override { return output::paint_field_panel(result, setup_.colormap); }

 private:
  FftSpec forward() const { return SpaceTransform::forward_problem(setup_.grid, setup_.fft.rigor, setup_.fft.threads); }
  FftSpec backward() const { return SpaceTransform::backward_problem(setup_.grid, setup_.fft.rigor, setup_.fft.threads); }

  std::vector<std::int64_t> output_steps() const {
    std::vector<std::int64_t> outputs;
    for (std::int64_t step = 0; step < setup_.steps; step += std::min(setup_.every, setup_.steps)) outputs.push_back(step);
    outputs.push_back(setup_.steps);
    return outputs;
  }

  output::Series describe(std::span<const std::int64_t> outputs) const {
    output::Series series{.name = "u", .units = setup_.units, .time = {.name = "t", .units = setup_.time_units, .coordinates = {}},
                          .axes = setup_.grid.axes(), .values = {}, .companions = {}, .facts = {}};
    for (const std::int64_t at : outputs) series.time.coordinates.push_back(static_cast<double>(at) * setup_.dt);
    return series;
  }

  /// Eigenvalues of kappa Δ for the modes first, first + 1, …
  void eigenvalues(std::size_t first, std::span<double> lambda) const {
    for (std::size_t i = 0; i < lambda.size(); ++i) {
      std::size_t index = first + i;
      double sum = 0;
      for (std::size_t axis = setup_.symbols.size(); axis-- > 0;) {
        const std::vector<double>& symbol = setup_.symbols[axis];
        sum += symbol[index % symbol.size()];
        index /= symbol.size();
      }
      lambda[i] = setup_.kappa * sum;
    }
  }

  void step(CaseContext& context, const compute::RelaxationSteps& time, std::span<const double> u0, std::span<const double> u1,
            std::span<double> modes) const {
    const std::size_t points = u0.size();
    const double work = static_cast<double>(setup_.steps) * static_cast<double>(setup_.steps) / 2;
    const std::size_t slice = std::max(kSmallestSlice, static_cast<std::size_t>(std::min(1e9, kSliceWork / work)));
    std::vector<double> lambda;
    for (std::size_t first = 0; first < points; first += slice) {
      const std::size_t count = std::min(slice, points - first);
      lambda.resize(count);
      eigenvalues(first, lambda);
      compute::relax_modes(time, lambda, u0.subspan(first, count), u1.empty() ? u1 : u1.subspan(first, count), modes.subspan(first),
                           static_cast<std::int64_t>(points), context.threads());
      context.progress(kShareOfSteps * static_cast<double>(first + count) / static_cast<double>(points));
    }
  }

  DiffusionSetup setup_;
};

class TimeFractionalDiffusion final : public Model {
 public:
  std::string_view equation() const noexcept override { return "time_fractional_diffusion"; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles& files) const override {
    constexpr std::string_view kSchemes[] = {"grunwald"};
    constexpr std::string_view kSpaces[] = {"spectral", "2", "4", "6"};
    DiffusionSetup setup;
    mission::Section model = text.section("model");
    setup.alpha = model.real("alpha", {.low = 0, .high = 2, .low_open = true});
    setup.kappa = model.real("kappa", mission::kNotNegative);
    setup.scheme = model.word("scheme", kSchemes, "grunwald");
    setup.space = model.word("space", kSpaces, "spectral");

    setup.grid = read_grid(text);
    mission::Section time = text.section("time");
    setup.dt = time.real("dt", mission::kPositive);
    setup.steps = time.integer("steps", 1, kMostSteps);
    setup.time_units = read_units(time);
    refuse_extreme(setup, time);

    mission::Section output = text.section("output");
    setup.every = output.integer("every", 1, INT64_MAX, setup.steps);
    setup.colormap = output.word("colormap", output::ColourMap::names(), "auto");
    setup.fft = read_fft(text);
    refuse_size(setup, text);
    read_symbols(setup, text);

    mission::Section initial = text.section("initial");
    setup.initial = read_profile(initial, text, setup.grid, files);
    setup.units = read_units(initial);
    mission::Section velocity = initial.section("velocity");
    setup.has_velocity = velocity.present();
    if (setup.has_velocity && !(setup.alpha > 1)) {
      initial.complain("velocity", "an initial velocity belongs to alpha above 1, and a case has alpha = " + cache::canonical_real(setup.alpha));
    }
    setup.velocity = read_optional_profile(velocity, text, setup.grid, files);
    return std::make_unique<DiffusionCase>(std::move(setup));
  }

 private:
  static void refuse_extreme(const DiffusionSetup& setup, mission::Section& time) {
    const double scale = std::pow(setup.dt, -setup.alpha);
    if (!std::isnormal(scale)) time.complain("dt", "dt^-alpha = " + std::to_string(scale) + " must be a normal number");
    if (!std::isfinite(setup.dt * static_cast<double>(setup.steps))) time.complain("dt", "dt * steps must be finite");
  }

  static void read_symbols(DiffusionSetup& setup, mission::MissionText& text) {
    mission::Section domain = text.section("domain");
    if (setup.space != "spectral") {
      const std::int64_t least = std::stoi(setup.space) + 1;
      if (*std::ranges::min_element(setup.grid.extent) < least) {
        domain.refuse("extent", "have at least " + std::to_string(least) + " points an axis for space = " + setup.space);
      }
    }
    try {
      setup.symbols = symbols(setup.grid, setup.space);
    } catch (const compute::ArgumentError& error) {
      domain.complain("length", error.what());
    }
    double largest = 0;
    for (const std::vector<double>& symbol : setup.symbols) largest += -*std::ranges::min_element(symbol);
    if (!std::isfinite(setup.kappa * largest)) {
      text.section("model").complain("kappa", "kappa times the largest eigenvalue of the Laplacian must be finite");
    }
  }

  static void refuse_size(const DiffusionSetup& setup, mission::MissionText& text) {
    mission::Section domain = text.section("domain");
    try {
      compute::check(SpaceTransform::forward_problem(setup.grid, compute::Rigor::measure, setup.fft.threads));
    } catch (const compute::ArgumentError& error) {
      domain.complain("extent", error.what());
    }
    mission::Section time = text.section("time");
    const double of_steps = bytes_of_steps(setup, 1);
    refuse_what_does_not_fit(time, "steps", of_steps);
    refuse_what_does_not_fit(domain, "extent", sizeof(double) * (3 * rows(setup) + 4) * static_cast<double>(setup.grid.points()) + of_steps);
  }
};

}  // namespace

std::unique_ptr<Model> make_time_fractional_diffusion() { return std::make_unique<TimeFractionalDiffusion>(); }

}  // namespace almanac::models
