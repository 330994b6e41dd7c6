#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace almanac::wrap {

// FFTW's searches time many small parts, a few times each: what they find depends on what else the machine did meanwhile, and
// of one large transform the plans of ten searches differ by a third in how long they take. What is stored is used for ever;
// so where nobody's arrays are waited with it is searched for several times, and what was found is timed as a whole.

inline constexpr int kMostSearches = 5;
inline constexpr std::chrono::seconds kLongestSearching{4};   ///< of all of them; the first may take what it takes
inline constexpr std::chrono::seconds kLongestRepeating{20};  ///< of one process: whoever plans hundreds of problems is not to wait for ever
inline constexpr std::chrono::milliseconds kLongestRace{1000};
inline constexpr int kLeastRounds = 3;

/// Whether another search, as long as those done on average, ends within kLongestSearching, and within kLongestRepeating of a
/// process that has spent so much on repeating before.
bool is_worth_another(int searches_done, std::chrono::nanoseconds took, std::chrono::nanoseconds spent) noexcept;

/// The place of the runner whose least time is least; the first of equals. They run in turns, so that what disturbs the machine
/// meets them alike, for about `budget` and at least kLeastRounds rounds; short ones many times a turn.
/// Precondition: runners > 0
std::size_t fastest_of(std::size_t runners, const std::function<void(std::size_t)>& run,
                       const std::function<std::chrono::nanoseconds()>& now, std::chrono::nanoseconds budget);

}  // namespace almanac::wrap
