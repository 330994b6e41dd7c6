#include "bundle_server.hpp"

#include "recipes/fft_key.hpp"
#include "recipes/fft_wisdom.hpp"
#include "wisdom_grammar.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

/// A search at the highest rigor may take days; its end is seen by the connection's.
constexpr std::chrono::hours kLongestMeasurement{24 * 30};
constexpr std::chrono::seconds kLongestQuestion{10};
constexpr std::chrono::seconds kLongestAnswer{10};  ///< until some of it is read
constexpr std::size_t kMostConnections = 1000;

/// A client that was to measure brought nothing: it died, or what it brought is no bundle.
struct NothingMeasured {};

using Parameters = std::map<std::string, std::string, std::less<>>;

/// What a client may ask for: a bundle of this host.
std::optional<cache::Key> checked_key(std::string_view text, Parameters& parameters) {
  const auto key = cache::Key::parse(text);
  if (!key || key->kind() != "fft_wisdom" || key->version() != recipes::kFftWisdomVersion) return std::nullopt;
  for (auto& [name, value] : key->parameters()) parameters.emplace(std::move(name), std::move(value));
  const auto is = [&](const char* name, std::string_view value) {
    const auto found = parameters.find(name);
    return found != parameters.end() && found->second == value;
  };
  if (!is("cpu", compute::cpu_model()) || !is("isa", compute::instruction_set()) || !parameters.contains("signature")) return std::nullopt;
  if (!is("rigor", "measure") && !is("rigor", "patient") && !is("rigor", "exhaustive")) return std::nullopt;
  return *key;
}

compute::WisdomHeader header_of(const std::string& signature) {
  const std::size_t first = signature.find('/'), last = signature.rfind('/');
  if (first == std::string::npos || first == last) return {};
  return {signature.substr(0, first), signature.substr(first + 1, last - first - 1), signature.substr(last + 1)};
}

/// A connection does not end with the process that made it where that had forked meanwhile.
int process_behind(int socket) noexcept {
#ifdef SYS_pidfd_open
  ucred peer{};
  socklen_t bytes = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && peer.pid > 0) {
    return static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0));
  }
#endif
  return -1;
}

bool is_gone(int socket, int process) noexcept {
  std::array<pollfd, 2> watched{{{socket, POLLRDHUP, 0}, {process, POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), 0) <= 0) return false;
  return (watched[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0 || watched[1].revents != 0;
}

}  // namespace

BundleServer::BundleServer(Engine& engine, int listener, Counts& counts) : engine_(engine), listener_(listener), counts_(counts), planned_(engine) {
  try {
    if (::pipe2(stop_pipe_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
    acceptor_ = std::thread([this] { accept_all(); });
  } catch (const std::system_error& problem) {
    for (const int descriptor : {listener_, stop_pipe_[0], stop_pipe_[1]}) {
      if (descriptor >= 0) ::close(descriptor);
    }
    throw EnvironmentError(fmt::format("cannot serve the program: {}", problem.code().message()));
  }
}

BundleServer::~BundleServer() { stop(); }

void BundleServer::stop() {
  if (!acceptor_.joinable()) return;
  is_stopping_ = true;
  ::close(stop_pipe_[1]);
  acceptor_.join();
  ::close(stop_pipe_[0]);
  ::close(listener_);
  {
    // What has come in is still read; what would be waited for does not come, and nobody is waited for who does not read.
    const std::scoped_lock guard(mutex_);
    for (const Connection& connection : connections_) ::shutdown(connection.socket, SHUT_RDWR);
  }
  reap(true);
}

void BundleServer::reap(bool all) {
  std::list<Connection> done;
  {
    const std::scoped_lock guard(mutex_);
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      const auto next = std::next(connection);
      if (all || connection->is_done) done.splice(done.end(), connections_, connection);
      connection = next;
    }
  }
  for (Connection& connection : done) {
    connection.thread.join();
    ::close(connection.socket);
    if (connection.process >= 0) ::close(connection.process);
  }
}

void BundleServer::accept_all() {
  std::array<pollfd, 2> watched{{{listener_, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}}};
  while (true) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (is_stopping_) return;
    reap(false);
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        pollfd end{stop_pipe_[0], POLLIN, 0};
        ::poll(&end, 1, 50);  // until some are closed
      }
      continue;
    }
    const timeval longest{.tv_sec = kLongestAnswer.count(), .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    const std::scoped_lock guard(mutex_);
    if (connections_.size() >= kMostConnections) {
      ::close(socket);
      continue;
    }
    Connection& connection = connections_.emplace_back(socket, process_behind(socket));
    try {
      connection.thread = std::thread([this, &connection] {
        try {
          serve(connection);
        } catch (...) {
          // Who asked sees the connection end, and helps himself.
        }
        ::shutdown(connection.socket, SHUT_RDWR);
        connection.is_done = true;
      });
    } catch (const std::system_error&) {
      if (connection.process >= 0) ::close(connection.process);
      connections_.pop_back();
      ::close(socket);
    }
  }
}

