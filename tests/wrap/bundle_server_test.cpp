// The parent's side of the socket, with clients that die, lie, or know nothing of the protocol.

#include "bundle_server.hpp"
#include "engine/temporary_folder.hpp"
#include "listener.hpp"
#include "recipes/fft_key.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLong = 60s;  // for what must come

class Client {
 public:
  explicit Client(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
  }
  ~Client() { leave(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void say(Frame type, std::string_view text) const { send_frame(socket_, type, text); }
  /// Something is there to be heard, and stays there.
  void await() const {
    pollfd watched{socket_, POLLIN, 0};
    ::poll(&watched, 1, -1);
  }
  void write(std::string_view bytes) const { [[maybe_unused]] const auto put = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::optional<Message> hear() const { return receive_frame(socket_, kLong); }
  Frame answer() const {
    const auto message = hear();
    return message ? message->type : Frame{};
  }

 private:
  int socket_;
};

class BundleServerTest : public ::testing::Test {
 protected:
  BundleServerTest() {
    Config config;
    config.cache_dir = folder_ / "cache";
    engine_.emplace(config, [](std::string_view) {});
    server_.emplace(*engine_, listen_at(socket_), counts_);
  }

  cache::Key key(std::int64_t n, std::string cpu = compute::cpu_model()) const {
    return recipes::fft_wisdom_key({.extent = {n}}, "double", {},
                                   {std::move(cpu), std::string(compute::instruction_set()), compute::fftw_signature<double>()});
  }

  /// A bundle as FFTW might have exported it.
  static std::string bundle() {
    const std::string signature = compute::fftw_signature<double>();
    const std::string digits = signature.substr(signature.rfind('/') + 1);
    std::string text = "(" + signature.substr(0, signature.find('/')) + " fftw_wisdom";
    for (std::size_t i = 0; i < 4; ++i) text += " #x" + digits.substr(8 * i, 8);
    return text + "\n  (fftw_codelet_n1fv_64_avx 0 #x11bdd #x11bdd #x0 #x354d78dd #x0b4d1f88 #xdd45d2b0 #xeee4e5bb)\n)\n";
  }

  void expect_well() {
    const Client client(socket_);
    client.say(Frame::ask, key(4096).text());
    EXPECT_EQ(client.answer(), Frame::measure);
  }

  testing::TemporaryFolder folder_;
  const std::filesystem::path socket_ = folder_ / "socket";
  Counts counts_{};
  std::optional<Engine> engine_;
  std::optional<BundleServer> server_;
};

TEST_F(BundleServerTest, OneMeasuresAndTheNextHasIt) {
  {
    const Client first(socket_);
    first.say(Frame::ask, key(64).text());
    ASSERT_EQ(first.answer(), Frame::measure);
    first.say(Frame::bundle, bundle());
  }
  const Client second(socket_);
  second.say(Frame::ask, key(64).text());
  const auto message = second.hear();
  ASSERT_TRUE(message && message->type == Frame::have);
  std::chrono::nanoseconds cost{};
  std::string_view text;
  ASSERT_TRUE(read_have(message->text, cost, text));
  EXPECT_EQ(text, bundle());
  EXPECT_GT(cost.count(), 0);
}

TEST_F(BundleServerTest, WhoDiesWhileMeasuringIsSucceededByOneWhoWaits) {
  auto first = std::make_unique<Client>(socket_);
  first->say(Frame::ask, key(64).text());
  ASSERT_EQ(first->answer(), Frame::measure);
  const Client second(socket_), third(socket_);
  second.say(Frame::ask, key(64).text());
  third.say(Frame::ask, key(64).text());
  first->leave();
  // One of the two is to measure now; as soon as it has, the other has it.
  std::optional<Message> other;
  std::thread measuring([&] {
    if (second.answer() == Frame::measure) second.say(Frame::bundle, bundle());
  });
  if ((other = third.hear()) && other->type == Frame::measure) third.say(Frame::bundle, bundle());
  measuring.join();
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->type == Frame::measure || other->type == Frame::have);
  server_->stop();
  EXPECT_TRUE(engine_->cache().find(key(64)).entry);
}

TEST_F(BundleServerTest, WhoDiesWhileMeasuringIsSucceededThoughAChildHoldsItsSocket) {
  int holding[2], asked[2];
  ASSERT_EQ(::pipe(holding), 0);
  ASSERT_EQ(::pipe(asked), 0);
  const pid_t first = ::fork();
  if (first == 0) {
    const Client client(socket_);
    client.say(Frame::ask, key(64).text());
    if (client.answer() != Frame::measure) ::_exit(1);
    if (::fork() == 0) {
      // Until the test is over, without a word.
      ::close(holding[1]);
      char byte;
      [[maybe_unused]] const auto none = ::read(holding[0], &byte, 1);
    } else {
      [[maybe_unused]] const auto put = ::write(asked[1], "", 1);
    }
    ::_exit(0);
  }
  char byte;
  ASSERT_EQ(::read(asked[0], &byte, 1), 1);
  const Client second(socket_);
  second.say(Frame::ask, key(64).text());
  EXPECT_EQ(::waitpid(first, nullptr, 0), first);
  EXPECT_EQ(second.answer(), Frame::measure);
  for (const int end : {holding[0], holding[1], asked[0], asked[1]}) ::close(end);
}

TEST_F(BundleServerTest, WhatIsNoBundleIsNotKept) {
  std::string flags = bundle();
  flags.replace(flags.find("#x11bdd"), 7, "#xfffff0");
  std::string cut = bundle();
  cut.resize(cut.size() - 4);
  std::string foreign = bundle();
  foreign[1] = 'g';
  for (const std::string& text : {std::string(), std::string("garbage"), flags, cut, foreign, std::string(1 << 20, '(')}) {
    const Client client(socket_);
    client.say(Frame::ask, key(64).text());
    ASSERT_EQ(client.answer(), Frame::measure);
    client.say(Frame::bundle, text);
  }
  server_->stop();
  EXPECT_EQ(counts_.refused, 5U);
  EXPECT_EQ(counts_.stored, 0U);
  EXPECT_FALSE(engine_->cache().find(key(64)).entry);
}

TEST_F(BundleServerTest, OnlyBundlesOfThisHostAreGivenAndTaken) {
  const std::string adaptive = [&] {
    std::string text = key(64).text();
    return text.replace(text.find("rigor=measure"), 13, "rigor=adaptive");
  }();
  for (const std::string& text : {std::string("nonsense"), key(64, "another processor").text(), adaptive,
                                  cache::Key("laplacian", 1, {{"extent", 64}}).text(), cache::Key("fft_wisdom", 2, {{"extent", 64}}).text()}) {
    const Client client(socket_);
    client.say(Frame::ask, text);
    EXPECT_EQ(client.answer(), Frame::refused) << text;
  }
  expect_well();
}

TEST_F(BundleServerTest, GarbageHarmsNobody) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const Client client(socket_);
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    client.write(bytes);
  }
  {
    const Client endless(socket_);
    endless.write(std::string("\x01\0\0\0\xff\xff\xff\xff", 8));
    EXPECT_EQ(endless.answer(), Frame{}) << "a length that cannot be ends the connection";
  }
  {
    const Client hasty(socket_);
    hasty.say(Frame::bundle, bundle());
    EXPECT_EQ(hasty.answer(), Frame{});
  }
  expect_well();
}

