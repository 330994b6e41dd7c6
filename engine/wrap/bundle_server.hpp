#pragma once

#include "frames.hpp"
#include "planned_by_programs.hpp"

#include <almanac/engine.hpp>

#include <atomic>
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
  /// Answers whoever connects to this listening socket, which is the server's from now on, whatever happens. What is stored and
  /// refused is counted in `counts`. Errors: EnvironmentError ← no pipe or thread can be made.
  BundleServer(Engine& engine, int listener, Counts& counts);
  /// As stop().
  ~BundleServer();
  BundleServer(const BundleServer&) = delete;
  BundleServer& operator=(const BundleServer&) = delete;

  /// Stores what has come in, and ends.
  void stop();

 private:
  struct Connection {
    Connection(int connected, int from) noexcept : socket(connected), process(from) {}

    int socket;
    int process;  ///< a pidfd of who has connected; -1: not known
    std::atomic<bool> is_done{false};
    std::thread thread{};
  };

  void accept_all();
  void serve(const Connection& connection);
  bool is_on_disk(const cache::Key& key, std::string_view bundle, bool replaced);
  void reap(bool all);

  Engine& engine_;
  int listener_;
  Counts& counts_;
  PlannedByPrograms planned_;
  int stop_pipe_[2] = {-1, -1};
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace almanac::wrap
