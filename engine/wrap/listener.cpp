#include "listener.hpp"

#include "errno_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace almanac::wrap {

int listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) throw EnvironmentError(fmt::format("{}: too long for the name of a socket", name));
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener >= 0 && ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(listener, 1024) == 0) {
    return listener;
  }
  const int number = errno;
  if (listener >= 0) ::close(listener);
  throw EnvironmentError(fmt::format("cannot listen at {}: {}", name, errno_text(number)));
}

}  // namespace almanac::wrap
