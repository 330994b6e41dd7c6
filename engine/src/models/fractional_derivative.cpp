// The Grünwald–Letnikov derivative of a sampled signal that is zero before its first sample:
// u(t_n) = dt^-order Σ_{k<=n} w_k f(t_{n-k}), by FFT convolution with exact zero padding.
#include "model.hpp"

#include "case_settings.hpp"
#include "mission/input_files.hpp"
#include "output/pictures.hpp"
#include "recipes/fft_wisdom.hpp"
#include "recipes/fractional_kernel.hpp"

#include <almanac/compute/convolution.hpp>

#include <cmath>
#include <utility>

namespace almanac::models {
namespace {

constexpr double kShownSpan = 10;        // units of time in the picture
constexpr std::size_t kMostSamples = 100'000'000;

struct DerivativeSetup {
  double order = 0.5;
  std::string definition;
  mission::DatasetPtr signal;
  std::string source;                    // file and dataset or column, for the result
  double dt = 1, span = kShownSpan;
  std::string units, time_units;
  FftSettings fft;
};

class DerivativeCase final : public Case {
 public:
  explicit DerivativeCase(DerivativeSetup setup) : setup_(std::move(setup)) {}

  std::int64_t steps() const noexcept override { return static_cast<std::int64_t>(setup_.signal->values.size()); }

  output::Facts parameters() const override {
    return {{"equation", std::string("fractional_derivative")},
            {"definition", setup_.definition},
            {"order", setup_.order},
            {"dt", setup_.dt},
            {"samples", steps()},
            {"signal", setup_.source},
            {"fft_rigor", std::string(compute::to_string(setup_.fft.rigor))},
            {"fft_threads", std::int64_t{setup_.fft.threads}}};
  }

  std::vector<cache::Request> needs() const override {
    return {recipes::fractional_kernel_request(setup_.order, steps()), recipes::fft_wisdom_request<double>(forward()),
            recipes::fft_wisdom_request<double>(backward())};
  }

  double bytes(int) const noexcept override { return bytes_of(setup_.signal->values.size()); }
  static double bytes_of(std::size_t samples) noexcept {
    // signal, time, result, its copy beside the result, weights; spectrum and work array of a little over 2 N reals each.
    return sizeof(double) * 10.0 * static_cast<double>(samples);
  }

  output::Series run(CaseContext& context) const override {
    const std::vector<double>& signal = setup_.signal->values;
    const FractionalKernel kernel = context.kernel({.alpha = setup_.order, .dt = setup_.dt, .n = steps()});
    context.progress(0.1);
    const FftPlan<double> forward_plan = context.plan(forward());
    context.progress(0.2);
    const FftPlan<double> backward_plan = context.plan(backward());
    context.progress(0.3);
    const compute::CausalConvolution convolution(signal, forward_plan.plan(), backward_plan.plan());
    context.progress(0.5);

    output::Series series{.name = "u", .units = derived_units(setup_.units, setup_.time_units, setup_.order),
                          .time = {.name = "t", .units = setup_.time_units, .coordinates = {}},
                          .axes = {}, .values = std::vector<double>(signal.size()), .companions = {{"signal", setup_.units, signal}}, .facts = {}};
    for (std::size_t n = 0; n < signal.size(); ++n) series.time.coordinates.push_back(static_cast<double>(n) * setup_.dt);
    convolution.apply(kernel.weights(), series.values);
    for (double& value : series.values) value *= kernel.scale();
    context.progress(1);
    return series;
  }

  output::Image picture(const output::Series& result, const std::string& title, const std::string& line) const override {
    return output::paint_signal(result, {title, line}, setup_.span);
  }
  output::Image panel(const output::Series& result) const override { return output::paint_signal_panel(result, setup_.span); }

 private:
  FftSpec forward() const {
    return compute::CausalConvolution::forward_problem(compute::CausalConvolution::padded_size(steps()), setup_.fft.rigor,
                                                       setup_.fft.threads);
  }
  FftSpec backward() const {
    return compute::CausalConvolution::backward_problem(compute::CausalConvolution::padded_size(steps()), setup_.fft.rigor,
                                                        setup_.fft.threads);
  }

  DerivativeSetup setup_;
};

class FractionalDerivative final : public Model {
 public:
  std::string_view equation() const noexcept override { return "fractional_derivative"; }
  ImpliedSweep implied_sweep() const noexcept override { return {"orders", "order"}; }

  std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles& files) const override {
    constexpr std::string_view kDefinitions[] = {"grunwald"};
    DerivativeSetup setup;
    mission::Section model = text.section("model");
    setup.definition = model.word("definition", kDefinitions, "grunwald");
    setup.order = model.real("order", {.low = -2, .high = 4});

    mission::Section signal = text.section("signal");
    read_signal(setup, signal, text, files);
    setup.units = read_units(signal);
    setup.time_units = signal.text("time_units", "s");
    setup.span = text.section("output").real("span", mission::kPositive, kShownSpan);
    setup.fft = read_fft(text);
    return std::make_unique<DerivativeCase>(std::move(setup));
  }

 private:
  static void read_signal(DerivativeSetup& setup, mission::Section& signal, mission::MissionText& text, mission::InputFiles& files) {
    const std::string file = signal.text("file");
    const bool hdf5 = signal.has("dataset") || (!signal.has("column") && mission::is_hdf5(text.resolve(file)));
    if (signal.has("dataset") && signal.has("column")) {
      signal.complain("column", "a signal is either a dataset of an HDF5 file or a column of a table in text");
    }
    setup.signal = hdf5 ? files.hdf5(text, signal, {}) : files.csv(text, signal);
    if (setup.signal->shape.size() != 1) {
      signal.complain("dataset", "a signal has one axis, and this one has the shape " + mission::shape_text(setup.signal->shape));
    }
    const std::size_t samples = setup.signal->values.size();
    if (samples > kMostSamples) signal.complain("file", "has " + std::to_string(samples) + " samples; at most 1e8 can be taken");
    refuse_what_does_not_fit(signal, "file", DerivativeCase::bytes_of(samples));
    const std::string part = hdf5 ? signal.text("dataset") : signal.label("column");
    setup.source = std::filesystem::path(file).filename().string() + (part.empty() ? "" : ":" + part);

    if (signal.has("dt") && signal.has("rate")) signal.complain("rate", "give either dt or rate");
    if (signal.has("dt")) {
      setup.dt = signal.real("dt", mission::kPositive);
    } else if (signal.has("rate")) {
      setup.dt = 1 / signal.real("rate", mission::kPositive);
    } else if (setup.signal->sampling_hz && mission::kPositive.holds(*setup.signal->sampling_hz)) {
      setup.dt = 1 / *setup.signal->sampling_hz;
    } else {
      signal.complain("dt", "is missing, so is rate, and the file has no attribute sampling_hz: the time between samples is needed");
    }
    const double scale = std::pow(setup.dt, -setup.order);
    if (!std::isnormal(scale) || !std::isfinite(setup.dt * static_cast<double>(samples))) {
      signal.complain(signal.has("rate") ? "rate" : "dt", "dt^-order = " + std::to_string(scale) + " must be a normal number, and the duration finite");
    }
  }
};

}  // namespace

std::unique_ptr<Model> make_fractional_derivative() { return std::make_unique<FractionalDerivative>(); }

}  // namespace almanac::models
