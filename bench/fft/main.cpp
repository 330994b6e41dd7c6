#include "problems.hpp"
#include "ratio_report.hpp"

int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  using almanac::bench::sum_over_problems;
  const std::string ours = sum_over_problems("AlmanacPlanFromCache", "/manual_time");
  const std::string in_a_host = sum_over_problems("AlmanacPlanFromCacheInAHost", "/manual_time");
  const std::string from_scratch = sum_over_problems("MeasureFromScratch", "/iterations:1");
  const std::string by_hand = sum_over_problems("ImportAndPlanByHand");
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"plans from cached wisdom against MEASURE from scratch", ours, from_scratch, 100},
       {"plans from cached wisdom over import and plan by hand", ours, by_hand, 1.5, Ratio::Sense::at_most},
       {"the same in a program with wisdom of its own: MEASURE", in_a_host, from_scratch, 100},
       {"the same in a program with wisdom of its own: by hand", in_a_host, by_hand, 1.5, Ratio::Sense::at_most}});
}