TEST_F(BundleServerTest, WhatCameInBeforeTheEndIsStored) {
  const Client client(socket_);
  client.say(Frame::ask, key(64).text());
  ASSERT_EQ(client.answer(), Frame::measure);
  client.say(Frame::bundle, bundle());
  const Client waiting(socket_);
  waiting.say(Frame::ask, key(128).text());
  ASSERT_EQ(waiting.answer(), Frame::measure);
  server_->stop();  // the second never answers
  EXPECT_TRUE(engine_->cache().find(key(64)).entry);
  EXPECT_FALSE(engine_->cache().find(key(128)).entry);
}

TEST_F(BundleServerTest, WhoDoesNotReadIsNotWaitedFor) {
  // More than a socket holds.
  cache::Request request{.key = key(64), .make = [](const auto*) { return recipes::bundle_artifact(std::string(1 << 20, '(')); }, .keep = true};
  engine_->get(request);
  const Client client(socket_);
  client.say(Frame::ask, key(64).text());
  client.await();
  server_->stop();
  EXPECT_FALSE(client.hear()) << "the rest of it is never said";
}

TEST_F(BundleServerTest, OnlyWhatTheDiskHoldsIsCountedAsStored) {
  for (const bool with_disk : {true, false}) {
    server_.reset();
    Config config;
    config.cache_dir = folder_ / "other";
    config.disk = with_disk;
    engine_.emplace(config, [](std::string_view) {});
    std::filesystem::remove(socket_);
    server_.emplace(*engine_, listen_at(socket_), counts_);
    const Client client(socket_);
    client.say(Frame::ask, key(64).text());
    ASSERT_EQ(client.answer(), Frame::measure);
    client.say(Frame::bundle, bundle());
    EXPECT_FALSE(client.hear());
    server_->stop();
    EXPECT_EQ(counts_.stored, 1U) << with_disk;
  }
}

