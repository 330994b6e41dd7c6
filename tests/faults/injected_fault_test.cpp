// Each system call of each operation is made to fail, in each way that it can, once and from then on. Whatever
// happens: the answer is right, nothing half-written is left, nothing sound is lost, and each cause is told once.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "engine/temporary_folder.hpp"
#include "system_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Call;
using testing::Fault;
using testing::SeenCall;
using testing::SystemCalls;

constexpr std::uint64_t kMapThreshold = 16384;

// Sizes, in doubles, of an entry that comes with the first read, of one that is read after it, and of one that is mapped.
constexpr std::int64_t kSmall = 4, kRead = 1900, kMapped = 4096;

Key key_of(int number) { return sample_key(number); }

/// An artifact told from all others by its value, and how to look at what came of it.
struct Made {
  double value;
  std::int64_t size = kSmall, coverage = 0;
  Artifact artifact() const { return sample_artifact(value, size, coverage); }
};

bool is_one_of(const EntryPtr& entry, const std::vector<Made>& allowed) {
  return std::ranges::any_of(allowed, [&](const Made& made) { return identical(entry->artifact, made.artifact()); });
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A cache in a folder of its own, for one operation under one fault.
class World {
 public:
  explicit World(const fs::path& folder) : folder_(folder) { fs::create_directories(folder); }
  ~World() { fs::remove_all(folder_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const fs::path& folder() const { return folder_; }
  fs::path root() const { return folder_ / "cache"; }
  fs::path leases() const { return folder_ / "cache" / "leases"; }
  fs::path file_of(int number) const { return DiskTier({.root = root()}).path_of(key_of(number).id()); }

  DiskOptions disk_options() {
    return {.root = root(), .durable = durable, .map_threshold = kMapThreshold, .warn = [this](std::string_view line) { told.emplace_back(line); }};
  }
  /// Opens the cache; what it is asked from now on is asked of this one.
  void open() {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 20));
    tiers.push_back(std::make_unique<DiskTier>(disk_options()));
    CacheOptions options;
    options.lease_folder = leases();
    options.lease_wait = 3ms;  // who waits for nobody is late, and right all the same
    options.lease_interval = 1h;  // no heartbeat while calls are counted
    options.warn = [this](std::string_view line) { told.emplace_back(line); };
    cache = std::make_unique<Cache>(std::move(tiers), std::move(options));
  }
  void open_disk() { disk = std::make_unique<DiskTier>(disk_options()); }
  void close() {
    cache.reset();
    disk.reset();
  }

  /// Stores it beforehand, last used an hour ago; it must stay.
  void hold(int number, const Made& made) {
    const fs::path file = store(root(), number, made);
    fs::last_write_time(file, fs::file_time_type::clock::now() - 1h);
    expect(number, {made}, true);
  }
  static fs::path store(const fs::path& in, int number, const Made& made) {
    DiskTier tier({.root = in, .map_threshold = kMapThreshold});
    EXPECT_TRUE(tier.put(std::make_shared<const Entry>(Entry{key_of(number), made.artifact(), {}})).ok());
    return tier.path_of(key_of(number).id());
  }

  /// What may be there afterwards, and whether it must.
  void expect(int number, std::vector<Made> may_be, bool must_be) { expected_[number] = {std::move(may_be), must_be}; }
  struct Expected {
    std::vector<Made> may_be;
    bool must_be;
  };
  const std::map<int, Expected>& expected() const { return expected_; }

  Request request(int number, const Made& made) const {
    Request wanted{.key = key_of(number), .coverage = made.coverage};
    wanted.estimate = 1s;
    wanted.make = [made](const Artifact*) { return made.artifact(); };
    return wanted;
  }
  /// Asks for it; whatever happens, it comes, and bit for bit.
  void ask(int number, const Made& made, bool recompute = false) {
    Request wanted = request(number, made);
    wanted.recompute = recompute;
    expect_answer(cache->get_or_compute(wanted), {made});
  }
  static void expect_answer(const Answer& answer, const std::vector<Made>& allowed) {
    ASSERT_NE(answer.entry, nullptr);
    EXPECT_TRUE(is_one_of(answer.entry, allowed)) << "a wrong answer, " << answer.source;
  }

  bool durable = false;
  std::unique_ptr<Cache> cache;
  std::unique_ptr<DiskTier> disk;
  std::vector<std::string> told;
  std::vector<fs::path> unwanted;  ///< what must not be there afterwards

 private:
  const fs::path folder_;
  std::map<int, Expected> expected_;
};

struct Operation {
  std::string name;
  std::function<void(World&)> prepare;
  std::function<void(World&, int turn)> run;  ///< turn 0, and under faults that stay 1 as well: the same about another key
  bool heals = false;                         ///< begins with something in the place of an entry that is none
  bool stores = false;                        ///< where key 0 is not there afterwards, that must have been told
};
void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

// ---- what goes wrong

bool is_writing(const SeenCall& call) { return (call.flags & (O_ACCMODE | O_CREAT)) != O_RDONLY; }

/// The ways in which a call may fail. A signal interrupts it once and not for ever.
std::vector<Fault> faults_of(const SeenCall& call, std::size_t at) {
  std::vector<int> errors;
  bool is_interruptible = false;
  switch (call.call) {
    case Call::open:
      errors = {EACCES, ENOENT, EMFILE, EIO};
      if (is_writing(call)) errors.insert(errors.end(), {ENOSPC, EDQUOT, EROFS});
      is_interruptible = true;
      break;
    case Call::read: errors = {EIO}, is_interruptible = true; break;
    case Call::write: errors = {ENOSPC, EDQUOT, EIO}, is_interruptible = true; break;
    case Call::close: errors = {EIO, ENOSPC, EDQUOT}; break;
    case Call::fstat: errors = {EIO}; break;
    case Call::stat: errors = {EACCES, ENOENT, EIO}; break;
    case Call::fallocate: errors = {ENOSPC, EDQUOT, EIO, EOPNOTSUPP}, is_interruptible = true; break;
    case Call::ftruncate: errors = {EDQUOT, EIO}; break;
    case Call::fchmod: errors = {EACCES, EROFS, EIO}; break;
    case Call::fsync:
    case Call::fdatasync: errors = {EIO, ENOSPC, EDQUOT, EROFS}, is_interruptible = true; break;
    case Call::link: errors = {ENOSPC, EDQUOT, EIO, EACCES, ENOENT, EROFS, EPERM}; break;
    case Call::rename: errors = {ENOSPC, EDQUOT, EIO, EACCES, ENOENT, EROFS}; break;
    case Call::renameat2: errors = {ENOSPC, EDQUOT, EIO, EACCES, ENOENT, EROFS, EINVAL, ENOSYS}; break;
    case Call::unlink: errors = {EACCES, EIO, EROFS}; break;
    case Call::mkdir: errors = {ENOSPC, EDQUOT, EACCES, ENOENT, EIO, EROFS}; break;
    case Call::mmap: errors = {ENOMEM, EACCES, ENODEV}; break;
    case Call::madvise: errors = {EINVAL, EFAULT}, is_interruptible = true; break;
    case Call::futimens: errors = {EACCES, EROFS, EIO}; break;
    case Call::readdir: errors = {EIO}; break;
    case Call::statfs: errors = {EIO, EACCES}; break;
    case Call::random: errors = {ENOSYS}; break;
  }
  std::vector<Fault> faults;
  for (const bool stays : {false, true}) {
    for (const int error : errors) faults.push_back({at, Fault::Kind::error, error, stays});
    if (call.call != Call::read && call.call != Call::write) continue;
    for (const auto kind : {Fault::Kind::halved, Fault::Kind::ended}) faults.push_back({at, kind, 0, stays});
  }
  if (is_interruptible) faults.push_back({at, Fault::Kind::error, EINTR, false});
  return faults;
}

std::string described(const Fault& fault, const SeenCall& call) {
  std::string text = "call " + std::to_string(fault.at) + ", " + std::string(to_string(call.call)) + " of " + call.path + ": ";
  switch (fault.kind) {
    case Fault::Kind::error: text += ::strerrorname_np(fault.error); break;
    case Fault::Kind::halved: text += "half"; break;
    case Fault::Kind::ended: text += "nothing"; break;
  }
  return text + (fault.stays ? ", from then on" : ", once");
}

// ---- what must hold

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& at : fs::recursive_directory_iterator(folder)) {
    if (at.is_regular_file()) files.push_back(at.path());
  }
  return files;
}

