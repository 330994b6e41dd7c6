#include "cache_root.hpp"

#include "file_handle.hpp"

#include <almanac/cache/removal.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by almanac.\n"
    "# For information about cache directory tags, see: https://bford.info/cachedir/\n";

/// What may be in a root that is ours before it has its tag.
constexpr std::array<std::string_view, 8> kOurs = {"objects", "tags", "quarantine", "leases", "fft-log", "usage", RemovalLog::kFile, RemovalLog::kOlderFile};

constexpr std::string_view kSuffix = ".h5";
constexpr std::size_t kFolderDigits = 2;
constexpr std::size_t kFileDigits = 30;

/// Source: statfs(2) and linux/magic.h; Lustre, GPFS and BeeGFS from their own headers.
bool is_remote(std::uint32_t type) noexcept {
  constexpr std::array<std::uint32_t, 13> kRemote = {
      0x6969,      // NFS
      0x517b,      // SMB
      0xff534d42,  // CIFS
      0xfe534d42,  // SMB2
      0x65735546,  // FUSE
      0x01021997,  // 9P
      0x5346414f,  // AFS
      0x00c36400,  // Ceph
      0x73757245,  // Coda
      0x0bd00bd0,  // Lustre
      0x47504653,  // GPFS
      0x19830326,  // BeeGFS
      0x7461636f,  // OCFS2
  };
  return std::ranges::find(kRemote, type) != kRemote.end();
}

/// Marks the folder for backup programs, unless somebody else's files are in it already: a home folder
/// must not lose its backups.
void write_tag(const fs::path& root) {
  const std::string path = root.string() + "/CACHEDIR.TAG";
  if (::access(path.c_str(), F_OK) == 0) return;
  std::error_code error;
  for (const auto& held : fs::directory_iterator(root, error)) {
    const std::string name = held.path().filename().string();
    if (std::ranges::find(kOurs, name) == kOurs.end()) return;
  }
  const FileHandle file = FileHandle::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file.is_open()) return;
  // A cache without its tag is a cache.
  [[maybe_unused]] const Status written = write_at(file, std::as_bytes(std::span(kTag)), 0, path);
}

/// Absolute, and as lexically_normal() would leave it, without a slash at its end: most are, and to take apart others costs a process
/// that looks up one entry as much as the look-up.
bool is_normal(std::string_view path) noexcept {
  if (!path.starts_with('/') || path.size() == 1 || path.ends_with('/')) return false;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == "..") return false;
    begin = end + 1;
  }
  return true;
}

/// As make_folder; gives an errno, 0: it is there.
int make_folders(const std::string& folder, bool durable) {
  struct stat status;
  if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return 0;
  constexpr int kMostSteps = 256;  // up and down a path, while somebody may be removing it
  std::string at = folder;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto slash = at.rfind('/');
    if (past_signals([&] { return ::mkdir(at.c_str(), 0777); }) == 0) {
      if (durable) {
        // Who may make a name in a folder and not read it cannot sync it either.
        const int problem = sync_folder(slash == 0 ? "/" : at.substr(0, slash));
        if (problem != 0 && problem != EACCES && problem != ENOENT) return problem;
      }
    } else if (errno == ENOENT && slash != std::string::npos && slash != 0) {
      at.resize(slash);
      continue;
    } else if (const int problem = errno; problem != EEXIST && (::stat(at.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))) {
      return problem;
    }
    if (at.size() == folder.size()) return 0;
    at = folder.substr(0, folder.find('/', at.size() + 1));
  }
  return ENOENT;
}

}  // namespace

CacheRoot::CacheRoot(const fs::path& root, bool durable) {
  std::error_code error;
  root_ = is_normal(root.native()) ? root : fs::absolute(root, error).lexically_normal();
  if (root.empty() || error) {
    problem_ = Error{ErrorCode::invalid_argument, "no cache folder: \"" + root.string() + "\""};
    return;
  }
  if (!root_.has_filename()) root_ = root_.parent_path();
  objects_ = root_.string() + "/objects";
  if (objects_.size() + 48 > PATH_MAX) {
    problem_ = system_error(ENAMETOOLONG, "cannot use the cache folder", root_.string());
    return;
  }
  const int problem = make_folders(root_.string(), durable);
  struct stat seen;
  const int looked = ::stat(root_.c_str(), &seen) == 0 ? 0 : errno;
  if (looked != 0 || !S_ISDIR(seen.st_mode)) {
    problem_ = system_error(problem != 0 ? problem : looked != 0 ? looked : ENOTDIR, "cannot use the cache folder", root_.string());
    return;
  }
  write_tag(root_);
  make_folders(objects_, durable);  // a read-only cache is a cache: put() says so
  if (::stat(objects_.c_str(), &seen) == 0 && !S_ISDIR(seen.st_mode)) {
    problem_ = system_error(ENOTDIR, "cannot use the cache folder", objects_);
    return;
  }
  struct statfs status;
  is_local_ = ::statfs(root_.c_str(), &status) == 0 && !is_remote(static_cast<std::uint32_t>(status.f_type));
}

EntryPath CacheRoot::entry_path(const Id& id) const noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  EntryPath path;
  char* to = path.text.data();
  std::memcpy(to, objects_.data(), objects_.size());
  to += objects_.size();
  *to++ = '/';
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == static_cast<int>(kFolderDigits)) *to++ = '/';
    const std::uint64_t half = digit < 16 ? id.high : id.low;
    *to++ = kDigits[(half >> (60 - 4 * (digit % 16))) & 15u];
  }
  std::memcpy(to, kSuffix.data(), kSuffix.size());
  to[kSuffix.size()] = '\0';
  return path;
}

std::string CacheRoot::folder_of(const Id& id) const { return objects_ + '/' + id.hex().substr(0, kFolderDigits); }

Status CacheRoot::make_folder(const std::string& folder, bool durable) {
  if (const int problem = make_folders(folder, durable)) return system_error(problem, "cannot make", folder);
  return success();
}

std::optional<Id> id_of_file(std::string_view folder, std::string_view file) {
  if (folder.size() != kFolderDigits || file.size() != kFileDigits + kSuffix.size() || !file.ends_with(kSuffix)) return std::nullopt;
  const std::string hex = std::string(folder) + std::string(file.substr(0, kFileDigits));
  const auto id = Id::parse(hex);
  if (!id || id->hex() != hex) return std::nullopt;  // upper-case digits are somebody else's
  return *id;
}

}  // namespace almanac::cache
