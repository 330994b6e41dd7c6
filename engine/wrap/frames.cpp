#include "frames.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

namespace almanac::wrap {
namespace {

using Clock = std::chrono::steady_clock;

struct Head {
  std::uint32_t type, bytes;
};
static_assert(sizeof(Head) == 8);

bool send_all(int socket, const char* data, std::size_t bytes) noexcept {
  while (bytes > 0) {
    const ssize_t put = ::send(socket, data, bytes, MSG_NOSIGNAL);
    if (put > 0) {
      data += put;
      bytes -= static_cast<std::size_t>(put);
    } else if (put == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool receive_all(int socket, char* data, std::size_t bytes, Clock::time_point end, int process) noexcept {
  while (bytes > 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> watched{{{socket, POLLIN, 0}, {process, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(std::min<long long>(left, 1 << 30)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    // Who might have sent something has died, and had not just done so.
    if (watched[0].revents == 0 && ::poll(watched.data(), 1, 0) <= 0) return false;
    const ssize_t got = ::recv(socket, data, bytes, 0);
    if (got > 0) {
      data += got;
      bytes -= static_cast<std::size_t>(got);
    } else if (got == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool send_frame(int socket, Frame type, std::string_view text) noexcept {
  const Head head{static_cast<std::uint32_t>(type), static_cast<std::uint32_t>(text.size())};
  std::array<char, sizeof head> bytes;
  std::memcpy(bytes.data(), &head, sizeof head);
  return send_all(socket, bytes.data(), bytes.size()) && send_all(socket, text.data(), text.size());
}

std::optional<Message> receive_frame(int socket, std::chrono::milliseconds longest, std::size_t most, int process) {
  const Clock::time_point end = Clock::now() + longest;
  std::array<char, sizeof(Head)> bytes;
  if (!receive_all(socket, bytes.data(), bytes.size(), end, process)) return std::nullopt;
  Head head;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.bytes > most) return std::nullopt;
  Message message{static_cast<Frame>(head.type), std::string(head.bytes, '\0')};
  if (!receive_all(socket, message.text.data(), head.bytes, end, process)) return std::nullopt;
  return message;
}

std::string have_text(std::chrono::nanoseconds cost, std::string_view bundle) {
  const std::int64_t count = cost.count();
  std::string text(sizeof count, '\0');
  std::memcpy(text.data(), &count, sizeof count);
  text += bundle;
  return text;
}

bool read_have(std::string_view text, std::chrono::nanoseconds& cost, std::string_view& bundle) noexcept {
  std::int64_t count = 0;
  if (text.size() < sizeof count) return false;
  std::memcpy(&count, text.data(), sizeof count);
  cost = std::chrono::nanoseconds(count);
  bundle = text.substr(sizeof count);
  return true;
}

}  // namespace almanac::wrap
