#include "stepping_settings.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/compute/error.hpp>
#include <almanac/compute/exponential_sum.hpp>
#include <almanac/compute/time_mesh.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace almanac::models {
namespace {

using compute::FractionalScheme;
using compute::HistoryMethod;
using compute::StartCorrection;

constexpr std::string_view kAuto = "auto";
constexpr std::int64_t kMostTimeSteps = 99'999'999;  // weights are known up to index 1e8

constexpr HistoryMethod kHistories[] = {HistoryMethod::automatic, HistoryMethod::direct, HistoryMethod::fft_blocks,
                                        HistoryMethod::exponentials, HistoryMethod::short_memory};
constexpr StartCorrection kStarts[] = {StartCorrection::automatic, StartCorrection::none, StartCorrection::initial,
                                       StartCorrection::starting_weights};

/// The name in a mission: what decides by itself is "auto", as everywhere there.
template <class Value>
std::string_view name_of(Value value) {
  return value == Value::automatic ? kAuto : to_string(value);
}

template <class Value>
Value read_choice(mission::Section& section, std::string_view field, std::span<const Value> all) {
  std::vector<std::string_view> names;
  for (const Value value : all) names.push_back(name_of(value));
  return all[static_cast<std::size_t>(std::ranges::find(names, section.word(field, names, kAuto)) - names.begin())];
}

bool corrects_its_start(FractionalScheme scheme) {
  return scheme >= FractionalScheme::bdf2 && scheme <= FractionalScheme::flmm_bdf2;  // multistep schemes among them
}

}  // namespace

compute::FractionalOptions SteppingSettings::options() const {
  compute::FractionalOptions options;
  options.scheme = scheme;
  options.start = start;
  options.corrections = corrections;
  options.history = history;
  options.history_tolerance = history_tolerance;
  options.history_terms = history_terms;
  return options;
}

output::Facts SteppingSettings::facts() const {
  output::Facts facts{{"scheme", std::string(to_string(scheme))}};
  if (corrects_its_start(scheme)) facts.emplace_back("start", std::string(name_of(start)));
  if (scheme == FractionalScheme::predictor_corrector) facts.emplace_back("corrections", std::int64_t{corrections});
  facts.emplace_back("history", std::string(name_of(history)));
  facts.emplace_back("history_tolerance", history_tolerance);
  if (history_terms > 0) facts.emplace_back("history_terms", history_terms);
  return facts;
}

std::vector<std::string_view> scheme_names() {
  std::vector<std::string_view> names{"bdf1"};
  for (int scheme = 0; scheme <= static_cast<int>(FractionalScheme::predictor_corrector); ++scheme) {
    names.push_back(to_string(static_cast<FractionalScheme>(scheme)));
  }
  return names;
}

SteppingSettings read_stepping(mission::Section& model, std::span<const std::string_view> schemes, std::string_view default_scheme) {
  SteppingSettings stepping;
  stepping.scheme = compute::parse_fractional_scheme(model.word("scheme", schemes, default_scheme)).value();
  const auto refuse_without = [&](std::string_view field, std::string_view belongs_to) {
    model.complain(field, fmt::format("belongs to {}, and a case has {}", belongs_to,
                                      field == "history_terms" ? fmt::format("history = {}", name_of(stepping.history))
                                                               : fmt::format("scheme = {}", to_string(stepping.scheme))));
  };
  stepping.start = read_choice<StartCorrection>(model, "start", kStarts);
  if (stepping.start != StartCorrection::automatic && !corrects_its_start(stepping.scheme)) refuse_without("start", "bdf2 … bdf6, trapezoidal, newton_gregory and flmm_bdf2");
  stepping.corrections = static_cast<int>(model.integer("corrections", 1, 100, 1));
  if (model.has("corrections") && stepping.scheme != FractionalScheme::predictor_corrector) {
    refuse_without("corrections", "predictor_corrector");
  }
  stepping.history = read_choice<HistoryMethod>(model, "history", kHistories);
  stepping.history_tolerance = model.real("history_tolerance", {.low = compute::kMinExponentialTolerance, .high = 1}, 1e-12);
  stepping.history_terms = model.integer("history_terms", 1, kMostTimeSteps, 0);
  if (model.has("history_terms") && stepping.history != HistoryMethod::short_memory) refuse_without("history_terms", "short_memory");
  return stepping;
}

