#include "private_folder.hpp"

#include "errno_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "almanac-wrap-";
constexpr time_t kLeftoverSeconds = 60;     ///< younger ones may not be locked yet
constexpr std::size_t kLongestFolder = 80;  ///< a socket's name has at most 107 bytes

}  // namespace

PrivateFolder::PrivateFolder() {
  const char* given = std::getenv("TMPDIR");
  const std::string_view asked = given != nullptr ? given : "";
  const bool is_fit = asked.starts_with('/') && asked.size() <= kLongestFolder && asked.find_first_of(kNotLoadable) == asked.npos;
  const fs::path place = is_fit ? asked : "/tmp";
  std::string name = (place / kFolder).string() + "XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw EnvironmentError(fmt::format("cannot make {}: {}", name, errno_text(errno)));
  path_ = name;
  lock_ = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0) ::flock(lock_, LOCK_EX | LOCK_NB);
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

void PrivateFolder::remove_leftovers() const noexcept {
  try {
    std::error_code error;
    for (fs::directory_iterator folder(path_.parent_path(), error), end; !error && folder != end; folder.increment(error)) {
      const fs::path& path = folder->path();
      struct stat status {};
      if (!path.filename().native().starts_with(kFolder) || path == path_ || ::lstat(path.c_str(), &status) != 0) continue;
      if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || ::time(nullptr) - status.st_mtime < kLeftoverSeconds) continue;
      const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (lock < 0) continue;
      std::error_code ignored;
      if (::flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(path, ignored);
      ::close(lock);
    }
  } catch (...) {
    // The next run's affair.
  }
}

SharedCounts::SharedCounts(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  void* mapped = MAP_FAILED;
  int number = errno;
  // With its place on the disk taken: writing to a page for which there is none would end the wrapped program.
  if (descriptor >= 0) number = ::posix_fallocate(descriptor, 0, sizeof(Counts));
  if (descriptor >= 0 && number == 0) {
    mapped = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    number = errno;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (mapped == MAP_FAILED) throw EnvironmentError(fmt::format("cannot make {}: {}", file.string(), errno_text(number)));
  counts_ = static_cast<Counts*>(mapped);
}

SharedCounts::~SharedCounts() { ::munmap(counts_, sizeof(Counts)); }

}  // namespace almanac::wrap
