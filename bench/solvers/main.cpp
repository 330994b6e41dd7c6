#include "ratio_report.hpp"

int main(int argc, char** argv) {
  const std::string plain = "PlainPredictorCorrector/", once = "/iterations:1/repeats:3/real_time";
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"D^0.7 y = y (1 - y), the same scheme and steps", "Solver/LogisticSameScheme/real_time", plain + "Logistic" + once, 4},
       {"the same, to the same error", "Solver/Logistic/real_time", plain + "Logistic" + once, 40},
       {"Lorenz of order 0.995, the same scheme and steps", "Solver/LorenzSameScheme/real_time", plain + "Lorenz" + once, 4},
       {"the same, to the same error", "Solver/Lorenz/real_time", plain + "Lorenz" + once, 40}});
}
