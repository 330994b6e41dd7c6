#include "parent_link.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

constexpr std::chrono::milliseconds kDefaultWait{600'000};
constexpr std::chrono::milliseconds kLongestStoring{2'000};  ///< then the program goes on with what it measured

const char* variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

const Settings* read_settings() noexcept {
  if (*variable(kSocketVariable) == '\0') return nullptr;
  try {
    // Never destroyed: programs plan to the last moment.
    auto* read = new Settings{.socket = variable(kSocketVariable),
                              .counts = variable(kCountsVariable),
                              .cache = variable(kCacheVariable),
                              .cpu = variable(kCpuVariable),
                              .isa = variable(kIsaVariable),
                              .upgrade = compute::parse_rigor(variable(kUpgradeVariable)),
                              .wait = std::chrono::milliseconds(std::strtoll(variable(kWaitVariable), nullptr, 10))};
    if (read->wait.count() <= 0) read->wait = kDefaultWait;
    return read;
  } catch (...) {
    return nullptr;
  }
}

const Settings* known_settings = nullptr;

/// At start: later the program may have rearranged its environment.
__attribute__((constructor)) void know_settings() noexcept { known_settings = read_settings(); }

Counts unread{};

Counts* map_counts() noexcept {
  if (known_settings == nullptr) return &unread;
  const int file = ::open(known_settings->counts.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return &unread;
  struct stat status {};
  void* mapped = MAP_FAILED;
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= static_cast<off_t>(sizeof(Counts))) {
    mapped = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  ::close(file);
  return mapped == MAP_FAILED ? &unread : static_cast<Counts*>(mapped);
}

int connect_to_parent() noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = known_settings->socket;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return -1;
  if (made <= STDERR_FILENO) {
    const int higher = ::fcntl(made, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::close(made);
    if (higher < 0) return -1;
    made = higher;
  }
  if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return made;
  ::close(made);
  return -1;
}

/// Tells whether a descriptor is still ours: programs that become daemons close them all, and open their own files.
unsigned long identity_of(int descriptor) noexcept {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode) ? static_cast<unsigned long>(status.st_ino) : 0;
}

std::optional<FoundBundle> found_in(const std::optional<Message>& reply) {
  FoundBundle found;
  std::string_view text;
  if (!reply || reply->type != Frame::have || !read_have(reply->text, found.cost, text)) return std::nullopt;
  found.text = text;
  return found;
}

/// The parent ends the connection when it has stored what was measured, unless another's was there before. Waited for in vain once,
/// as where a disk does not answer, it is not waited for again.
std::optional<Message> what_stands(int socket) {
  static std::atomic<bool> is_slow{false};
  if (is_slow) return std::nullopt;
  const auto start = std::chrono::steady_clock::now();
  auto reply = receive_frame(socket, kLongestStoring);
  if (!reply && std::chrono::steady_clock::now() - start >= kLongestStoring) is_slow = true;
  return reply;
}

/// The questions that are open in this process. More are not closed after a fork.
struct OpenQuestion {
  std::atomic<int> descriptor{-1};
  std::atomic<unsigned long> identity{0};
};
std::array<OpenQuestion, 64> open_questions;

std::size_t note_open(int descriptor, unsigned long identity) noexcept {
  for (std::size_t place = 0; place < open_questions.size(); ++place) {
    int none = -1;
    if (!open_questions[place].descriptor.compare_exchange_strong(none, descriptor)) continue;
    open_questions[place].identity = identity;
    return place;
  }
  return open_questions.size();
}

}  // namespace

const Settings* settings() noexcept { return known_settings; }

Counts& counts() noexcept {
  static std::atomic<Counts*> mapped{nullptr};
  Counts* known = mapped.load(std::memory_order_acquire);
  if (known != nullptr) return *known;
  Counts* made = map_counts();
  if (mapped.compare_exchange_strong(known, made, std::memory_order_acq_rel)) return *made;
  if (made != &unread) ::munmap(made, sizeof(Counts));
  return *known;
}

std::optional<FoundBundle> Question::ask(const cache::Key& key, bool unusable) {
  close();
  ours_ = false;
  socket_ = connect_to_parent();
  if (socket_ < 0) return std::nullopt;
  identity_ = identity_of(socket_);
  place_ = note_open(socket_, identity_);
  std::optional<Message> reply;
  if (send_frame(socket_, unusable ? Frame::unusable : Frame::ask, key.text())) reply = receive_frame(socket_, known_settings->wait);
  if (reply && reply->type == Frame::measure) {
    ours_ = true;
    return std::nullopt;
  }
  close();
  return found_in(reply);
}

std::optional<FoundBundle> Question::answer(std::string_view bundle) {
  std::optional<Message> reply;
  if (ours_ && socket_ >= 0 && identity_of(socket_) == identity_ && send_frame(socket_, Frame::bundle, bundle) && !bundle.empty()) {
    count(&Counts::kept);
    reply = what_stands(socket_);
  }
  close();
  return found_in(reply);
}

void Question::close() noexcept {
  ours_ = false;
  if (socket_ < 0) return;
  if (identity_of(socket_) == identity_) ::close(socket_);
  if (place_ < open_questions.size()) {
    open_questions[place_].identity = 0;
    open_questions[place_].descriptor = -1;
  }
  socket_ = -1;
}

void close_questions_of_others() noexcept {
  for (OpenQuestion& open : open_questions) {
    const int descriptor = open.descriptor.exchange(-1);
    const unsigned long identity = open.identity.exchange(0);
    if (descriptor >= 0 && identity != 0 && identity_of(descriptor) == identity) ::close(descriptor);
  }
}

}  // namespace almanac::wrap
