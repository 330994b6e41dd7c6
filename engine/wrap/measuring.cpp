// How a wrapped program's plans are measured, on its arrays or on others in their place, and what of that is kept.

#include "emptied_planner.hpp"
#include "free_memory.hpp"
#include "repeated_search.hpp"
#include "scratch_arrays.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace almanac::wrap {

/// The planner's only wisdom, where it suffices to plan the same again: a search that was cut short leaves less.
std::string PlannerCopy::bundle_of_last_plan(int sign, unsigned flags, FftwProblem* copy) {
  std::string bundle = compute::without_timeouts(exported());
  signature_ = signature_of(compute::wisdom_header(bundle));
  if (compute::refuse_bundle(bundle, header_of(signature_)).empty()) {
    forget_();
    if (import_(bundle.c_str()) != 0) {
      hold_counts_against(records_in(bundle));
      if (void* again = plan_(sign, flags | kWisdomOnly, copy)) {
        destroy_plan_(again);
        return bundle;
      }
      return {};
    }
  }
  destroy_problem_(copy);
  return {};
}

/// Takes the problem. False ← it does not, for lack of memory, and nothing has happened.
bool PlannerCopy::search(int sign, unsigned flags, FftwProblem* problem, Searched& found) {
  FftwProblem* const copy = copy_of(*problem);
  if (copy == nullptr) return false;
  found.plan = plan_(sign, flags, problem);
  count(&Counts::searches);
  if (found.plan == nullptr) {
    destroy_problem_(copy);
    return true;
  }
  try {
    found.bundle = bundle_of_last_plan(sign, flags, copy);
  } catch (...) {
    // The plan is good all the same.
  }
  return true;
}

bool PlannerCopy::measure(Question& question, const cache::Key& key, int sign, unsigned flags, FftwProblem* problem, void*& plan) {
  const EmptiedPlanner emptied(*this);
  Searched found;
  if (!search(sign, flags, problem, found)) return false;
  count(&Counts::measured);
  if (found.plan != nullptr) hand_over(question, key, sign, flags, *problem, found);
  plan = found.plan;
  return true;
}

/// To who stores it. What stands from now on is another's where that came first, and is what the plan is made by.
void PlannerCopy::hand_over(Question& question, const cache::Key& key, int sign, unsigned flags, const FftwProblem& problem,
                            Searched& found) noexcept {
  try {
    if (is_time_limited()) found.bundle.clear();  // seen only now, since the planner's counts are proven
    const bool is_of_key = key.text().find(";signature=" + cache::KeyValue(signature_).text() + ';') != std::string::npos;
    if (const auto other = question.answer(is_of_key ? std::string_view(found.bundle) : std::string_view())) {
      if (void* made = plan_by_what_stands(other->text, sign, flags, problem)) {
        destroy_plan_(std::exchange(found.plan, made));
        found.bundle = other->text;
      }
    }
    if (!found.bundle.empty()) served_.insert_or_assign(key.text(), FoundBundle{found.bundle});
  } catch (...) {
    // The plan is good all the same.
  }
}

/// Another's bundle was stored first: that is what all get.
void* PlannerCopy::plan_by_what_stands(const std::string& bundle, int sign, unsigned flags, const FftwProblem& problem) {
  FftwProblem* const copy = copy_of(problem);
  if (copy == nullptr) return nullptr;
  forget_();
  void* const plan = plan_by_bundle(bundle, sign, flags, copy);
  if (plan == nullptr) destroy_problem_(copy);
  return plan;
}

/// On arrays that are nobody's, and still there: several searches, each in an emptied planner, and of what they found the fastest.
PlannerCopy::Searched PlannerCopy::search_repeatedly(int sign, unsigned flags, const FftwProblem& problem) {
  std::array<Searched, kMostSearches> found;
  std::size_t different = 0;
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  const std::chrono::nanoseconds start = now();
  std::chrono::nanoseconds first{0};
  for (int searches = 0; searches == 0 || is_worth_another(searches, now() - start, repeating_); ++searches) {
    if (searches == 1) first = now() - start;
    FftwProblem* const copy = copy_of(problem);
    if (copy == nullptr) break;
    forget_();
    Searched& one = found[different];
    if (!search(sign, flags, copy, one)) {
      destroy_problem_(copy);
      break;
    }
    if (one.plan == nullptr || (different == 0 && (one.bundle.empty() || execute_ == nullptr))) break;
    const auto is_known = [&](const Searched& before) { return before.bundle == one.bundle; };
    if (one.bundle.empty() || std::any_of(found.begin(), found.begin() + different, is_known)) {
      destroy_plan_(std::exchange(one.plan, nullptr));
    } else {
      ++different;
    }
  }
  std::size_t best = 0;
  if (different > 1) try {
    const auto run = [&](std::size_t place) { execute_(found[place].plan); };
    best = fastest_of(different, run, now, std::min<std::chrono::nanoseconds>(kLongestRace, now() - start));
  } catch (...) {
    // No memory to tell them apart.
  }
  if (first.count() > 0) repeating_ += now() - start - first;
  for (std::size_t place = 0; place < different; ++place) {
    if (place != best) destroy_plan_(found[place].plan);
  }
  return std::move(found[best]);
}

bool PlannerCopy::measure_on_scratch(Question& question, const cache::Key& key, int sign, unsigned flags, const FftwProblem& problem) {
  ScratchArrays scratch;
  std::ptrdiff_t input = 0, output = 0;
  // Of what is free, half: planning takes memory, too, and so does whoever else lives here.
  if (!scratch.move(problem, precision_.bytes, free_memory() / 2, input, output)) return false;
  FftwProblem* const moved = copy_of(problem);
  if (moved == nullptr) return false;
  if (*moved->kind == kDft) {
    auto& arrays = static_cast<FftwDft&>(*moved);
    arrays.real_in += input, arrays.imaginary_in += input, arrays.real_out += output, arrays.imaginary_out += output;
  } else if (*moved->kind == kRdft) {
    auto& arrays = static_cast<FftwRdft&>(*moved);
    arrays.in += input, arrays.out += output;
  } else {
    auto& arrays = static_cast<FftwRdft2&>(*moved);
    const bool to_complex = arrays.direction == kR2hc;
    const std::ptrdiff_t real = to_complex ? input : output, complex = to_complex ? output : input;
    arrays.even += real, arrays.odd += real, arrays.real += complex, arrays.imaginary += complex;
  }
  const EmptiedPlanner emptied(*this);
  Searched found = search_repeatedly(sign, flags, *moved);
  count(&Counts::measured);
  if (found.plan != nullptr) {
    hand_over(question, key, sign, flags, *moved, found);
    destroy_plan_(found.plan);
  }
  destroy_problem_(moved);
  return served_.contains(key.text());
}

}  // namespace almanac::wrap
