#include "ratio_report.hpp"

int main(int argc, char** argv) {
  return almanac::bench::run_and_compare(
      argc, argv, {{"second standard warm-up against the first", "SecondWarmup", "FirstWarmup/iterations:1/manual_time", 50}});
}