void BundleServer::serve(const Connection& connection) {
  const int socket = connection.socket;
  const auto question = receive_frame(socket, kLongestQuestion, kMostKeyBytes, connection.process);
  if (!question || (question->type != Frame::ask && question->type != Frame::unusable)) return;
  Parameters parameters;
  const auto key = checked_key(question->text, parameters);
  if (!key) {
    send_frame(socket, Frame::refused, {});
    return;
  }
  const std::string signature = parameters.at("signature");
  bool is_ours = false;
  std::string measured;
  cache::Request request{
      .key = *key,
      .make =
          [&](const cache::Artifact*) {
            is_ours = true;
            if (!send_frame(socket, Frame::measure, {})) throw NothingMeasured{};
            const auto answer = receive_frame(socket, kLongestMeasurement, kMostFrameBytes, connection.process);
            if (!answer || answer->type != Frame::bundle || answer->text.empty()) throw NothingMeasured{};
            if (!compute::refuse_bundle(answer->text, header_of(signature)).empty()) {
              counts_.refused.fetch_add(1, std::memory_order_relaxed);
              throw NothingMeasured{};
            }
            measured = answer->text;
            return recipes::bundle_artifact(measured);
          },
      .estimate = std::chrono::seconds(1),
      .host_binding = fmt::format("{}; {}; {}", compute::cpu_model(), compute::instruction_set(), signature),
      .recompute = question->type == Frame::unusable,
      .keep = true,  // the plan that was measured first is to stay, also where measuring is quick
      .give_up = [&] { return is_stopping_ || is_gone(socket, connection.process); }};
  while (!is_ours) {
    try {
      const cache::Answer answer = engine_.get(request);
      const auto say_what_stands = [&] {
        send_frame(socket, Frame::have, have_text(answer.entry->facts.cost, recipes::bundle_of(answer.entry->artifact)));
      };
      // The log may be written to now, on a disk that is slow: whoever asked has all that is said, and sees that.
      const auto end = [&] {
        ::shutdown(socket, SHUT_RDWR);
        planned_.note(*key, answer.entry->facts.cost);
      };
      if (is_ours) {
        const bool was_there = question->type == Frame::unusable;
        if (is_on_disk(*key, recipes::bundle_of(answer.entry->artifact), was_there)) counts_.stored.fetch_add(1, std::memory_order_relaxed);
        if (recipes::bundle_of(answer.entry->artifact) != measured) say_what_stands();
        return end();
      }
      say_what_stands();
      return end();
    } catch (const NothingMeasured&) {
      // Somebody else's, who had begun before: perhaps it is this one's turn now.
    }
  }
}

/// Whoever came first stays; but what was of no use must have gone.
bool BundleServer::is_on_disk(const cache::Key& key, std::string_view bundle, bool replaced) {
  cache::DiskTier* const disk = engine_.disk();
  if (disk == nullptr || disk->problem()) return false;
  const auto there = disk->get(key);
  return there && *there != nullptr && (!replaced || recipes::bundle_of((*there)->artifact) == bundle);
}

}  // namespace almanac::wrap