/// True for a lease that a living process seems to hold: others wait for it.
bool is_waited_for(const fs::path& file) {
  if (file.extension() != ".lease") return false;
  const std::string text = bytes_of(file);
  return text.find("\nend\n") == std::string::npos || text.find("\npid " + std::to_string(::getpid()) + "\n") != std::string::npos;
}

/// The cause that a line tells of: the tier, and the code by its errno.
std::string cause_of(const std::string& line) {
  const auto tells = [&line](int error) { return line.find(::strerror(error)) != std::string::npos; };
  if (line.starts_with("cache tier disk")) {
    if (tells(ENOSPC) || tells(EDQUOT)) return "disk no_space";
    if (tells(EACCES) || tells(EPERM) || tells(EROFS)) return "disk denied";
    return "disk io";
  }
  if (line.starts_with("cannot take leases")) return "leases";
  return line;
}

void expect_told_once(const std::vector<std::string>& told) {
  std::map<std::string, std::string> causes;
  for (const std::string& line : told) {
    const auto [said, is_first] = causes.emplace(cause_of(line), line);
    EXPECT_TRUE(is_first) << "told twice: " << said->second << "\nand: " << line;
  }
}

/// After a fault, and with none any more.
void expect_sound(World& world, const Operation& operation, const std::vector<SeenCall>& calls) {
  world.close();
  expect_told_once(world.told);

  const bool may_leave = std::ranges::any_of(calls, [](const SeenCall& call) { return call.call == Call::unlink && call.is_injected; });
  for (const fs::path& file : files_below(world.folder())) {
    EXPECT_TRUE(may_leave || !file.filename().string().starts_with(".tmp-")) << "left behind: " << file;
    EXPECT_TRUE(may_leave || !is_waited_for(file)) << "others would wait for " << file;
    EXPECT_TRUE(operation.heals || file.parent_path().filename() != "quarantine") << "nothing was wrong with " << file;
  }
  for (const fs::path& file : world.unwanted) EXPECT_TRUE(may_leave || !fs::exists(file)) << "left behind: " << file;

  DiskTier fresh({.root = world.root(), .map_threshold = kMapThreshold});
  if (!operation.heals) {
    const auto findings = fresh.validate(false, {});
    ASSERT_TRUE(findings.ok()) << findings.error().message;
    for (const Finding& finding : *findings) ADD_FAILURE() << "half-written: " << finding.path << ": " << finding.message;
  }
  for (const auto& [number, expected] : world.expected()) {
    const auto found = fresh.get(key_of(number));
    ASSERT_TRUE(found.ok()) << found.error().message;
    if (*found) {
      EXPECT_TRUE(is_one_of(*found, expected.may_be)) << "wrong: key " << number;
    } else {
      EXPECT_FALSE(expected.must_be) << "lost: key " << number;
      EXPECT_FALSE(operation.stores && number == 0 && world.told.empty()) << "not stored, and nothing told of it";
    }
  }

  // Whoever comes next is not held up and heals what is to be healed.
  world.open();
  for (const auto& [number, expected] : world.expected()) {
    World::expect_answer(world.cache->get_or_compute(world.request(number, expected.may_be.front())), expected.may_be);
  }
  world.close();
  const auto findings = fresh.validate(false, {});
  ASSERT_TRUE(findings.ok()) << findings.error().message;
  EXPECT_TRUE(findings->empty()) << findings->front().path << ": " << findings->front().message;
}

