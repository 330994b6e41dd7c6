#include "ratio_report.hpp"

int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  const auto most = Ratio::Sense::at_most;
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"weights n = 1e5, one thread, against the plain recurrence", "AlmanacKernel/100000", "PlainRecurrence/100000", 2},
       {"weights n = 1e6, one thread, against the plain recurrence", "AlmanacKernel/1000000", "PlainRecurrence/1000000", 2},
       {"weights n = 1e7, one thread, against the plain recurrence", "AlmanacKernel/10000000", "PlainRecurrence/10000000", 2.5},
       {"weights n = 1e8, one thread, against the plain recurrence", "AlmanacKernel/100000000", "PlainRecurrence/100000000", 2.5},
       {"weights n = 1e7, one thread, over filling the array", "AlmanacKernel/10000000", "Fill/10000000", 2, most},
       {"weights n = 1e8, one thread, over filling the array", "AlmanacKernel/100000000", "Fill/100000000", 2, most},
       {"weights n = 1e8, two threads against one", "AlmanacKernelTwoThreads/100000000/real_time", "AlmanacKernel/100000000", 0},
       {"weights n = 1e6, one thread, against lgamma", "AlmanacKernel/1000000", "LogGamma/1000000", 0}});
}
