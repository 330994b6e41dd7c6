// What happens when a program plans. The rule throughout: a plan that is not certain to be right is FFTW's own affair.

#include "emptied_planner.hpp"
#include "stored_bundle.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace almanac::wrap {
namespace {

using compute::Rigor;

unsigned flags_of(Rigor rigor) noexcept {
  return rigor == Rigor::exhaustive ? kExhaustive : rigor == Rigor::patient ? kPatient : 0;
}

}  // namespace

cache::Key PlannerCopy::key_of(const DescribedProblem& described) {
  return recipes::fft_wisdom_key(described.problem, precision_.name, described.variant,
                                 {.cpu = settings()->cpu, .isa = settings()->isa, .signature = signature()});
}

void* PlannerCopy::straight(int sign, unsigned flags, FftwProblem* problem) noexcept {
  own_wisdom_.reset();
  return plan_(sign, flags, problem);
}

void* PlannerCopy::plan(int sign, unsigned flags, FftwProblem* problem) noexcept {
  const Inside inside;
  know_threading();
  Lock lock(mutex_);
  if (passes_all()) {
    count(&Counts::planned);
    count(&Counts::passed);
    return plan_(sign, flags, problem);
  }
  void* made = nullptr;
  bool is_taken = false;
  try {
    is_taken = plan_by_wisdom(lock, sign, flags, problem, made);
  } catch (...) {
    // No memory for what we do; FFTW may have enough for what it does.
  }
  return is_taken ? made : straight(sign, flags, problem);
}

/// False ← it is to be passed on, and nothing has happened to the problem.
bool PlannerCopy::plan_by_wisdom(Lock& lock, int sign, unsigned flags, FftwProblem* problem, void*& plan) {
  count(&Counts::planned);
  const bool is_estimate = (flags & kEstimate) != 0;
  const bool is_upgrade = is_estimate && settings()->upgrade.has_value();
  if (is_estimate && !is_upgrade && served_.empty()) {
    count(&Counts::estimated);
    return false;
  }
  if (!is_usable_) {
    count(&Counts::foreign);
    count(&Counts::passed);
    return false;
  }
  const bool is_limited = is_time_limited();
  if (is_limited && !is_estimate) count(&Counts::time_limited);
  const unsigned wanted = is_upgrade ? (flags & ~kEstimate) | flags_of(*settings()->upgrade) : flags;
  notice_changes();
  const bool is_known = (flags & ~kKnownFlags) == 0 && !is_limited && !threading_.is_unknown && !threading_.has_engine;
  const int threads = threading_.count != nullptr ? threading_.count() : 1;
  auto described = is_known ? describe(*problem, wanted, threads, precision_.bytes) : std::nullopt;
  if (!described) {
    count(is_estimate ? &Counts::estimated : &Counts::passed);
    return false;
  }
  if (is_estimate && !is_upgrade) {
    plan = plan_as_measured_before(*std::move(described), sign, flags, problem);
    if (plan == nullptr) count(&Counts::estimated);
    return plan != nullptr;
  }
  if (!has_imported_) know_own_wisdom();
  if (has_imported_ && (plan = plan_by_own_wisdom(sign, flags, problem)) != nullptr) return true;

  cache::Key key = key_of(*described);
  if (is_upgrade && (plan = plan_by_better(*described, key, sign, wanted, problem)) != nullptr) return true;
  bool is_unusable = false;
  std::optional<FoundBundle> found = bundle_at_hand(key);
  if (found && (plan = serve(key, *std::move(found), sign, wanted, problem)) != nullptr) return true;
  if (found) {
    // The program may have initialised threads since: then the planner has other solvers.
    signature_.clear();
    cache::Key now = key_of(*described);
    is_unusable = now == key;
    if (!is_unusable) {
      key = std::move(now);
      found = bundle_at_hand(key);
      if (found && (plan = serve(key, *std::move(found), sign, wanted, problem)) != nullptr) return true;
      is_unusable = found.has_value();
    }
  }
  if ((flags & kWisdomOnly) != 0) {
    plan = plan_by_all_wisdom(sign, flags, problem);
    return true;
  }

  Question question;
  found = ask(lock, question, key, is_unusable);
  if (found && (plan = serve(key, *std::move(found), sign, wanted, problem)) != nullptr) return true;
  if (found && !is_unusable) {
    found = ask(lock, question, key, true);
    if (found && (plan = serve(key, *std::move(found), sign, wanted, problem)) != nullptr) return true;
  }
  if (!is_upgrade) return measure(question, key, sign, flags, problem, plan);
  if (measure_on_scratch(question, key, sign, wanted, *problem)) plan = plan_by_bundle(served_.at(key.text()).text, sign, wanted, problem);
  if (plan == nullptr) count(&Counts::estimated);
  return plan != nullptr;
}

std::optional<FoundBundle> PlannerCopy::bundle_at_hand(const cache::Key& key) const {
  const auto served = served_.find(key.text());
  return served != served_.end() ? served->second : stored_bundle(settings()->cache, key);
}

