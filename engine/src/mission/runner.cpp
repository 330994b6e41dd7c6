#include "runner.hpp"

#include "artifact_ledger.hpp"
#include "case_results.hpp"
#include "dataset.hpp"
#include "output/pictures.hpp"
#include "prefetch.hpp"
#include "recipes/starting_weights.hpp"
#include "staged_file.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

namespace almanac::mission {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One run of a mission: what its jobs share.
class Run {
 public:
  Run(const MissionPlan& plan, Engine& engine, const MissionOptions& options)
      : plan_(plan),
        engine_(engine),
        options_(options),
        ledger_(engine, plan.tags),
        jobs_(std::clamp(options.jobs, 1, static_cast<int>(std::min<std::size_t>(plan.cases.size(), 1024)))),
        threads_(std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / jobs_)),
        reports_(plan.cases.size()),
        findings_(plan.cases.size()),
        panels_(plan.cases.size()),
        fractions_(plan.cases.size()) {}

  MissionReport run();

 private:
  class Context;

  void refuse_too_many_jobs() const;
  void work();
  void run_case(std::size_t index);
  void write_results(std::size_t index, output::Series result);
  void tell_begun();
  void run_cases();
  void work_ahead(Prefetch& prefetch, const std::stop_token& end);
  void plan_case(std::size_t index);
  void write_overview(MissionReport& report);
  void tell_progress(std::size_t index, double fraction);
  bool stopped();

  const MissionPlan& plan_;
  Engine& engine_;
  const MissionOptions& options_;
  ArtifactLedger ledger_;
  const int jobs_, threads_;
  std::vector<CaseReport> reports_;             // each written by the job that has the case
  std::vector<output::Facts> findings_;
  std::vector<output::Panel> panels_;
  std::vector<std::atomic<double>> fractions_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::atomic_flag telling_;
  std::atomic_flag begun_;                      // some case has got all it needs, or has ended without
  std::optional<WarmupReport> warmup_;
};

/// What one case sees of the run.
class Run::Context final : public models::CaseContext {
 public:
  Context(Run& run, std::size_t index) : run_(run), index_(index), needs_(run.plan_.cases[index].work->needs().size()) {}

  FractionalKernel kernel(const FractionalKernelSpec& spec) override {
    FractionalKernel kernel = run_.engine_.fractional_kernel(spec);
    enter(kernel.provenance());
    return kernel;
  }
  FftPlan<double> plan(const FftSpec& spec) override {
    FftPlan<double> plan = run_.engine_.fft_plan<double>(spec);
    enter(plan.provenance());
    return plan;
  }
  compute::StartingWeights starting_weights(compute::QuadratureRule rule, double alpha, std::span<const double> exponents,
                                            std::int64_t steps) override {
    const cache::Answer answer =
        run_.engine_.get(recipes::starting_weights_request(rule, alpha, {exponents.begin(), exponents.end()}, steps));
    enter(provenance_of(answer));
    return recipes::starting_weights_of(answer.entry->artifact, steps);
  }
  int threads() const noexcept override { return run_.threads_; }
  void progress(double fraction) override {
    run_.tell_progress(index_, fraction);
    if (run_.stopped()) throw Interrupted();
  }

 private:
  void enter(const Provenance& provenance) {
    CaseReport& report = run_.reports_[index_];
    run_.ledger_.enter(report, provenance);
    if (report.artifacts.size() >= needs_) run_.tell_begun();
  }

  Run& run_;
  std::size_t index_;
  std::size_t needs_;
};

void Run::tell_begun() {
  if (!begun_.test_and_set()) begun_.notify_all();
}

bool Run::stopped() {
  if (!stopped_ && options_.stop && options_.stop()) stopped_ = true;
  return stopped_;
}

// Whoever comes while another job is telling goes on instead of waiting: no callback runs under a lock.
void Run::tell_progress(std::size_t index, double fraction) {
  fractions_[index] = fraction;
  if (!options_.progress || telling_.test_and_set(std::memory_order_acquire)) return;
  double sum = 0;
  for (const auto& one : fractions_) sum += one;
  options_.progress({plan_.cases[index].name, index, plan_.cases.size(), fraction, sum / static_cast<double>(fractions_.size())});
  telling_.clear(std::memory_order_release);
}

void Run::refuse_too_many_jobs() const {
  double largest = 0;
  for (const PlannedCase& one : plan_.cases) largest = std::max(largest, one.work->bytes(threads_));
  const double needed = largest * jobs_, there = static_cast<double>(physical_memory());
  if (needed <= there) return;
  throw InputError(fmt::format("--jobs {}: a case needs {} of memory, this machine has {}; at most {} at once", jobs_,
                               format_size(static_cast<std::uint64_t>(largest)), format_size(static_cast<std::uint64_t>(there)),
                               std::max(1, static_cast<int>(there / largest))));
}

void Run::write_results(std::size_t index, output::Series result) {
  const std::string incomplete = result.incomplete;
  CaseResults results = write_case(plan_, plan_.cases[index], std::move(result), options_.output);
  CaseReport& report = reports_[index];
  report.files = std::move(results.files);
  report.findings = facts_text(results.findings);
  report.status = incomplete.empty() ? CaseStatus::done : CaseStatus::failed;
  if (!incomplete.empty()) report.error = fmt::format("{}; what it had computed is in {}", incomplete, report.files.front().filename().string());
  findings_[index] = std::move(results.findings);
  panels_[index] = std::move(results.panel);
}