/// Runs it under each fault of each of its calls.
void inject_everywhere(const Operation& operation) {
  const testing::TemporaryFolder folder(testing::quickest_place());
  std::vector<SeenCall> calls;
  {
    World world(folder / "world");
    operation.prepare(world);
    const SystemCalls seen(world.folder());
    operation.run(world, 0);
    calls = seen.seen();
    EXPECT_EQ(world.told.empty(), !operation.heals) << world.told.front();
  }
  ASSERT_FALSE(calls.empty());
  std::size_t injections = 0, injected = 0;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    for (const Fault& fault : faults_of(calls[at], at)) {
      SCOPED_TRACE(operation.name + ", " + described(fault, calls[at]));
      World world(folder / "world");
      operation.prepare(world);
      std::vector<SeenCall> made;
      {
        const SystemCalls seen(world.folder(), fault);
        try {
          operation.run(world, 0);
          if (fault.stays) operation.run(world, 1);
        } catch (const std::exception& error) {
          ADD_FAILURE() << "an exception: " << error.what();
        }
        made = seen.seen();
        injected += seen.injected();
      }
      ++injections;
      expect_sound(world, operation, made);
      if (::testing::Test::HasFailure()) return;
    }
  }
  ::testing::Test::RecordProperty("injections", static_cast<int>(injections));
  std::cout << operation.name << ": " << calls.size() << " calls, " << injections << " ways to go wrong, " << injected << " calls failed\n";
}

// ---- the operations

constexpr int kBystander = 9;

/// Two keys of one artifact each; the cache open; somebody else's entry beside them.
void prepare_cold(World& world) {
  world.hold(kBystander, {9});
  for (const int number : {0, 1}) world.expect(number, {{1}}, false);
  world.open();
}