void refuse_order(mission::Section& model, std::string_view field, const SteppingSettings& stepping, double order) {
  try {
    compute::fractional_order(stepping.scheme, order, stepping.corrections);
  } catch (const compute::ArgumentError& error) {
    model.complain(field, field == "alpha" ? "must " + error.range()
                                           : fmt::format("the order {} must {}", cache::canonical_real(order), error.range()));
  }
}

std::vector<double> TimeSettings::mesh() const {
  return is_graded ? compute::graded_mesh(duration, static_cast<std::uint64_t>(steps), grading) : std::vector<double>();
}

compute::FractionalTimes TimeSettings::times(std::span<const double> mesh) const {
  return {.start = 0, .end = duration, .steps = steps, .mesh = mesh};
}

output::Facts TimeSettings::facts() const {
  if (!is_graded) return {{"dt", dt}, {"steps", steps}};
  return {{"mesh", std::string("graded")}, {"grading", grading}, {"duration", duration}, {"steps", steps}};
}

namespace {

void read_grading(TimeSettings& settings, mission::Section& time, mission::Section& model, const SteppingSettings& stepping,
                  double order) {
  const std::string scheme(to_string(stepping.scheme));
  const bool l1_wave = stepping.scheme == FractionalScheme::l1 && order > 1;
  if (!compute::takes_any_mesh(stepping.scheme) || l1_wave) {
    time.complain("mesh", fmt::format("the steps of {} are equal{}; l1, l1_2, l2_1_sigma and product integration take a graded mesh", scheme,
                                      l1_wave ? " for an order above 1" : ""));
  }
  if (time.has("dt")) time.complain("dt", "a graded mesh has no dt: give its duration");
  if (stepping.history != HistoryMethod::automatic) {
    model.complain("history", "on a graded mesh the past is summed directly: leave it out");
  }
  settings.grading = time.real("grading", {.low = 1, .high = 100},
                               std::clamp(compute::fractional_order(stepping.scheme, order, stepping.corrections) / order, 1.0, 100.0));
  try {
    compute::check_mesh(settings.mesh());
  } catch (const compute::ArgumentError& error) {
    time.complain(time.has("grading") ? "grading" : "mesh", error.what());
  }
}

}  // namespace

TimeSettings read_time(mission::MissionText& text, mission::Section& model, const SteppingSettings& stepping, double order) {
  constexpr std::string_view kMeshes[] = {"uniform", "graded"};
  TimeSettings settings;
  mission::Section time = text.section("time");
  settings.is_graded = time.word("mesh", kMeshes, "uniform") == "graded";
  settings.steps = time.integer("steps", 1, kMostTimeSteps);
  const auto steps = static_cast<double>(settings.steps);
  if (time.has("duration")) {
    if (time.has("dt") && !settings.is_graded) time.complain("duration", "give either dt or duration");
    settings.duration = time.real("duration", mission::kPositive);
    settings.dt = settings.duration / steps;
  } else if (!settings.is_graded) {
    settings.dt = time.real("dt", mission::kPositive);
    settings.duration = settings.dt * steps;
  } else if (!time.has("dt")) {
    settings.duration = time.real("duration", mission::kPositive);
  }
  time.allow("duration");
  const std::string_view length = time.has("dt") ? "dt" : "duration";
  const double scale = std::pow(settings.dt, -order);
  if (!mission::kPositive.holds(scale)) time.complain(length, fmt::format("dt^-{} = {:.3g}: must {}", order, scale, mission::kPositive.text()));
  if (!mission::kPositive.holds(settings.duration)) {
    time.complain(length, fmt::format("dt * steps = {:.3g}: must {}", settings.duration, mission::kPositive.text()));
  }
  if (settings.is_graded) {
    read_grading(settings, time, model, stepping, order);
  } else if (time.has("grading")) {
    time.complain("grading", "belongs to mesh = graded");
  }
  settings.units = time.text("units", "1");
  return settings;
}

std::int64_t read_every(mission::MissionText& text, std::int64_t steps, std::int64_t rows) {
  const std::int64_t usual = std::max<std::int64_t>(1, (steps + rows - 1) / rows);
  return text.section("output").integer("every", 1, std::numeric_limits<std::int64_t>::max(), usual);
}

std::vector<std::int64_t> steps_written(std::int64_t steps, std::int64_t every) {
  std::vector<std::int64_t> written;
  for (std::int64_t step = 0; step < steps; step += std::min(every, steps)) written.push_back(step);
  written.push_back(steps);
  return written;
}

}  // namespace almanac::models
