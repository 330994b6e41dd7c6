#include <almanac/tune.hpp>

#include "fft/idle_machine.hpp"
#include "fft/planned_log.hpp"
#include "fft/planning_rates.hpp"
#include "fft/tuning_to_do.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;
using Depth = TuningToDo::Depth;
using State = TuneOutcome::State;
using Duration = std::chrono::nanoseconds;

Duration time_since(Clock::time_point start) { return Clock::now() - start; }
double in_seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// Others worked on the machine until the budget was spent.
class BusyTooLong : public std::runtime_error {
 public:
  BusyTooLong() : std::runtime_error("the machine was busy until the budget was spent") {}
};

class Tuning {
 public:
  Tuning(Engine& engine, const TuneOptions& options)
      : engine_(engine),
        options_(options),
        machine_(IdleMachine::Surroundings::real(options.pause)),
        to_do_(engine, rates_, options.stop) {}

  TuneReport run(std::span<const TuneItem> items) {
    // Headers say how much there is to do; what is there is tried when its turn comes, and there may never be a turn.
    for (const TuneItem& item : items) {
      works_.push_back(stopped() ? TuningWork{.label = item.label(), .adaptive = {}, .stages = {}} : to_do_.work_of(item, Depth::headers));
    }
    for (const TuningWork& work : works_) report_.outcomes.push_back({.label = work.label});
    for (at_ = 0; at_ < works_.size() && !stopped(); ++at_) {
      const auto rest = left();
      works_[at_] = to_do_.work_of(items[at_], rest && rest->count() <= 0 ? Depth::headers : Depth::bundles);
      finish(report_.outcomes[at_]);
    }
    report_.seconds = in_seconds(time_since(start_));
    return std::move(report_);
  }

 private:
  bool stopped() {
    if (!report_.interrupted && options_.stop && options_.stop()) report_.interrupted = true;
    return report_.interrupted;
  }

  Duration expected(const TuningStage& stage) const {
    return stage.is_race ? kRaceTime : rates_.predict(stage.rigor, stage.planning);
  }

  Duration expected(const TuningWork& work) const {
    Duration sum{0};
    for (const TuningStage& stage : work.stages) sum = saturated_sum(sum, expected(stage));
    return sum;
  }

  void finish(TuneOutcome& outcome) {
    const TuningWork& work = works_[at_];
    const auto start = Clock::now();
    if (work.stages.empty()) {
      outcome.state = State::ready;
    } else if (const auto rest = left(); rest && expected(work) > *rest) {
      outcome.message = fmt::format("it may take {}, and {} of the budget are left", format_duration(expected(work)),
                                    format_duration(std::max(*rest, Duration(0))));
    } else {
      make(work, outcome);
      outcome.seconds = in_seconds(time_since(start));
    }
    describe_adaptive(work, outcome);
  }

  /// Of the budget; nullopt: there is none.
  std::optional<Duration> left() const {
    if (!options_.budget) return std::nullopt;
    return *options_.budget - time_since(start_);
  }

  void make(const TuningWork& work, TuneOutcome& outcome) {
    try {
      for (std::size_t stage = 0; stage < work.stages.size(); ++stage) {
        say_progress(work, stage);
        await_idle();
        cache::Request request = work.stages[stage].request;
        request.keep = true;
        request.give_up = options_.stop;
        const auto start = Clock::now();
        engine_.get(request);
        spent_ += time_since(start);
        if (!TuningToDo::look(engine_, request)) {  // nor would be what is compared with it
          outcome.state = State::not_stored;
          break;
        }
      }
      if (outcome.state != State::not_stored) outcome.state = State::made;
    } catch (const Interrupted&) {
      report_.interrupted = true;
      outcome.message = "interrupted";
    } catch (const BusyTooLong& problem) {
      outcome.message = problem.what();
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

  void say_progress(const TuningWork& work, std::size_t stage) {
    if (!options_.progress) return;
    Duration rest{0};
    for (std::size_t i = stage; i < work.stages.size(); ++i) rest = saturated_sum(rest, expected(work.stages[i]));
    for (std::size_t i = at_ + 1; i < works_.size(); ++i) rest = saturated_sum(rest, expected(works_[i]));
    const double all = in_seconds(spent_) + in_seconds(rest);
    const TuningStage& now = work.stages[stage];
    options_.progress({.label = fmt::format("{}: {}{}", work.label, to_string(now.rigor), now.is_race ? ", compared" : ""),
                       .fraction = all > 0 ? in_seconds(spent_) / all : 1,
                       .done = at_,
                       .all = works_.size(),
                       .left = rest});
  }

  /// Errors: Interrupted, BusyTooLong.
  void await_idle() {
    if (!options_.idle) return;
    std::optional<Clock::time_point> until;
    if (const auto rest = left()) until = Clock::now() + *rest;
    const IdleMachine::End end = machine_.wait(options_.say, until);
    if (end == IdleMachine::End::stopped) throw Interrupted();
    if (end == IdleMachine::End::too_late) throw BusyTooLong();
  }

  void describe_adaptive(const TuningWork& work, TuneOutcome& outcome) {
    if (!work.adaptive) return;
    const auto info = engine_.cache().peek(*work.adaptive);
    if (!info) return;
    const auto of = [&](std::string_view name) -> const cache::Attribute* {
      const auto found = info->attributes.find(name);
      return found == info->attributes.end() ? nullptr : &found->second;
    };
    const auto nanoseconds = [&](Rigor rigor) -> std::optional<double> {
      const cache::Attribute* value = of(recipes::execution_at(rigor));
      const auto* held = value == nullptr ? nullptr : std::get_if<double>(value);
      return held == nullptr ? std::nullopt : std::optional(*held);
    };
    if (const cache::Attribute* rigor = of(recipes::kBundleRigor); rigor != nullptr && std::holds_alternative<std::string>(*rigor)) {
      outcome.rigor = std::get<std::string>(*rigor);
    }
    outcome.measured_ns = nanoseconds(Rigor::measure);
    outcome.patient_ns = nanoseconds(Rigor::patient);
    outcome.exhaustive_ns = nanoseconds(Rigor::exhaustive);
  }

  Engine& engine_;
  const TuneOptions& options_;
  IdleMachine machine_;
  const Clock::time_point start_ = Clock::now();
  std::vector<TuningWork> works_;
  std::size_t at_ = 0;
  PlanningRates rates_;
  TuningToDo to_do_;
  Duration spent_{0};  ///< making, without what was waited for
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
