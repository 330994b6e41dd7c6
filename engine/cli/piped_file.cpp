#include "piped_file.hpp"

#include "interrupt.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace almanac::cli {
namespace {

constexpr std::size_t kBuffer = 1 << 16;
constexpr int kBetweenQuestions = 50;  ///< milliseconds in which nothing comes, before Ctrl-C is looked for

/// An open file, closed on the way out.
struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  int number;
};

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  throw EnvironmentError(fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(errno)));
}

int open_pipe(const std::filesystem::path& from) {
  // Opening a pipe that nobody writes to yet would keep us, Ctrl-C or not; reading it is waited for with both in view.
  const int opened = from == "-" ? dup(STDIN_FILENO) : open(from.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (opened < 0) fail("read", from);
  return opened;
}

int open_nameless(const std::filesystem::path& folder) {
  std::string name = (folder / ".import-XXXXXX").string();
  const int opened = mkostemp(name.data(), O_CLOEXEC);
  if (opened < 0) fail("write to", folder);
  unlink(name.c_str());
  return opened;
}

/// The next bytes; none at the end. Errors: EnvironmentError; Interrupted.
std::size_t read_some(int from, const std::filesystem::path& name, std::vector<std::byte>& buffer) {
  for (;;) {
    if (interrupt_requested()) throw Interrupted();
    pollfd ready{from, POLLIN, 0};
    const int found = poll(&ready, 1, kBetweenQuestions);
    if (found == 0 || (found < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) fail("read", name);
  }
}

}  // namespace

bool is_piped(const std::filesystem::path& path) {
  struct stat status;
  return path == "-" || path == "/dev/stdin" || (stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode));
}

PipedFile::PipedFile(const std::filesystem::path& from, const std::filesystem::path& folder) {
  const Descriptor pipe(open_pipe(from));
  Descriptor kept(open_nameless(folder));
  std::vector<std::byte> buffer(kBuffer);
  while (const std::size_t got = read_some(pipe.number, from, buffer)) {
    for (std::size_t done = 0; done < got;) {
      const ssize_t written = ::write(kept.number, buffer.data() + done, got - done);
      if (written < 0 && errno != EINTR) fail("write to", folder);
      if (written > 0) done += static_cast<std::size_t>(written);
    }
  }
  descriptor_ = std::exchange(kept.number, -1);
}

PipedFile::~PipedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::filesystem::path PipedFile::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

}  // namespace almanac::cli