void prepare_held(World& world, const Made& made) {
  for (const int number : {0, 1}) world.hold(number, made);
  world.open();
}

void prepare_held_disk(World& world, const Made& made) {
  for (const int number : {0, 1}) world.hold(number, made);
  world.open_disk();
}

void ask_for_first(World& world, int turn) { world.ask(turn, {1}); }

class InjectedFaults : public ::testing::TestWithParam<Operation> {};

TEST_P(InjectedFaults, LeaveTheAnswerRightAndTheStoreSound) { inject_everywhere(GetParam()); }

/// Damages what is stored under a key.
void damage(World& world, int number) {
  const fs::path file = world.file_of(number);
  fs::permissions(file, fs::perms::owner_all);
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(-1, std::ios::end);
  bytes.put('!');
}

/// Entries of another cache, to be imported.
void prepare_import(World& world, const Made& made) {
  for (const int number : {0, 1}) World::store(world.folder() / "elsewhere", number, made);
  world.open_disk();
}

void import_one(World& world, int turn) {
  const auto imported = world.disk->import_entry(world.folder() / "elsewhere" / world.disk->path_of(key_of(turn).id()).lexically_relative(world.root()));
  EXPECT_TRUE(!imported || imported->entry.key == key_of(turn));
}

void export_one(World& world, int turn) {
  const fs::path to = world.folder() / ("exported" + std::to_string(turn));
  const auto exported = world.disk->export_entry(key_of(turn).id(), to);
  if (exported && *exported) {
    EXPECT_EQ(bytes_of(to), bytes_of(world.disk->path_of(key_of(turn).id())));
  } else {
    world.unwanted.push_back(to);
  }
}

/// One that is held and two that are not.
void ask_for_many(World& world, int turn) {
  std::vector<Request> requests;
  for (const int number : {0, 1, 2}) requests.push_back(world.request(3 * turn + number, {1}));
  for (const auto& outcome : world.cache->get_many(requests)) {
    EXPECT_EQ(outcome.failure, nullptr);
    World::expect_answer(outcome.answer, {{1}});
  }
}

void put_many(World& world, int turn) {
  std::vector<EntryPtr> entries;
  for (const int number : {0, 1}) entries.push_back(std::make_shared<const Entry>(Entry{key_of(2 * turn + number), Made{1}.artifact(), {}}));
  const std::vector<EntryPtr> stored = world.cache->put_many(entries);
  ASSERT_EQ(stored.size(), entries.size());
  for (const EntryPtr& entry : stored) EXPECT_TRUE(entry && is_one_of(entry, {{1}}));
}

/// A lease of a process that was killed while it made the artifact of a key: its name and its text.
std::pair<std::string, std::string> lease_of_the_dead(int number) {
  const testing::TemporaryFolder folder(testing::quickest_place());
  const pid_t child = ::fork();
  if (child == 0) {
    World world(folder / "world");
    world.open();
    Request wanted = world.request(number, {1});
    wanted.make = [](const Artifact*) -> Artifact { ::_exit(0); };
    world.cache->get_or_compute(wanted);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const fs::path& file : files_below(folder / "world" / "cache" / "leases")) return {file.filename().string(), bytes_of(file)};
  throw std::runtime_error("no lease was left");
}

