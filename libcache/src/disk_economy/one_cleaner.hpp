#pragma once

#include "file_handle.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>

namespace almanac::cache {

/// The turn of who cleans: a lock on a file that one process at a time can have, and that goes with it, however it ends. Never waits.
class OneCleaner {
 public:
  explicit OneCleaner(const std::string& file) : file_(FileHandle::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0666)) {
    is_held_ = file_.is_open() && ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
    is_taken_ = file_.is_open() && !is_held_ && errno == EWOULDBLOCK;
  }
  /// Of what a child that was forked meanwhile keeps open as well.
  ~OneCleaner() {
    if (is_held_) ::flock(file_.get(), LOCK_UN);
  }
  OneCleaner(const OneCleaner&) = delete;
  OneCleaner& operator=(const OneCleaner&) = delete;

  /// True ← somebody else has it. Where there can be none (a read-only cache, a file system without locks), nobody has.
  bool is_taken() const noexcept { return is_taken_; }

 private:
  FileHandle file_;
  bool is_held_ = false;
  bool is_taken_ = false;
};

}  // namespace almanac::cache
