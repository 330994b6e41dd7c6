#include "ratio_report.hpp"

#include <string>

namespace {

/// N = 2^20 by plain sums would take minutes: 16 times what 2^18 takes.
std::string sixteen_times(const std::string& name) {
  std::string sum = name;
  for (int i = 1; i < 16; ++i) sum += "+" + name;
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  const auto most = Ratio::Sense::at_most;
  const std::string plain = "PlainSum/65536/iterations:1/repeats:3/real_time",
                    plain20 = sixteen_times("PlainSum/262144/iterations:1/repeats:2/real_time"),
                    numpy = "NumPySum/100000/iterations:1/repeats:1/manual_time",
                    pass = "ReadAndWrite/iterations:1/repeats:3/real_time";
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"N = 2^16, FFT blocks against plain sums", "FftBlocks/65536/real_time", plain, 30},
       {"N = 2^16, FFT blocks with plans kept, against plain sums", "FftBlocksPlanned/65536/real_time", plain, 30},
       {"N = 2^16, exponentials to 1e-12 against plain sums", "Exponentials/65536/real_time", plain, 150},
       {"N = 2^16, the same step by step", "ExponentialsStepByStep/65536/real_time", plain, 0},
       {"N = 2^16, our direct sums against plain ones", "DirectHistory/65536/iterations:1/repeats:3/real_time", plain, 0},
       {"N = 2^20, FFT blocks against 16 x plain sums of 2^18", "FftBlocks/1048576/real_time", plain20, 300},
       {"N = 2^20, FFT blocks with plans kept", "FftBlocksPlanned/1048576/real_time", plain20, 300},
       {"N = 2^20, exponentials to 1e-12", "Exponentials/1048576/real_time", plain20, 4000},
       {"N = 2^20, the same step by step", "ExponentialsStepByStep/1048576/real_time", plain20, 0},
       {"N = 1e5, exponentials to 1e-12 against NumPy", "Exponentials/100000/real_time", numpy, 1000},
       {"512^2 to 1e-8, a step over reading and writing the state", "Field/1/iterations:6/repeats:3/real_time", pass, 1, most},
       {"512^2 to 1e-8, the same on two threads", "Field/2/iterations:6/repeats:3/real_time", pass, 0}});
}
