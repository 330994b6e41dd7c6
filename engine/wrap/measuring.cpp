// How a wrapped program's plans are measured, on its arrays or on others in their place, and what of that is kept.

#include "emptied_planner.hpp"
#include "free_memory.hpp"
#include "scratch_arrays.hpp"

#include <almanac/compute/fft_wisdom.hpp>

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

bool PlannerCopy::measure(Question& question, const cache::Key& key, int sign, unsigned flags, FftwProblem* problem, void*& plan) {
  const EmptiedPlanner emptied(*this);
  FftwProblem* const copy = copy_of(*problem);
  if (copy == nullptr) return false;
  plan = plan_(sign, flags, problem);
  count(&Counts::measured);
  try {
    if (plan == nullptr) {
      destroy_problem_(copy);
    } else {
      std::string bundle = bundle_of_last_plan(sign, flags, copy);
      if (is_time_limited()) bundle.clear();  // seen only now, since the planner's counts are proven
      const bool is_of_key = key.text().find(";signature=" + cache::KeyValue(signature_).text() + ';') != std::string::npos;
      if (const auto other = question.answer(is_of_key ? std::string_view(bundle) : std::string_view())) {
        if (void* made = plan_by_what_stands(other->text, sign, flags, *problem)) {
          destroy_plan_(std::exchange(plan, made));
          bundle = other->text;
        }
      }
      if (!bundle.empty()) served_.insert_or_assign(key.text(), std::move(bundle));
    }
  } catch (...) {
    // The plan is good all the same.
  }
  return true;
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
  void* plan = nullptr;
  if (!measure(question, key, sign, flags, moved, plan)) {
    destroy_problem_(moved);
    return false;
  }
  if (plan != nullptr) destroy_plan_(plan);
  return served_.contains(key.text());
}

}  // namespace almanac::wrap
