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
#include <cstring>
#include <map>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

/// A search at the highest rigor may take days; its end is seen by the connection's.
constexpr std::chrono::hours kLongestMeasurement{24 * 30};
constexpr std::chrono::seconds kLongestQuestion{10};
constexpr std::size_t kMostConnections = 1000;

/// A client that was to measure brought nothing: it died, or what it brought is no bundle.
struct NothingMeasured {
  int socket;
};

std::string reason(int number) { return std::generic_category().message(number); }

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

bool is_gone(int socket) noexcept {
  pollfd watched{socket, POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

BundleServer::BundleServer(Engine& engine, const std::filesystem::path& socket) : engine_(engine) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) throw EnvironmentError(fmt::format("{}: too long for the name of a socket", path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 1024) != 0 ||
      ::pipe2(stop_pipe_, O_CLOEXEC) != 0) {
    const int number = errno;
    if (listener_ >= 0) ::close(listener_);
    throw EnvironmentError(fmt::format("cannot listen at {}: {}", path, reason(number)));
  }
  acceptor_ = std::thread([this] { accept_all(); });
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
    // What has come in is still read; what would be waited for does not come.
    const std::scoped_lock guard(mutex_);
    for (const Connection& connection : connections_) ::shutdown(connection.socket, SHUT_RD);
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
    const std::scoped_lock guard(mutex_);
    if (connections_.size() >= kMostConnections) {
      ::close(socket);
      continue;
    }
    Connection& connection = connections_.emplace_back(socket);
    try {
      connection.thread = std::thread([this, &connection] {
        try {
          serve(connection.socket);
        } catch (...) {
          // Who asked sees the connection end, and helps himself.
        }
        ::shutdown(connection.socket, SHUT_RDWR);
        connection.is_done = true;
      });
    } catch (const std::system_error&) {
      connections_.pop_back();
      ::close(socket);
    }
  }
}

void BundleServer::serve(int socket) {
  const auto question = receive_frame(socket, kLongestQuestion, kMostKeyBytes);
  if (!question || (question->type != Frame::ask && question->type != Frame::unusable)) return;
  Parameters parameters;
  const auto key = checked_key(question->text, parameters);
  if (!key) {
    send_frame(socket, Frame::refused, {});
    return;
  }
  const std::string signature = parameters.at("signature");
  bool is_ours = false;
  cache::Request request{
      .key = *key,
      .make =
          [&](const cache::Artifact*) {
            is_ours = true;
            if (!send_frame(socket, Frame::measure, {})) throw NothingMeasured{socket};
            const auto answer = receive_frame(socket, kLongestMeasurement);
            if (!answer || answer->type != Frame::bundle || answer->text.empty()) throw NothingMeasured{socket};
            if (!compute::refuse_bundle(answer->text, header_of(signature)).empty()) {
              ++refused_;
              throw NothingMeasured{socket};
            }
            return recipes::bundle_artifact(answer->text);
          },
      .estimate = std::chrono::seconds(1),
      .host_binding = fmt::format("{}; {}; {}", compute::cpu_model(), compute::instruction_set(), signature),
      .recompute = question->type == Frame::unusable,
      .keep = true,  // the plan that was measured first is to stay, also where measuring is quick
      .give_up = [&] { return is_stopping_ || is_gone(socket); }};
  while (!is_ours) {
    try {
      const cache::Answer answer = engine_.get(request);
      if (is_ours) return;
      const auto& facts = answer.entry->facts;
      send_frame(socket, Frame::have, have_text(facts.cost, recipes::bundle_of(answer.entry->artifact)));
      return;
    } catch (const NothingMeasured&) {
      // Somebody else's, who had begun before: perhaps it is this one's turn now.
    }
  }
}

}  // namespace almanac::wrap
