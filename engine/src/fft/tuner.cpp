#include <almanac/tune.hpp>

#include "fft/better_bundle.hpp"
#include "fft/idle_machine.hpp"
#include "fft/planned_log.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_timing.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;
using State = TuneOutcome::State;

/// What holding two plans against each other takes.
constexpr std::chrono::milliseconds kRound{150};
constexpr std::chrono::milliseconds kRace = kRounds * kRound;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One bundle to make.
struct Stage {
  cache::Request request;
  std::string what;  ///< "measure", "patient" …
};

/// The bundles of one item that are not there yet, in the order of making.
struct Work {
  std::string label;
  std::optional<cache::Key> adaptive;  ///< the entry of adaptive requests, where the item has to do with it
  std::vector<Stage> stages;

  std::chrono::nanoseconds estimate() const {
    std::chrono::nanoseconds sum{0};
    for (const Stage& stage : stages) sum += stage.request.estimate;
    return sum;
  }
};

class Tuning {
 public:
  Tuning(Engine& engine, const TuneOptions& options)
      : engine_(engine), options_(options), machine_(IdleMachine::Surroundings::real(options.pause)) {}

  TuneReport run(std::span<const TuneItem> items) {
    std::vector<Work> all;
    for (const TuneItem& item : items) {
      all.push_back(recipes::in_precision(item.precision, [&](auto real) { return work_of<decltype(real)>(item); }));
    }
    for (const Work& work : all) expected_ += work.estimate();
    for (const Work& work : all) report_.outcomes.push_back({.label = work.label});
    for (std::size_t i = 0; i < all.size() && !stopped(); ++i) finish(all[i], report_.outcomes[i]);
    report_.seconds = seconds_since(start_);
    return std::move(report_);
  }

 private:
  bool stopped() {
    if (!report_.interrupted && options_.stop && options_.stop()) report_.interrupted = true;
    return report_.interrupted;
  }

  /// What this process and all others will find: the disk, where there is one.
  bool is_ready(const cache::Request& request) {
    const auto reaches = [&](const auto& info) { return info && cache::coverage_of(info->attributes) >= request.coverage; };
    if (cache::DiskTier* disk = engine_.disk(); disk != nullptr && !disk->problem()) {
      const auto info = disk->peek(request.key);
      return info.ok() && reaches(*info);
    }
    return reaches(engine_.cache().peek(request.key));
  }

  template <class Real>
  Work work_of(const TuneItem& item) {
    Work work{.label = item.label(), .adaptive = {}, .stages = {}};
    const auto add = [&](cache::Request request, Rigor rigor) {
      if (!is_ready(request)) work.stages.push_back({std::move(request), std::string(to_string(rigor))});
    };
    if (item.spec.rigor != Rigor::adaptive) add(recipes::fft_wisdom_request<Real>(item.spec), item.spec.rigor);
    if (item.spec.rigor != Rigor::adaptive && item.spec.rigor != Rigor::patient) return work;
    const FftSpec adaptive = recipes::at_rigor(item.spec, Rigor::adaptive);
    cache::Request first = recipes::fft_wisdom_request<Real>(adaptive);
    work.adaptive = first.key;
    first.make = [this, measured = recipes::at_rigor(item.spec, Rigor::measure), make = std::move(first.make)](const cache::Artifact*) {
      const auto known = engine_.cache().find(recipes::fft_wisdom_request<Real>(measured).key);
      if (!known.entry) return make(nullptr);
      return recipes::bundle_artifact(recipes::bundle_of(known.entry->artifact),
                                      {{std::string(cache::kCoverage), recipes::kMeasuredCoverage},
                                       {std::string(recipes::kBundleRigor), std::string(to_string(Rigor::measure))}});
    };
    add(std::move(first), Rigor::measure);
    const auto patient = [this, spec = recipes::at_rigor(item.spec, Rigor::patient)] {
      const auto known = engine_.cache().find(recipes::fft_wisdom_request<Real>(spec).key);
      return known.entry ? std::string(recipes::bundle_of(known.entry->artifact)) : compute::make_wisdom<Real>(spec);
    };
    const auto timer = [this](std::span<const compute::FftPlan<Real>* const> plans) {
      return compute::execution_seconds<Real>(plans, kRound, options_.stop);
    };
    cache::Request second = better_bundle_request<Real>(adaptive, patient, timer);
    if (item.spec.rigor == Rigor::patient) second.estimate = kRace;  // its own bundle is there by then
    add(std::move(second), Rigor::patient);
    return work;
  }

  void finish(const Work& work, TuneOutcome& outcome) {
    const auto start = Clock::now();
    if (work.stages.empty()) {
      outcome.state = State::ready;
    } else if (const auto rest = left(); rest && work.estimate() > *rest) {
      outcome.message = fmt::format("it may take {}, and {} of the budget are left", format_duration(work.estimate()),
                                    format_duration(std::max(*rest, std::chrono::nanoseconds(0))));
    } else {
      make(work, outcome);
      outcome.seconds = seconds_since(start);
    }
    done_ += work.estimate();
    describe_adaptive(work, outcome);
  }

