#include "ratio_report.hpp"

#include <fmt/format.h>

int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  const auto run = [](const char* which, const char* rigor) {
    return fmt::format("{}/{}/iterations:1/repeats:3/manual_time", which, rigor);
  };
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"mission, MEASURE: second run against no cache", run("SecondRun", "measure"), run("WithoutCache", "measure"), 0},
       {"mission, MEASURE: first run over no cache", run("FirstRun", "measure"), run("WithoutCache", "measure"), 1.1, Ratio::Sense::at_most},
       {"mission, PATIENT: second run against no cache", run("SecondRun", "patient"), run("WithoutCache", "patient"), 0},
       {"mission, PATIENT: first run over no cache", run("FirstRun", "patient"), run("WithoutCache", "patient"), 1.1, Ratio::Sense::at_most}});
}
