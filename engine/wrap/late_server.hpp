#pragma once

#include "server_door.hpp"

#include <filesystem>
#include <string>
#include <thread>

namespace almanac::wrap {

/// The server of a wrapped run, which begins when it is asked for the first time: a program whose plans are all in the cache, or
/// that plans nothing, never needs it, and starting it takes longer than all the rest.
/// Threads: one caller at a time.
class LateServer {
 public:
  /// Listens from now on. Errors: EnvironmentError ← the socket cannot be made.
  LateServer(const std::filesystem::path& socket, ServerStart start);
  /// As stop().
  ~LateServer();
  LateServer(const LateServer&) = delete;
  LateServer& operator=(const LateServer&) = delete;

  /// What becomes readable when somebody asks for the server; -1 ← it has begun.
  int awaited() const noexcept { return listener_; }
  /// Returns at once; whoever has asked is answered as soon as the server is there, or sees that it will not be.
  void begin();
  /// Stores what has come in, and ends.
  void stop() noexcept;

  bool has_begun() const noexcept { return has_begun_; }
  /// Why there is none; empty: it was not asked for, or is there. To be asked after stop().
  const std::string& problem() const noexcept { return problem_; }

 private:
  void open(int listener) noexcept;

  ServerStart start_;
  int listener_;
  bool has_begun_ = false;
  std::thread opening_;
  void* server_ = nullptr;
  std::string problem_;
};

}  // namespace almanac::wrap
