#include "ratio_report.hpp"

int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  const auto most = Ratio::Sense::at_most;
  constexpr double values = 512.0 * 512.0;
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"512² eigenvalues, one thread, in ns: 1.5 µs a value", "AlmanacSpectrum", "", values * 1500, most},
       {"four single points, in ns: 20 µs each", "AlmanacPoint", "", 4 * 20'000, most},
       {"one point on the contour, general beta, complex, in ns: 20 µs", "AlmanacContourPoint", "", 20'000, most},
       {"512² eigenvalues against a contour for each", "AlmanacSpectrum", "ContourPerValue", 1},
       {"the same, with making the table", "AlmanacSpectrum+AlmanacTable", "ContourPerValue", 1},
       {"taking a table back against making it", "AlmanacTableTakenBack", "AlmanacTable", 1},
       {"512² eigenvalues, two threads against one", "AlmanacSpectrumTwoThreads/real_time", "AlmanacSpectrum", 0}});
}
