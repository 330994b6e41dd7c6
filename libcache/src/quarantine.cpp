#include "quarantine.hpp"

#include "lease_record.hpp"

#include <cerrno>
#include <cstdio>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

/// True when what is at `path` is the file that was looked at. A symbolic link was looked through.
bool is_it(const std::string& path, const FileIdentity& identity) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return true;
  return S_ISLNK(status.st_mode) || FileIdentity{status.st_dev, status.st_ino} == identity;
}

void write_reason(const std::string& moved, const std::string& path, const Error& reason) {
  const std::string name = moved + ".txt";
  const std::string text = std::string(to_string(reason.code)) + "\n" + path + "\n" + reason.message + "\n";
  const FileHandle file = FileHandle::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file.is_open()) return;  // the warning has said it
  [[maybe_unused]] const Status written = write_at(file, std::as_bytes(std::span(text)), 0, name);
}

}  // namespace

Result<std::string> quarantine(const CacheRoot& root, const std::string& path, const FileIdentity& identity, const std::string& name,
                               const Error& reason) {
  const std::string folder = root.quarantine();
  if (const Status made = CacheRoot::make_folder(folder); !made) return made.error();
  const std::string moved = folder + '/' + name + '-' + draw_token().substr(0, 8) + ".h5";
  if (::rename(path.c_str(), moved.c_str()) != 0) {
    if (errno == ENOENT) return std::string();
    return system_error(errno, "cannot move to quarantine", path);
  }
  if (!is_it(moved, identity)) {
    // Somebody healed the place between our look and our rename. Theirs goes back, unless the next is there already.
    if (::link(moved.c_str(), path.c_str()) == 0 || errno == EEXIST) {
      ::unlink(moved.c_str());
    } else {
      ::rename(moved.c_str(), path.c_str());
    }
    return std::string();
  }
  write_reason(moved, path, reason);
  return moved;
}

}  // namespace almanac::cache
