#include "policy/trace_recorder.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

/// A thread keeps to its lane: the next thread has the next one.
std::size_t number_of_thread() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

TraceRecorder::TraceRecorder(std::filesystem::path file, Warnings& warnings)
    : path_(std::move(file)),
      warnings_(warnings),
      from_steady_(std::chrono::system_clock::now().time_since_epoch() - Clock::now().time_since_epoch()) {
  file_ = FileHandle::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
  struct stat status{};
  if (!file_.is_open() || ::fstat(file_.get(), &status) != 0) {
    const std::string line = system_error(errno, "nothing is recorded: cannot open", path_.string()).message;
    warnings_.once(line, line);
    return;
  }
  is_on_ = true;
  // What was written last may be torn.
  write((status.st_size > 0 ? "\n" : "") + std::string(kTraceHead), ::getpid());
}

TraceRecorder::~TraceRecorder() {
  for (const Lane& lane : lanes_) write(lane.lines, lane.process);
}

void TraceRecorder::note(const Entry& entry, Clock::time_point when) {
  if (!is_on_.load(std::memory_order_relaxed)) return;
  const std::size_t first = number_of_thread();
  for (std::size_t step = 0; step < kLanes; ++step) {
    Lane& lane = lanes_[(first + step) % kLanes];
    if (lane.is_taken.load(std::memory_order_relaxed) || lane.is_taken.exchange(true, std::memory_order_acquire)) continue;
    std::string full;
    pid_t process = 0;
    if (lane.lines.empty()) {
      lane.process = ::getpid();
      lane.since = when;
      lane.lines.reserve(kMostBytes + 256);
    }
    append_trace_line(lane.lines, {std::chrono::system_clock::time_point(when.time_since_epoch() + from_steady_),
                                   {entry.key.id(), entry.artifact.bytes(), entry.facts.cost, entry.facts.expires}});
    if (lane.lines.size() >= kMostBytes || when - lane.since > kLongest) {
      full.swap(lane.lines);
      process = lane.process;
    }
    lane.is_taken.store(false, std::memory_order_release);
    write(full, process);
    return;
  }
}

/// Lines gathered before a fork are the parent's to write.
void TraceRecorder::write(const std::string& lines, pid_t process) {
  if (lines.empty() || !is_on_ || process != ::getpid()) return;
  for (std::size_t done = 0; done < lines.size();) {
    const ssize_t now = past_signals([&] { return ::write(file_.get(), lines.data() + done, lines.size() - done); });
    if (now > 0) {
      done += static_cast<std::size_t>(now);
      continue;
    }
    is_on_ = false;
    const std::string line = system_error(now < 0 ? errno : EIO, "nothing more is recorded: cannot write", path_.string()).message;
    warnings_.once(line, line);
    return;
  }
}

}  // namespace almanac::cache
