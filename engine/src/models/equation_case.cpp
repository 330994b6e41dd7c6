#include "equation_case.hpp"

#include "equation_probe.hpp"
#include "output/pictures.hpp"
#include "recipes/fft_wisdom.hpp"
#include "recipes/starting_weights.hpp"

#include <almanac/cache/key.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace almanac::models {
namespace {

constexpr double kShareOfSolving = 0.8;  // of a case's time, where the exact solution is evaluated as well
constexpr double kHistoryNumbers = 24;   // of one unknown and step, at most: FFT blocks keep values, weights and spectra

/// Takes what a solver tells of its steps: keeps the rows to be written, passes on how far it is.
class StepRecorder {
 public:
  using Clock = std::chrono::steady_clock;

  StepRecorder(CaseContext& context, std::int64_t steps, std::int64_t every, double share)
      : context_(context), steps_(steps), written_(steps_written(steps, every)), share_(share) {}

  void operator()(std::int64_t step, double t, std::span<const double> y) {
    last_step_ = step;
    last_time_ = t;
    last_.assign(y.begin(), y.end());
    if (next_ < written_.size() && step == written_[next_]) {
      keep_last();
      ++next_;
    }
    const Clock::time_point now = Clock::now();
    if (now - told_ < std::chrono::milliseconds(20)) return;
    told_ = now;
    context_.progress(share_ * static_cast<double>(step) / static_cast<double>(steps_));
  }

  /// Of a run that stopped: its last finished step counts, whether it was to be written or not.
  void keep_the_end() {
    if (times.empty() || times.back() < last_time_) keep_last();
  }

  std::int64_t last_step() const noexcept { return last_step_; }

  std::vector<double> times, values;

 private:
  void keep_last() {
    times.push_back(last_time_);
    values.insert(values.end(), last_.begin(), last_.end());
  }

  CaseContext& context_;
  std::int64_t steps_;
  std::vector<std::int64_t> written_;
  double share_;
  std::size_t next_ = 0;
  std::int64_t last_step_ = 0;
  double last_time_ = 0;
  std::vector<double> last_;
  Clock::time_point told_ = Clock::now();
};

class EquationCase final : public Case {
 public:
  EquationCase(EquationSetup setup, std::vector<StartingNeed> starting) : setup_(std::move(setup)), starting_(std::move(starting)) {}

  std::int64_t steps() const noexcept override { return setup_.time.steps; }

  output::Facts parameters() const override {
    output::Facts facts{{"equation", setup_.name}};
    const auto add = [&facts](output::Facts more) {
      for (auto& fact : more) facts.push_back(std::move(fact));
    };
    add(setup_.parameters);
    if (setup_.components.empty()) add(setup_.forcing.facts());
    add(setup_.stepping.facts());
    add(setup_.time.facts());
    facts.emplace_back("every", setup_.every);
    facts.emplace_back("initial", setup_.equation.initial);
    facts.emplace_back("fft_rigor", std::string(compute::to_string(setup_.fft.rigor)));
    facts.emplace_back("fft_threads", std::int64_t{setup_.fft.threads});
    return facts;
  }

  std::vector<cache::Request> needs() const override {
    std::vector<cache::Request> requests;
    for (const StartingNeed& need : starting_) {
      requests.push_back(recipes::starting_weights_request(need.rule, need.alpha, need.exponents, setup_.time.steps));
    }
    // What `auto` comes to is known with the weights only.
    if (setup_.stepping.history != compute::HistoryMethod::fft_blocks || setup_.time.is_graded) return requests;
    for (const std::int64_t length : compute::fft_block_lengths(setup_.time.steps)) {
      requests.push_back(recipes::fft_wisdom_request<double>(as_planned({.extent = {length}})));
    }
    return requests;
  }

  double bytes(int) const noexcept override {
    const auto steps = static_cast<double>(setup_.time.steps), unknowns = static_cast<double>(setup_.equation.unknowns);
    double numbers = 4 + kHistoryNumbers * unknowns;
    for (const StartingNeed& need : starting_) numbers += 2 * static_cast<double>(need.exponents.size());
    const double rows = steps / static_cast<double>(setup_.every) + 2;
    return sizeof(double) * (numbers * steps + 4 * rows * (unknowns + 3));
  }

  output::Series run(CaseContext& context) const override {
    context.progress(0);
    StepRecorder recorder(context, setup_.time.steps, setup_.every, setup_.exact ? kShareOfSolving : 1);
    const std::vector<double> mesh = setup_.time.mesh();
    const compute::FractionalSolution solution = compute::solve_fractional(setup_.equation, setup_.time.times(mesh), options(context, recorder));
    if (!solution.finished()) recorder.keep_the_end();

    output::Series series = describe();
    series.time.coordinates = std::move(recorder.times);
    series.values = std::move(recorder.values);
    add_facts(series, solution);
    if (setup_.forcing.present() && setup_.components.empty()) {
      output::Companion forcing{"forcing", "1", {}};
      for (const double t : series.time.coordinates) forcing.values.push_back(setup_.forcing.at(t));
      series.companions.push_back(std::move(forcing));
    }
    if (setup_.exact) compare(series, context);
    if (solution.failure()) series.incomplete = solution.failure()->text;
    context.progress(1);
    return series;
  }

  output::Image picture(const output::Series& result, const std::string& title, const std::string& line) const override {
    const std::string scheme(to_string(setup_.stepping.scheme));
    std::string all = line.empty() ? scheme : line.find("scheme = ") == std::string::npos ? fmt::format("{}  ·  {}", line, scheme) : line;
    if (!result.incomplete.empty()) all += fmt::format("  ·  stopped behind t = {:.6g}", result.time.coordinates.back());
    return is_portrait() ? output::paint_phase_portrait(result, {title, all}) : output::paint_solution(result, {title, all});
  }
  output::Image panel(const output::Series& result) const override {
    return is_portrait() ? output::paint_phase_portrait_panel(result) : output::paint_solution_panel(result);
  }

