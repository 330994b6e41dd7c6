#pragma once

#include <almanac/cache/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace almanac::cache {

/// Makes a system call, again where a signal came between. Gives what it gave; where that is -1, errno says why.
template <class Call>
auto past_signals(Call call) noexcept {
  auto outcome = call();
  while (outcome == -1 && errno == EINTR) outcome = call();
  return outcome;
}

/// A file descriptor. Move-only; closed once.
class FileHandle {
 public:
  FileHandle() noexcept = default;
  explicit FileHandle(int descriptor) noexcept : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() { close(); }

  /// Opens with O_CLOEXEC, again after a signal. Where that fails, is_open() is false and errno says why.
  static FileHandle open(const char* path, int flags, mode_t mode = 0) noexcept;

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int get() const noexcept { return descriptor_; }
  void close() noexcept;
  /// The same for a file that was written: some file systems tell only here what they could not write. Gives an errno.
  int close_written() noexcept;

 private:
  int descriptor_ = -1;
};

/// The error for an errno: its code, and "what path: strerror".
Error system_error(int number, std::string_view what, std::string_view path);

/// Reads until `bytes` is full or the file ends; gives how many. Goes on after signals and short reads.
/// Errors: by errno.
Result<std::size_t> read_at(const FileHandle& file, std::span<std::byte> bytes, std::uint64_t offset, std::string_view path);

/// Writes all of `bytes`. Goes on after signals and short writes. Errors: by errno.
Status write_at(const FileHandle& file, std::span<const std::byte> bytes, std::uint64_t offset, std::string_view path);

/// Takes the space for a file at once and sets its size: a full disk is met here, and the file lies in one piece.
/// Errors: by errno.
Status reserve(const FileHandle& file, std::uint64_t bytes, std::string_view path);

/// Puts the names in a folder on the medium. Gives an errno, 0: it was done.
int sync_folder(const std::string& folder) noexcept;

}  // namespace almanac::cache
