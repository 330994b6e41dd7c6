#include "problems.hpp"
#include "ratio_report.hpp"

#include <algorithm>
#include <cstring>

// Options besides those of Google Benchmark: --all takes all 26 transforms in place of five, and some minutes.
int main(int argc, char** argv) {
  using namespace almanac::bench;
  if (argc == 5 && std::strcmp(argv[1], "--plan-once") == 0) return plan_once(argv[2], argv[3], std::strtoul(argv[4], nullptr, 10));
  char** const end = std::remove_if(argv + 1, argv + argc, [](const char* word) { return std::strcmp(word, "--all") == 0; });
  const Places places = chosen_problems(end != argv + argc);
  argc = static_cast<int>(end - argv);

  register_from_scratch(places);
  register_almanac(places);
  register_by_hand(places);
  register_new_processes(chosen_problems(false));
  register_wrapped();

  const std::string ours = sum_over(places, "AlmanacPlanFromCache", "/manual_time");
  const std::string in_a_host = sum_over(places, "AlmanacPlanFromCacheInAHost", "/manual_time");
  const std::string from_scratch =
      sum_over(places, "MeasureFromScratch", places.size() == problems().size() ? "/iterations:1/repeats:1" : "/iterations:1/repeats:3");
  const std::string by_hand = sum_over(places, "ImportAndPlanByHand");
  const std::string count = std::to_string(places.size());
  return run_and_compare(
      argc, argv,
      {{count + " plans from cached wisdom: MEASURE from scratch", ours, from_scratch, 100},
       {"the same over import and plan by hand", ours, by_hand, 1.5, Ratio::Sense::at_most},
       {"in a program with wisdom of its own: MEASURE", in_a_host, from_scratch, 100},
       {"in a program with wisdom of its own: by hand", in_a_host, by_hand, 1.5, Ratio::Sense::at_most},
       {"one request in a new process over by hand, quartiles",
        sum_over(chosen_problems(false), "AlmanacInANewProcess", "/iterations:1/repeats:1/manual_time"),
        sum_over(chosen_problems(false), "ByHandInANewProcess", "/iterations:1/repeats:1/manual_time"), 1.5, Ratio::Sense::at_most},
       {"the second request of a process", "AlmanacPlanAgain/0", "", 1000, Ratio::Sense::at_most},
       {"adaptive, first request ever, over estimating by hand", sum_over(places, "AlmanacAdaptiveFirst", "/iterations:20/manual_time"),
        sum_over(places, "EstimateByHand"), 2, Ratio::Sense::at_most},
       {"wrapped, a planning call: over import and plan", "WrappedCall/iterations:20/manual_time", "ImportingCall/iterations:20/manual_time",
        100e3, Ratio::Sense::at_most_more},
       {"wrapped, a process that plans once: over import and plan", "WrappedProcess/iterations:20/real_time",
        "ImportingProcess/iterations:20/real_time", 5e6, Ratio::Sense::at_most_more},
       {"wrapped, a process that plans nothing: over the same alone", "WrappedProcessWithoutPlans/iterations:20/real_time",
        "ProcessWithoutPlans/iterations:20/real_time", 5e6, Ratio::Sense::at_most_more}});
}
