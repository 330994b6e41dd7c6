#include "new_process.hpp"
#include "wisdom_configurations.hpp"

#include <gtest/gtest.h>

#include <string_view>

// The tests; or, as a child of one of them, what new_process.hpp lists.
int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == almanac::compute::kPlanWithWisdom) {
    return almanac::compute::plan_in_this_process(argv[2], argv[3]);
  }
  if (argc == 2 && std::string_view(argv[1]) == almanac::compute::kEndWithAStaticScope) {
    return almanac::compute::end_with_a_static_scope();
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