 private:
  bool is_portrait() const noexcept { return !setup_.components.empty(); }

  FftSpec as_planned(FftSpec problem) const {
    problem.rigor = setup_.fft.rigor;
    problem.threads = setup_.fft.threads;
    return problem;
  }

  compute::FractionalOptions options(CaseContext& context, StepRecorder& recorder) const {
    compute::FractionalOptions options = setup_.stepping.options();
    options.plans = [this, &context](const compute::FftProblem& problem) {
      const auto plan = std::make_shared<const FftPlan<double>>(context.plan(as_planned(problem)));
      return std::shared_ptr<const compute::FftPlan<double>>(plan, &plan->plan());
    };
    options.starting_weights = [&context](compute::QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps) {
      return context.starting_weights(rule, alpha, exponents, static_cast<std::int64_t>(steps));
    };
    options.poll = [&context] { context.progress(0); };
    options.observer = [&recorder](std::int64_t step, double t, std::span<const double> y) { recorder(step, t, y); };
    return options;
  }

  output::Series describe() const {
    output::Series series{.name = "y", .units = setup_.units, .time = {.name = "t", .units = setup_.time.units, .coordinates = {}},
                          .axes = {}, .values = {}, .companions = {}, .facts = {}};
    if (setup_.components.empty()) return series;
    output::Axis components{.name = std::string(output::kComponents), .units = "1", .coordinates = {}, .facts = {{"names", setup_.components}}};
    for (std::size_t i = 0; i < setup_.components.size(); ++i) components.coordinates.push_back(static_cast<double>(i));
    series.axes.push_back(std::move(components));
    return series;
  }

  static void add_facts(output::Series& series, const compute::FractionalSolution& solution) {
    if (const auto& history = solution.history()) {
      series.facts.emplace_back("history_used", std::string(to_string(history->method)));
      series.facts.emplace_back("history_bound", history->bound());
      const double error = solution.history_error();
      series.facts.emplace_back("history_error", std::isfinite(error) ? output::Value(error) : output::Value(std::string("not known")));
      series.facts.emplace_back("history_bytes", static_cast<std::int64_t>(history->bytes));
    }
    if (solution.start() != compute::StartCorrection::none) series.facts.emplace_back("start_used", std::string(to_string(solution.start())));
    if (!solution.start_reason().empty()) series.facts.emplace_back("start_reason", solution.start_reason());
    if (solution.starting_error() > 0) {
      series.facts.emplace_back("starting_digits_lost", solution.starting_digits_lost());
      series.facts.emplace_back("starting_error", solution.starting_error());
    }
    series.facts.emplace_back("evaluations", solution.work().evaluations);
    series.facts.emplace_back("newton_iterations", solution.work().iterations);
    if (solution.failure()) series.facts.emplace_back("steps_done", solution.steps());
  }

  /// The exact solution beside what was computed, and how far they are apart at worst.
  void compare(output::Series& series, CaseContext& context) const {
    output::Companion exact{"exact", setup_.units, {}};
    double largest = 0, where = 0;
    for (std::size_t i = 0; i < series.times(); ++i) {
      const double t = series.time.coordinates[i];
      exact.values.push_back(setup_.exact(t));
      const double error = std::abs(series.values[i] - exact.values.back());
      if (error > largest) largest = error, where = t;
      if (i % 64 == 0) context.progress(kShareOfSolving + (1 - kShareOfSolving) * static_cast<double>(i) / static_cast<double>(series.times()));
    }
    series.facts.emplace_back("largest_error", largest);
    series.facts.emplace_back("largest_error_at", where);
    series.facts.emplace_back("last_error", std::abs(series.values.back() - exact.values.back()));
    series.companions.push_back(std::move(exact));
  }

  EquationSetup setup_;
  std::vector<StartingNeed> starting_;
};

}  // namespace

void read_frame(EquationSetup& setup, mission::MissionText& text, double order, std::int64_t rows) {
  mission::Section model = text.section("model");
  const std::vector<std::string_view> schemes = scheme_names();
  setup.stepping = read_stepping(model, schemes, "bdf2");
  refuse_order(model, setup.order_field, setup.stepping, order);
  setup.time = read_time(text, model, setup.stepping, order);
  setup.every = read_every(text, setup.time.steps, rows);
  setup.fft = read_fft(text);
  if (!text.section("fft").has("rigor")) setup.fft.rigor = compute::Rigor::estimate;  // short transforms, beside which measuring is long
}

InitialValues read_initial(mission::MissionText& text, double order, double default_value) {
  mission::Section section = text.section("initial");
  InitialValues initial;
  initial.value = section.real("value", mission::kFinite, default_value);
  initial.rows.push_back(initial.value);
  initial.velocity = section.real("velocity", mission::kFinite, 0);
  if (order > 1) {
    initial.rows.push_back(initial.velocity);
  } else if (section.has("velocity")) {
    section.complain("velocity", fmt::format("an initial velocity belongs to an order above 1, and a case has {}", cache::canonical_real(order)));
  }
  initial.units = read_units(section);
  return initial;
}

std::unique_ptr<const Case> make_equation_case(EquationSetup setup, mission::MissionText& text) {
  std::vector<StartingNeed> starting = probe(setup, text);
  auto made = std::make_unique<EquationCase>(std::move(setup), std::move(starting));
  mission::Section time = text.section("time");
  refuse_what_does_not_fit(time, "steps", made->bytes(1));
  return made;
}

}  // namespace almanac::models
