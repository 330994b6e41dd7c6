#pragma once

#include <cerrno>
#include <filesystem>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace almanac {

/// A lock on a file that one process at a time can have; it goes with its process, however that ends. Never waits.
class OneHolder {
 public:
  explicit OneHolder(const std::filesystem::path& file) : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    is_held_ = file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0;
    is_taken_ = file_ >= 0 && !is_held_ && errno == EWOULDBLOCK;
  }
  ~OneHolder() {
    if (file_ >= 0) ::close(file_);
  }
  OneHolder(const OneHolder&) = delete;
  OneHolder& operator=(const OneHolder&) = delete;

  /// False ← somebody else has it, or there can be none here.
  explicit operator bool() const noexcept { return is_held_; }

  /// True ← somebody else has it. Where there can be none (a read-only cache, a file system without locks), nobody has.
  bool is_taken() const noexcept { return is_taken_; }

 private:
  int file_;
  bool is_held_ = false;
  bool is_taken_ = false;
};

}  // namespace almanac