void leave_leases_of_the_dead(World& world) {
  static const std::array left = {lease_of_the_dead(0), lease_of_the_dead(1)};
  fs::create_directories(world.leases());
  for (const auto& [name, text] : left) std::ofstream(world.leases() / name) << text;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {.name = "Cold", .prepare = prepare_cold, .run = ask_for_first, .stores = true},
      {.name = "ColdDurable",
       .prepare =
           [](World& world) {
             world.durable = true;
             prepare_cold(world);
           },
       .run = ask_for_first,
       .stores = true},
      {.name = "ColdInANewFolder",
       .prepare = [](World& world) { world.expect(0, {{1}}, false), world.expect(1, {{1}}, false); },
       .run =
           [](World& world, int turn) {
             if (turn == 0) world.open();
             world.ask(turn, {1});
           },
       .stores = true},
      {.name = "ColdLarge",
       .prepare = [](World& world) { world.expect(0, {{1, kMapped}}, false), world.expect(1, {{1, kMapped}}, false), world.open(); },
       .run = [](World& world, int turn) { world.ask(turn, {1, kMapped}); },
       .stores = true},
      {.name = "ColdAfterADeadHolder",
       .prepare =
           [](World& world) {
             prepare_cold(world);
             leave_leases_of_the_dead(world);
           },
       .run = ask_for_first},
      {.name = "HitSmall", .prepare = [](World& world) { prepare_held(world, {1}); }, .run = ask_for_first},
      {.name = "HitRead",
       .prepare = [](World& world) { prepare_held(world, {1, kRead}); },
       .run = [](World& world, int turn) { world.ask(turn, {1, kRead}); }},
      {.name = "HitMapped",
       .prepare = [](World& world) { prepare_held(world, {1, kMapped}); },
       .run = [](World& world, int turn) { world.ask(turn, {1, kMapped}); }},
      {.name = "Growth",
       .prepare =
           [](World& world) {
             prepare_held(world, {1, kSmall, 4});
             for (const int number : {0, 1}) world.expect(number, {{1, kSmall, 4}, {2, kRead, 1900}}, true);
           },
       .run = [](World& world, int turn) { world.ask(turn, {2, kRead, 1900}); }},
      {.name = "Recompute",
       .prepare =
           [](World& world) {
             prepare_held(world, {1});
             for (const int number : {0, 1}) world.expect(number, {{2}, {1}}, true);
           },
       .run = [](World& world, int turn) { world.ask(turn, {2}, true); }},
      {.name = "Erase",
       .prepare =
           [](World& world) {
             prepare_held(world, {1});
             for (const int number : {0, 1}) world.expect(number, {{1}}, false);
           },
       .run = [](World& world, int turn) { world.cache->erase(key_of(turn)); }},
      {.name = "Peek",
       .prepare = [](World& world) { prepare_held(world, {1}); },
       .run =
           [](World& world, int turn) {
             const auto info = world.cache->peek(key_of(turn));
             EXPECT_TRUE(!info || info->key == key_of(turn));
           }},
      {.name = "List",
       .prepare = [](World& world) { prepare_held_disk(world, {1}); },
       .run =
           [](World& world, int) {
             std::size_t listed = 0;
             (void)world.disk->for_each([&](const EntryInfo& info) {
               EXPECT_TRUE(info.key == key_of(0) || info.key == key_of(1));
               return ++listed < 10;
             });
             EXPECT_LE(listed, 2u);
           }},
      {.name = "Validate",
       .prepare = [](World& world) { prepare_held_disk(world, {1, kRead}); },
       .run =
           [](World& world, int) {
             const auto findings = world.disk->validate(true, {});
             if (!findings) return;
             for (const Finding& finding : *findings) {
               EXPECT_FALSE(finding.is_out_of_the_way) << finding.message;
               EXPECT_TRUE(finding.code == ErrorCode::io || finding.code == ErrorCode::denied) << finding.message;
             }
           }},
      {.name = "Tag",
       .prepare = [](World& world) { prepare_held_disk(world, {1}); },
       .run = [](World& world, int turn) { (void)world.disk->tag("kept", key_of(turn).id()); }},
      {.name = "Import",
       .prepare =
           [](World& world) {
             prepare_import(world, {1, kRead});
             for (const int number : {0, 1}) world.expect(number, {{1, kRead}}, false);
           },
       .run = import_one},
      {.name = "ImportOfALongerOne",
       .prepare =
           [](World& world) {
             for (const int number : {0, 1}) world.hold(number, {1, kSmall, 4});
             prepare_import(world, {2, kRead, 1900});
             for (const int number : {0, 1}) world.expect(number, {{1, kSmall, 4}, {2, kRead, 1900}}, true);
           },
       .run = import_one},
      {.name = "Export", .prepare = [](World& world) { prepare_held_disk(world, {1, kRead}); }, .run = export_one},
      {.name = "GetMany",
       .prepare =
           [](World& world) {
             for (const int number : {0, 3}) world.hold(number, {1});
             for (const int number : {1, 2, 4, 5}) world.expect(number, {{1}}, false);
             world.open();
           },
       .run = ask_for_many},
      {.name = "PutMany",
       .prepare =
           [](World& world) {
             for (const int number : {0, 1, 2, 3}) world.expect(number, {{1}}, false);
             world.open();
           },
       .run = put_many,
       .stores = true},
      {.name = "Healing",
       .prepare =
           [](World& world) {
             prepare_held(world, {1});
             for (const int number : {0, 1}) {
               world.expect(number, {{1}}, false);
               damage(world, number);
             }
           },
       .run = ask_for_first,
       .heals = true},
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(Of, InjectedFaults, ::testing::ValuesIn(operations()), [](const auto& at) { return at.param.name; });

}  // namespace
}  // namespace almanac::cache
