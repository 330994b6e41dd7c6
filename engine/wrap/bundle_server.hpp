#pragma once

#include "frames.hpp"

#include <almanac/engine.hpp>

#include <atomic>
#include <filesystem>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace almanac::wrap {

/// The parent's side of the socket: what wrapped processes ask for comes from the engine's cache, and what they measure goes
/// there. Nothing that comes over the socket is believed before it is checked; whoever dies is nobody's loss.
/// Threads: one a connection; the engine's single flight and leases see to it that one measures and the others wait.
class BundleServer {
 public:
  /// Listens from now on. Errors: EnvironmentError ← the socket cannot be made.
  BundleServer(Engine& engine, const std::filesystem::path& socket);
  /// As stop().
  ~BundleServer();
  BundleServer(const BundleServer&) = delete;
  BundleServer& operator=(const BundleServer&) = delete;

  /// Stores what has come in, and ends.
  void stop();

  /// Bundles that were offered and are none.
  std::uint64_t refused() const noexcept { return refused_; }

 private:
  struct Connection {
    int socket;
    std::atomic<bool> is_done{false};
    std::thread thread{};
  };
  class Measuring;

  void accept_all();
  void serve(int socket);
  void reap(bool all);

  Engine& engine_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::uint64_t> refused_{0};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace almanac::wrap