void Run::run_case(std::size_t index) {
  const PlannedCase& one = plan_.cases[index];
  CaseReport& report = reports_[index];
  const Clock::time_point start = Clock::now();
  try {
    Context context(*this, index);
    context.progress(0);
    write_results(index, one.work->run(context));
  } catch (const Interrupted&) {
    report.status = CaseStatus::interrupted;
    stopped_ = true;  // whoever stopped it, the engine's owner or ours, stopped the mission
  } catch (const std::exception& error) {
    report.status = CaseStatus::failed;
    report.error = error.what();
  }
  report.seconds = seconds_since(start);
  tell_begun();
  tell_progress(index, 1);
}

void Run::plan_case(std::size_t index) {
  CaseReport& report = reports_[index];
  report.status = CaseStatus::planned;
  report.files = files_of_case(plan_.cases[index], options_.output, false);
  for (const cache::Request& request : plan_.cases[index].work->needs()) {
    const auto known = options_.recompute ? std::nullopt : engine_.cache().peek(request.key);
    const bool stored = known && cache::coverage_of(known->attributes) >= request.coverage;
    const double cost = std::chrono::duration<double>(stored ? known->facts.cost : request.estimate).count();
    report.artifacts.push_back({request.key.text(), std::string(request.key.kind()), stored ? "stored" : "to compute", 0, cost});
  }
}

void Run::work() {
  while (!stopped()) {
    const std::size_t index = next_++;
    if (index >= plan_.cases.size()) return;
    run_case(index);
  }
}

void Run::write_overview(MissionReport& report) {
  std::erase_if(panels_, [](const output::Panel& panel) { return panel.image.empty(); });
  if (panels_.size() < 2) return;
  StagedFile overview(options_.output / "overview.png");
  const output::Image picture = output::paint_overview({plan_.name, fmt::format("{} cases", panels_.size())}, panels_);
  overview.write([&](const auto& path) { output::write_png(path, picture); });
  overview.commit();
  report.files.push_back(overview.final_path());
}

/// Beside the cases: the rest of what they need, then what the mission is to make ready for others. Asks for no stop by itself:
/// options.stop need not be thread-safe where there is one job.
void Run::work_ahead(Prefetch& prefetch, const std::stop_token& end) {
  const auto stop = [&] { return stopped_.load() || end.stop_requested(); };
  prefetch.fetch_rest(stop);
  if (options_.warmup.items.empty() && plan_.warmup.items.empty()) return;
  // Whoever measures a plan holds FFTW's planner: the first case's plans must not wait for those of a warm-up.
  begun_.wait(false);
  Catalog catalog = plan_.warmup;
  catalog.items.insert(catalog.items.end(), options_.warmup.items.begin(), options_.warmup.items.end());
  try {
    warmup_ = warm_up(engine_, catalog, {.recompute = false, .progress = {}, .stop = stop});
  } catch (const std::exception& error) {  // no memory for its own lists: the mission goes on
    warmup_.emplace().failures.emplace_back(error.what());
  }
}

void Run::run_cases() {
  Prefetch prefetch(plan_, engine_, ledger_);
  if (!stopped()) {
    tell_progress(0, 0);
    const auto stop = [this] { return stopped(); };
    if (options_.recompute) prefetch.recompute(stop);
    prefetch.make_ready(stop);
  }
  std::jthread ahead;
  try {
    if (!stopped() && !Prefetch::keeps_nothing(engine_)) ahead = std::jthread([&](const std::stop_token& end) { work_ahead(prefetch, end); });
  } catch (const std::system_error&) {
    // No thread to be had: the cases ask for themselves.
  }
  if (jobs_ == 1) {
    work();
  } else {
    std::vector<std::jthread> jobs;
    for (int i = 0; i < jobs_; ++i) jobs.emplace_back([this] { work(); });
  }
  ahead.request_stop();
  tell_begun();
}

MissionReport Run::run() {
  const Clock::time_point start = Clock::now();
  refuse_too_many_jobs();
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    reports_[i].name = plan_.cases[i].name;
    reports_[i].parameters = facts_text(plan_.cases[i].work->parameters());
    reports_[i].steps = plan_.cases[i].work->steps();
  }
  MissionReport report;
  report.name = plan_.name;
  if (options_.dry_run) {
    check_output(options_.output);
    for (std::size_t i = 0; i < reports_.size(); ++i) plan_case(i);
    report.cases = std::move(reports_);
    return report;
  }
  prepare_output(options_.output);
  run_cases();
  ledger_.settle();
  report.interrupted = stopped_;
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    if (reports_[i].status != CaseStatus::done) reports_[i].earlier = earlier_files(plan_.cases[i], options_.output, reports_[i].files);
  }
  report.cases = std::move(reports_);
  report.warmup = std::move(warmup_);
  for (const CaseReport& one : report.cases) report.seconds_saved += one.seconds_saved;
  const auto attempt = [&report](const auto& write) {
    try {
      write();
    } catch (const EnvironmentError& error) {  // the cases are done, and the report of them is not lost
      report.error = error.what();
    }
  };
  attempt([&] { write_overview(report); });
  report.seconds = seconds_since(start);
  attempt([&] {
    StagedFile summary(options_.output / "summary.json");
    report.files.push_back(summary.final_path());
    summary.write([&](const auto& path) { write_summary(path, plan_, report, findings_, jobs_, threads_); });
    summary.commit();
  });
  return report;
}

}  // namespace

MissionReport run_mission(const MissionPlan& plan, Engine& engine, const MissionOptions& options) {
  return Run(plan, engine, options).run();
}

}  // namespace almanac::mission
