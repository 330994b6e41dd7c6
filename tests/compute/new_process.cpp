#include "new_process.hpp"

#include "planned_by_hand.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace almanac::compute {
namespace {

// The last static object to go: ends the process with status 1 where the planner is not as it should be.
struct PlannerAtEnd {
  std::string expected;
  ~PlannerAtEnd() {
    if (planner_state() != expected) std::_Exit(1);
  }
};

}  // namespace

int run_new_process(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::filesystem::read_symlink("/proc/self/exe").string());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawn(&child, pointers[0], nullptr, nullptr, pointers.data(), environ) != 0) return -1;
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int end_with_a_static_scope() {
  static PlannerAtEnd at_end;
  static const FftPlanningScope scope;    // before anything of the library that is static wakes up
  plan_with_threads(2);
  plan_by_hand({.extent = {56}});
  import_wisdom(plan_by_hand({.extent = {56}}).wisdom);
  at_end.expected = planner_state();
  make_wisdom<double>({.extent = {40}});
  return planner_state() == at_end.expected ? 2 : 0;    // open, the scope has the program's wisdom put aside
}

}  // namespace almanac::compute