/// Without the lock: what is waited for may take others minutes.
std::optional<FoundBundle> PlannerCopy::ask(Lock& lock, Question& question, const cache::Key& key, bool is_unusable) noexcept {
  std::optional<FoundBundle> found;
  lock.unlock();
  try {
    found = question.ask(key, is_unusable);
  } catch (...) {
    // It is measured, then.
  }
  lock.lock();
  notice_changes();
  return found;
}

void* PlannerCopy::serve(const cache::Key& key, FoundBundle&& found, int sign, unsigned flags, FftwProblem* problem) {
  void* const plan = plan_by_bundle(found.text, sign, flags, problem);
  if (plan == nullptr) {
    served_.erase(key.text());
    return nullptr;
  }
  count(&Counts::cached);
  count(&Counts::saved_ns, static_cast<std::uint64_t>(found.cost.count()));
  try {
    found.cost = {};
    served_.insert_or_assign(key.text(), std::move(found));
  } catch (...) {
    // It is looked for again.
  }
  return plan;
}

/// Where an estimate is upgraded: what was found fastest, where searches as long as the one asked for were held against each
/// other; else the longest search that was ever made. What a process has planned once it plans so again, whatever is stored
/// meanwhile.
void* PlannerCopy::plan_by_better(const DescribedProblem& given, const cache::Key& asked, int sign, unsigned flags, FftwProblem* problem) {
  const Rigor least = given.problem.rigor;
  std::vector<std::pair<Rigor, cache::Key>> better;
  DescribedProblem described = given;
  for (const Rigor rigor : {Rigor::adaptive, Rigor::exhaustive, Rigor::patient}) {
    if (rigor == least) break;
    described.problem.rigor = rigor;
    better.emplace_back(rigor, key_of(described));
  }
  const auto is_served = [this](const cache::Key& key) { return served_.contains(key.text()); };
  const bool is_first = !is_served(asked) && std::ranges::none_of(better, is_served, &std::pair<Rigor, cache::Key>::second);
  for (const auto& [rigor, key] : better) {
    if (!is_first && !is_served(key)) continue;
    auto found = bundle_at_hand(key);
    if (!found) continue;
    Rigor planned_at = rigor;
    if (rigor == Rigor::adaptive) {
      if (!found->rigor || found->coverage < (least == Rigor::exhaustive ? recipes::kExhaustiveCoverage : recipes::kPatientCoverage)) continue;
      planned_at = *found->rigor;
    }
    if (void* plan = serve(key, *std::move(found), sign, (flags & ~(kPatient | kExhaustive)) | flags_of(planned_at), problem)) return plan;
  }
  return nullptr;
}

/// What was measured for the program before may serve another problem of its too, as it would in FFTW's planner.
void* PlannerCopy::plan_by_all_wisdom(int sign, unsigned flags, FftwProblem* problem) {
  const EmptiedPlanner emptied(*this);
  if (!own_wisdom_->empty()) import_(own_wisdom_->c_str());
  for (const auto& [key, bundle] : served_) import_(bundle.text.c_str());
  count(&Counts::passed);
  return plan_(sign, flags, problem);
}

/// An estimate of what the program has measured before is, in FFTW, planned as it was measured.
void* PlannerCopy::plan_as_measured_before(const DescribedProblem& given, int sign, unsigned flags, FftwProblem* problem) {
  DescribedProblem described = given;
  for (const Rigor rigor : {Rigor::exhaustive, Rigor::patient, Rigor::measure}) {
    described.problem.rigor = rigor;
    const auto served = served_.find(key_of(described).text());
    if (served == served_.end()) continue;
    void* const plan = plan_by_bundle(served->second.text, sign, (flags & ~kEstimate) | flags_of(rigor), problem);
    if (plan != nullptr) count(&Counts::cached);
    return plan;
  }
  return nullptr;
}

void* PlannerCopy::plan_by_own_wisdom(int sign, unsigned flags, FftwProblem* problem) {
  FftwProblem* const copy = copy_of(*problem);
  if (copy == nullptr) return nullptr;
  void* const plan = plan_(sign, flags | kWisdomOnly, copy);
  if (plan == nullptr) return nullptr;
  own_wisdom_.reset();
  count(&Counts::own);
  destroy_problem_(problem);
  return plan;
}

/// Takes the problem where there is a plan.
void* PlannerCopy::plan_by_bundle(const std::string& bundle, int sign, unsigned flags, FftwProblem* problem) {
  if (!compute::refuse_bundle(bundle, header_of(signature())).empty()) return nullptr;
  const EmptiedPlanner emptied(*this);
  if (import_(bundle.c_str()) == 0) return nullptr;
  hold_counts_against(records_in(bundle));
  FftwProblem* const copy = copy_of(*problem);
  if (copy == nullptr) return nullptr;
  void* const plan = plan_(sign, flags | kWisdomOnly, copy);  // destroys the copy where it gives none
  if (plan != nullptr) destroy_problem_(problem);
  return plan;
}

}  // namespace almanac::wrap
