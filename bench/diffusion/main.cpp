#include "ratio_report.hpp"

int main(int argc, char** argv) {
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"256² step with variable κ, against Eigen's conjugate gradients, plain", "SolveStep", "EigenPlain", 0},
       {"256² step with variable κ, against the same with its diagonal", "SolveStep", "EigenDiagonal", 0},
       {"256² operator applied, against Eigen's product", "ApplyOperator", "EigenOperator", 0}});
}
