#include "wisdom_configurations.hpp"

#include <gtest/gtest.h>

#include <string_view>

// The tests; or, as a child of FftWisdom.GivesTheSameBitsInANewProcess, a process that plans from wisdom and nothing else.
int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--plan-with-wisdom") {
    return almanac::compute::plan_in_this_process(argv[2], argv[3]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