  /// Of the budget; nullopt: there is none.
  std::optional<std::chrono::nanoseconds> left() const {
    if (!options_.budget) return std::nullopt;
    return *options_.budget - std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_);
  }

  void make(const Work& work, TuneOutcome& outcome) {
    auto before = done_;
    try {
      for (const Stage& stage : work.stages) {
        if (options_.progress) options_.progress({work.label + ": " + stage.what, fraction(before)});
        if (options_.idle && !wait_until_idle(outcome)) return;
        cache::Request request = stage.request;
        request.keep = true;
        request.give_up = options_.stop;
        engine_.get(request);
        before += stage.request.estimate;
        if (!is_ready(stage.request)) outcome.state = State::not_stored;
      }
      if (outcome.state != State::not_stored) outcome.state = State::made;
    } catch (const Interrupted&) {
      report_.interrupted = true;
      outcome.message = "interrupted";
    } catch (const std::bad_alloc&) {
      fail(outcome, "out of memory");
    } catch (const std::exception& problem) {
      fail(outcome, problem.what());
    }
  }

  static void fail(TuneOutcome& outcome, std::string message) {
    outcome.state = State::failed;
    outcome.message = std::move(message);
  }

  bool wait_until_idle(TuneOutcome& outcome) {
    std::optional<Clock::time_point> until;
    if (const auto rest = left()) until = Clock::now() + *rest;
    switch (machine_.wait(options_.say, until)) {
      case IdleMachine::End::idle: return true;
      case IdleMachine::End::stopped: report_.interrupted = true; outcome.message = "interrupted"; break;
      case IdleMachine::End::too_late: outcome.message = "the machine was busy until the budget was spent"; break;
    }
    return false;
  }

  double fraction(std::chrono::nanoseconds done) const {
    return expected_.count() > 0 ? static_cast<double>(done.count()) / static_cast<double>(expected_.count()) : 1;
  }

  void describe_adaptive(const Work& work, TuneOutcome& outcome) {
    if (!work.adaptive) return;
    const auto info = engine_.cache().peek(*work.adaptive);
    if (!info) return;
    const auto of = [&](std::string_view name) -> const cache::Attribute* {
      const auto found = info->attributes.find(name);
      return found == info->attributes.end() ? nullptr : &found->second;
    };
    const auto number = [&](std::string_view name) -> std::optional<double> {
      const cache::Attribute* value = of(name);
      const auto* held = value == nullptr ? nullptr : std::get_if<double>(value);
      return held == nullptr ? std::nullopt : std::optional(*held);
    };
    if (const cache::Attribute* rigor = of(recipes::kBundleRigor); rigor != nullptr && std::holds_alternative<std::string>(*rigor)) {
      outcome.rigor = std::get<std::string>(*rigor);
    }
    outcome.measured_ns = number(recipes::kMeasuredExecution);
    outcome.patient_ns = number(recipes::kPatientExecution);
  }

  Engine& engine_;
  const TuneOptions& options_;
  IdleMachine machine_;
  const Clock::time_point start_ = Clock::now();
  std::chrono::nanoseconds expected_{0}, done_{0};
  TuneReport report_;
};

}  // namespace

std::string TuneItem::label() const {
  std::string text;
  for (const auto& [name, value] : recipes::texts_of(spec, precision)) {
    if (name == "extent") {
      text.insert(0, value);
    } else if (name == "transform") {
      text += " " + value;
    } else if (const bool is_default = value == "forward" || value == "false" || value == "contiguous" || value == "double" ||
                                       ((name == "batch" || name == "threads") && value == "1");
               !is_default) {
      text += fmt::format(" {}={}", name, value);
    }
  }
  return text;
}

std::string_view to_string(TuneOutcome::State state) noexcept {
  switch (state) {
    case State::made: return "made";
    case State::ready: return "ready";
    case State::left: return "left";
    case State::failed: return "failed";
    case State::not_stored: return "not stored";
  }
  return "";
}

std::size_t TuneReport::count(TuneOutcome::State state) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(outcomes, state, &TuneOutcome::state));
}

std::vector<TuneItem> planned_problems(Engine& engine) {
  std::vector<TuneItem> items;
  cache::DiskTier* disk = engine.disk();
  if (disk == nullptr || disk->problem()) return items;
  for (PlannedProblem& one : PlannedLog::read(disk->root() / PlannedLog::kFolder)) {
    try {
      recipes::in_precision(one.precision, [&](auto real) { recipes::fft_wisdom_request<decltype(real)>(one.spec); });
    } catch (const compute::ArgumentError&) {  // of a larger machine that shares this cache
      continue;
    }
    items.push_back({std::move(one.spec), std::move(one.precision)});
  }
  return items;
}

TuneReport tune(Engine& engine, std::span<const TuneItem> items, const TuneOptions& options) {
  return Tuning(engine, options).run(items);
}

}  // namespace almanac
