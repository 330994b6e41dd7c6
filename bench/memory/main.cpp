#include "ratio_report.hpp"

#include <algorithm>
#include <thread>

// The time of a hit is the wall time over the hits of all threads, so on c cores c or more threads that do not stand in
// each other's way take 1/c of what one takes. Asked are at least 80 % of that.
int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  const auto most = Ratio::Sense::at_most;
  const auto asked = [](unsigned threads) { return 0.8 * std::min(threads, std::max(1u, std::thread::hardware_concurrency())); };
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"hit, one thread", "AlmanacMemory<Uniform>/real_time/threads:1", "", 100, most},
       {"hits of 2 threads against those of one", "AlmanacMemory<Uniform>/real_time/threads:2", "AlmanacMemory<Uniform>/real_time/threads:1", asked(2)},
       {"hits of 8 threads against those of one", "AlmanacMemory<Uniform>/real_time/threads:8", "AlmanacMemory<Uniform>/real_time/threads:1", asked(8)},
       {"the same of maps without locks, 2 threads", "OwnMap<Uniform>/real_time/threads:2", "OwnMap<Uniform>/real_time/threads:1", 0},
       {"the same of maps without locks, 8 threads", "OwnMap<Uniform>/real_time/threads:8", "OwnMap<Uniform>/real_time/threads:1", 0},
       {"hits of 2 threads against a map behind one lock", "AlmanacMemory<Uniform>/real_time/threads:2", "OneLock<Uniform>/real_time/threads:2", 0},
       {"hits of 8 threads against a map behind one lock", "AlmanacMemory<Uniform>/real_time/threads:8", "OneLock<Uniform>/real_time/threads:8", 0},
       {"one hot key, one thread", "AlmanacMemory<Hot>/real_time/threads:1", "", 100, most},
       {"one hot key, 2 threads against one", "AlmanacMemory<Hot>/real_time/threads:2", "AlmanacMemory<Hot>/real_time/threads:1", 0},
       {"one hot key, 8 threads against one", "AlmanacMemory<Hot>/real_time/threads:8", "AlmanacMemory<Hot>/real_time/threads:1", 0}});
}
