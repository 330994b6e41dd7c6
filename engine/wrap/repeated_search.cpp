#include "repeated_search.hpp"

#include <algorithm>
#include <vector>

namespace almanac::wrap {
namespace {

constexpr std::chrono::nanoseconds kShortest{20'000};  ///< on the clock: what is quicker runs many times

}  // namespace

bool is_worth_another(int searches_done, std::chrono::nanoseconds took, std::chrono::nanoseconds spent) noexcept {
  const std::chrono::nanoseconds mean = took / searches_done;
  return searches_done < kMostSearches && took + mean <= kLongestSearching && spent + mean <= kLongestRepeating;
}

std::size_t fastest_of(std::size_t runners, const std::function<void(std::size_t)>& run,
                       const std::function<std::chrono::nanoseconds()>& now, std::chrono::nanoseconds budget) {
  std::vector<std::chrono::nanoseconds> least(runners, std::chrono::nanoseconds::max());
  const auto start = now();
  for (int round = 0; round < kLeastRounds || now() - start < budget; ++round) {
    for (std::size_t runner = 0; runner < runners; ++runner) {
      const auto times = round == 0 ? 1 : 1 + kShortest / std::max(least[runner], std::chrono::nanoseconds(1));
      const auto begin = now();
      for (auto time = times; time > 0; --time) run(runner);
      least[runner] = std::min(least[runner], (now() - begin) / times);
    }
  }
  return static_cast<std::size_t>(std::ranges::min_element(least) - least.begin());
}

}  // namespace almanac::wrap
