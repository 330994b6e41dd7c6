#pragma once

#include <string>
#include <vector>

namespace almanac::compute {

// What fft_tests does as a child of its own, by its first argument.
inline constexpr const char* kPlanWithWisdom = "--plan-with-wisdom";            // FOLDER ORDER: plan_in_this_process
inline constexpr const char* kEndWithAStaticScope = "--end-with-a-static-scope";    // end_with_a_static_scope

/// Runs this program anew with these arguments; its exit status, or -1.
int run_new_process(std::vector<std::string> arguments);

/// Leaves a static FftPlanningScope to the end of the process, which then ends with status 1 unless its planner has the
/// program's own wisdom again.
int end_with_a_static_scope();

}  // namespace almanac::compute
