#pragma once

#include "frames.hpp"
#include "recipes/fft_key.hpp"

#include <almanac/cache/key.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace almanac::wrap {

/// What `almanac wrap` said in the environment when this process started.
struct Settings {
  std::string socket, counts, cache, cpu, isa;
  std::optional<compute::Rigor> upgrade;
  std::chrono::milliseconds wait{0};
};

/// nullptr ← this process is not wrapped.
const Settings* settings() noexcept;

/// The counts of all wrapped processes; where they cannot be reached, some that nobody reads.
Counts& counts() noexcept;
inline void count(std::atomic<std::uint64_t> Counts::* which, std::uint64_t by = 1) noexcept {
  (counts().*which).fetch_add(by, std::memory_order_relaxed);
}

/// A bundle, and what measuring it took.
struct FoundBundle {
  std::string text;
  std::chrono::nanoseconds cost{0};
  std::optional<compute::Rigor> rigor{};  ///< of an adaptive entry: what its bundle was planned at
  std::int64_t coverage = 0;              ///< and what it was held against, as recipes::kPatientCoverage
};

/// One question to the parent. A descriptor is open only while it lasts: the program may close all of them at any time. It is none of
/// the first three, which stand for input and output even where the program has closed those.
class Question {
 public:
  Question() = default;
  ~Question() { close(); }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  /// Waits until somebody has the bundle, or this process is to measure it: then is_ours(). Neither: the parent is gone or cannot help.
  /// `unusable`: the bundle that is there was tried in vain.
  std::optional<FoundBundle> ask(const cache::Key& key, bool unusable);
  bool is_ours() const noexcept { return ours_; }

  /// Hands over what was measured; empty: there is nothing to keep. Gives the bundle that stands instead, where one was kept before.
  std::optional<FoundBundle> answer(std::string_view bundle);

 private:
  void close() noexcept;

  int socket_ = -1;
  unsigned long identity_ = 0;
  std::size_t place_ = 0;  ///< among those that are open
  bool ours_ = false;
};

/// In a process just forked: whoever is measuring is another, whose end the parent would not see while the descriptor is open here.
void close_questions_of_others() noexcept;

}  // namespace almanac::wrap
