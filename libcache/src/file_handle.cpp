#include "file_handle.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

/// Linux moves at most 0x7ffff000 bytes a call; read(2).
constexpr std::size_t kMostAtOnce = 1u << 30;

ErrorCode code_of(int number) noexcept {
  switch (number) {
    case ENOSPC:
    case EDQUOT: return ErrorCode::no_space;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::denied;
    default: return ErrorCode::io;
  }
}

}  // namespace

FileHandle FileHandle::open(const char* path, int flags, mode_t mode) noexcept {
  return FileHandle(past_signals([&] { return ::open(path, flags | O_CLOEXEC, mode); }));
}

void FileHandle::close() noexcept {
  // Not repeated after EINTR: Linux has closed it then, and the number may be somebody else's.
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

int FileHandle::close_written() noexcept {
  if (descriptor_ < 0 || ::close(std::exchange(descriptor_, -1)) == 0) return 0;
  return errno == EINTR ? 0 : errno;
}

Error system_error(int number, std::string_view what, std::string_view path) {
  std::string message(what);
  message += ' ';
  message += path;
  message += ": ";
  message += std::generic_category().message(number);
  return {code_of(number), std::move(message)};
}

Result<std::size_t> read_at(const FileHandle& file, std::span<std::byte> bytes, std::uint64_t offset, std::string_view path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(file.get(), bytes.data() + done, std::min(bytes.size() - done, kMostAtOnce), static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      return system_error(errno, "cannot read", path);
    }
  }
  return done;
}

Status write_at(const FileHandle& file, std::span<const std::byte> bytes, std::uint64_t offset, std::string_view path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::pwrite(file.get(), bytes.data() + done, std::min(bytes.size() - done, kMostAtOnce), static_cast<off_t>(offset + done));
    if (put > 0) {
      done += static_cast<std::size_t>(put);
    } else if (put == 0) {
      return system_error(ENOSPC, "cannot write", path);  // no progress, and no reason given
    } else if (errno != EINTR) {
      return system_error(errno, "cannot write", path);
    }
  }
  return success();
}

Status reserve(const FileHandle& file, std::uint64_t bytes, std::string_view path) {
  const auto size = static_cast<off_t>(bytes);
  int outcome = past_signals([&] { return ::fallocate(file.get(), 0, 0, size); });
  if (outcome != 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)) {
    outcome = past_signals([&] { return ::ftruncate(file.get(), size); });
  }
  if (outcome != 0) return system_error(errno, "cannot reserve " + std::to_string(bytes) + " bytes for", path);
  return success();
}

int sync_folder(const std::string& folder) noexcept {
  const FileHandle handle = FileHandle::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (!handle.is_open()) return errno;
  return past_signals([&] { return ::fsync(handle.get()); }) == 0 ? 0 : errno;
}

}  // namespace almanac::cache
