#pragma once

#include "file_handle.hpp"
#include "warnings.hpp"

#include <almanac/cache/tier.hpp>
#include <almanac/cache/trace.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>

#include <sys/types.h>

namespace almanac::cache {

/// Appends what a cache answers to a trace. Lines are gathered in lanes, one for each thread or for a few, and written many
/// at once and whole, so that several threads and processes may write to one file. What a killed process had gathered is
/// lost: some seconds, where requests come slowly, else some hundred lines a thread. So is what a process gathered when it
/// was forked, in the new one.
/// Threads: thread-safe. Nobody waits for a lane: who finds all of them taken leaves its request out.
/// Cost: some 100 ns a request, and no system call for most of them
class TraceRecorder {
 public:
  using Clock = std::chrono::steady_clock;

  /// A file that cannot be written to is warned of; then nothing is recorded.
  TraceRecorder(std::filesystem::path file, Warnings& warnings);
  ~TraceRecorder();
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  /// This was handed out to a request that came then.
  void note(const Entry& entry, Clock::time_point when);

 private:
  struct alignas(64) Lane {
    std::atomic<bool> is_taken{false};
    pid_t process = 0;
    Clock::time_point since{};  ///< of the first line that is in it
    std::string lines;
  };

  void write(const std::string& lines, pid_t process);

  static constexpr std::size_t kLanes = 16;
  static constexpr std::size_t kMostBytes = 1 << 15;              // in a lane
  static constexpr std::chrono::seconds kLongest{1};              // a request that comes so long after the lane's first line has them all written

  const std::filesystem::path path_;
  Warnings& warnings_;
  const std::chrono::system_clock::duration from_steady_;         // between the two clocks, when this began
  FileHandle file_;
  std::atomic<bool> is_on_{false};
  std::array<Lane, kLanes> lanes_;
};

}  // namespace almanac::cache
