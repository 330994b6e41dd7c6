#include "disk_economy/taking_out.hpp"

#include "commit_name.hpp"
#include "temporary_file.hpp"

#include <cerrno>

#include <sys/stat.h>

namespace almanac::cache {
namespace {

bool is_meant(const struct stat& status, const std::optional<FileIdentity>& identity, const std::optional<timespec>& modified) noexcept {
  if (!S_ISREG(status.st_mode)) return false;
  if (identity && FileIdentity{status.st_dev, status.st_ino} != *identity) return false;
  return !modified || (status.st_mtim.tv_sec == modified->tv_sec && status.st_mtim.tv_nsec == modified->tv_nsec);
}

}  // namespace

Result<TakenOut> take_out(const std::string& path, const std::optional<FileIdentity>& identity, const std::optional<timespec>& modified) {
  const auto failed = [&path](int number) { return system_error(number, "cannot remove", path); };
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT || errno == ENOTDIR ? Result<TakenOut>(TakenOut{}) : failed(errno);
  if (!is_meant(status, identity, modified)) return TakenOut{};

  TemporaryFile taken(path.substr(0, path.rfind('/')));
  const char* const name = taken.path().c_str();
  if (const int problem = rename_over(path.c_str(), name)) {
    taken.let_go();
    return problem == ENOENT || problem == ENOTDIR ? Result<TakenOut>(TakenOut{}) : failed(problem);
  }
  const bool is_seen = ::lstat(name, &status) == 0;
  if (!is_seen || !is_meant(status, identity, modified)) {
    // Another one by now: it goes back, and where its place is taken, the caller decides which of both stays.
    int problem = link_name(name, path.c_str());
    if (has_no_hard_links(problem)) {
      problem = rename_to_free_name(name, path.c_str());
      if (problem == 0) taken.let_go();
    }
    if (problem == 0) return TakenOut{};
    TakenOut left{.homeless = taken.path()};
    taken.let_go();
    return left;
  }
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  const bool is_last_name = status.st_nlink == 1;
  if (const int problem = remove_name(name)) {
    const int back = link_name(name, path.c_str());
    taken.let_go();
    if (back != 0 && has_no_hard_links(back)) rename_to_free_name(name, path.c_str());
    return failed(problem);
  }
  taken.let_go();
  return TakenOut{.is_gone = true, .freed = is_last_name ? bytes : 0};
}

}  // namespace almanac::cache
