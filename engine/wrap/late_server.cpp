#include "late_server.hpp"

#include "listener.hpp"

#include <array>
#include <exception>
#include <utility>

#include <unistd.h>

namespace almanac::wrap {

LateServer::LateServer(const std::filesystem::path& socket, ServerStart start) : start_(start), listener_(listen_at(socket)) {}

LateServer::~LateServer() { stop(); }

void LateServer::begin() {
  if (listener_ < 0) return;
  has_begun_ = true;
  const int listener = std::exchange(listener_, -1);
  try {
    opening_ = std::thread([this, listener] { open(listener); });
  } catch (const std::exception&) {
    open(listener);  // signals wait meanwhile
  }
}

void LateServer::open(int listener) noexcept {
  start_.listener = listener;
  std::array<char, 500> why{};
  try {
    server_ = commands_function<OpenServer>(kOpenServer)(&start_, why.data(), why.size());
    if (server_ == nullptr) problem_ = why.data();
    return;
  } catch (const std::exception& problem) {
    problem_ = problem.what();
  }
  ::close(listener);  // whoever waits helps himself
}

void LateServer::stop() noexcept {
  if (listener_ >= 0) ::close(std::exchange(listener_, -1));
  if (opening_.joinable()) opening_.join();
  if (server_ == nullptr) return;
  try {
    commands_function<CloseServer>(kCloseServer)(std::exchange(server_, nullptr));
  } catch (const std::exception&) {
    // It would not have been opened.
  }
}

}  // namespace almanac::wrap
