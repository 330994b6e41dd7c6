#include "ratio_report.hpp"

int main(int argc, char** argv) {
  return almanac::bench::run_and_compare(argc, argv,
                                         {{"128³ matrix built, against Eigen's triplets", "BuildMatrix", "EigenTriplets", 0},
                                          {"128³ matrix loaded, against building it", "LoadMatrix/manual_time", "BuildMatrix", 0},
                                          {"128³ applied without a matrix, against Eigen's product", "ApplyWithoutMatrix", "EigenProduct", 0}});
}
