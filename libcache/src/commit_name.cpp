#include "commit_name.hpp"

#include "file_handle.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

template <class Call>
int errno_of(Call call) noexcept {
  return past_signals(call) == 0 ? 0 : errno;
}

}  // namespace

bool has_no_hard_links(int number) noexcept {
  return number == EPERM || number == EOPNOTSUPP || number == ENOSYS || number == EMLINK || number == EXDEV;
}

int link_name(const char* from, const char* to) noexcept {
  return errno_of([&] { return ::link(from, to); });
}

int rename_to_free_name(const char* from, const char* to) noexcept {
  const int problem = errno_of([&] { return ::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); });
  return problem == EINVAL || problem == ENOSYS ? rename_over(from, to) : problem;
}

int rename_over(const char* from, const char* to) noexcept {
  return errno_of([&] { return ::rename(from, to); });
}

int exchange_names(const char* one, const char* other) noexcept {
  return errno_of([&] { return ::syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE); });
}

int remove_name(const char* path) noexcept {
  return errno_of([&] { return ::unlink(path); });
}

}  // namespace almanac::cache