TEST_F(BundleServerTest, WhatIsAskedForIsNotedForTheTuner) {
  const recipes::FftHost host{compute::cpu_model(), std::string(compute::instruction_set()), compute::fftw_signature<double>()};
  const auto unaligned = recipes::fft_wisdom_key({.extent = {64}}, "double", {.input_alignment = 8, .flags = "unaligned"}, host);
  for (const cache::Key& asked : {key(64), key(64), unaligned, key(96)}) {
    const Client client(socket_);
    client.say(Frame::ask, asked.text());
    if (client.answer() == Frame::measure) client.say(Frame::bundle, bundle());
    EXPECT_FALSE(client.hear());
  }
  server_.reset();
  std::map<std::int64_t, std::uint64_t> counts;
  for (const PlannedProblem& one : PlannedLog::read(folder_ / "cache" / PlannedLog::kFolder)) counts[one.spec.extent.at(0)] += one.count;
  EXPECT_EQ(counts, (std::map<std::int64_t, std::uint64_t>{{64, 2}, {96, 1}})) << "the engine plans aligned arrays only";
}

TEST_F(BundleServerTest, NobodyWaitsForTheLogToBeWritten) {
  const std::filesystem::path log = folder_ / "cache" / PlannedLog::kFolder, lock = log / "merge.lock";
  std::filesystem::create_directories(log);
  for (int i = 0; i < 100; ++i) std::ofstream(log / (std::to_string(i) + ".log")).flush();
  // Whoever puts the journals together opens this file, and is held there until the lease is given back.
  const int lease = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(lease, 0);
  ::fcntl(lease, F_SETSIG, SIGURG);  // nothing comes of it
  if (::fcntl(lease, F_SETLEASE, F_WRLCK) != 0) {
    ::close(lease);
    GTEST_SKIP() << "no leases here";
  }
  const auto is_held = [&] {
    const int mine = ::open(lock.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (mine >= 0) ::close(mine);
    return mine < 0 && errno == EWOULDBLOCK;
  };
  {
    const Client first(socket_);
    first.say(Frame::ask, key(64).text());
    ASSERT_EQ(first.answer(), Frame::measure);
    first.say(Frame::bundle, bundle());
    EXPECT_FALSE(first.hear());
  }
  for (int i = 0; i < 100; ++i) {
    const Client client(socket_);
    client.say(Frame::ask, key(64).text());
    EXPECT_EQ(client.answer(), Frame::have);
    EXPECT_FALSE(client.hear());
  }
  EXPECT_TRUE(is_held()) << "the kernel has taken the lease away, which it does after a long time";
  ::close(lease);
  server_.reset();
  EXPECT_LT(std::distance(std::filesystem::directory_iterator(log), {}), 100) << "it was waited for";
}

TEST_F(BundleServerTest, WhoMeasuredSecondIsToldWhatStands) {
  const Client client(socket_);
  client.say(Frame::ask, key(64).text());
  ASSERT_EQ(client.answer(), Frame::measure);
  const std::string first = bundle();
  cache::DiskTier tier({.root = folder_ / "cache", .producer = {"test", "none"}, .warn = {}});
  ASSERT_TRUE(tier.put(std::make_shared<const cache::Entry>(cache::Entry{key(64), recipes::bundle_artifact(first), {}})));
  std::string second = first;
  second.replace(second.find("#x354d78dd"), 10, "#x354d78de");
  client.say(Frame::bundle, second);
  const auto message = client.hear();
  ASSERT_TRUE(message && message->type == Frame::have);
  EXPECT_EQ(message->text.substr(8), first);
}

TEST_F(BundleServerTest, AnUnusableBundleIsReplaced) {
  for (const Frame question : {Frame::ask, Frame::unusable}) {
    const Client client(socket_);
    client.say(question, key(64).text());
    ASSERT_EQ(client.answer(), Frame::measure);
    std::string text = bundle();
    if (question == Frame::unusable) text.replace(text.find("#x354d78dd"), 10, "#x354d78de");
    client.say(Frame::bundle, text);
    EXPECT_FALSE(client.hear()) << "the connection ends when it is kept";
    const Client next(socket_);
    next.say(Frame::ask, key(64).text());
    const auto message = next.hear();
    ASSERT_TRUE(message && message->type == Frame::have);
    EXPECT_EQ(message->text.substr(8), text);
  }
  EXPECT_EQ(counts_.stored, 2U);
}

}  // namespace
}  // namespace almanac::wrap
