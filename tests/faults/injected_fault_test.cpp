// Each system call of each operation is made to fail, in each way that it can, once and from then on. Whatever
// happens: the answer is right, nothing half-written is left, nothing sound is lost, and each cause is told once.

#include "fault_world.hpp"
#include "system_calls.hpp"

#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using testing::Call;
using testing::Fault;
using testing::SeenCall;
using testing::SystemCalls;

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

/// True for what every call has to live with: a signal came between, or less was moved than was asked for.
bool is_no_failure(const Fault& fault) { return fault.error == EINTR || fault.kind == Fault::Kind::halved; }

void expect_told_once(const std::vector<std::string>& told) {
  std::map<std::string, std::string> causes;
  for (const std::string& line : told) {
    const auto [said, is_first] = causes.emplace(cause_of(line), line);
    EXPECT_TRUE(is_first) << "told twice: " << said->second << "\nand: " << line;
  }
}

/// After a fault, and with none any more.
void expect_sound(World& world, const Operation& operation, const Fault& fault, const std::vector<SeenCall>& calls) {
  world.close();
  expect_told_once(world.told);
  EXPECT_TRUE(!is_no_failure(fault) || operation.heals || world.told.empty()) << "this is no trouble: " << world.told.front();

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
      EXPECT_FALSE(operation.stores && number == 0 && is_no_failure(fault)) << "not stored, for no reason";
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
      expect_sound(world, operation, fault, made);
      if (::testing::Test::HasFailure()) return;
    }
  }
  ::testing::Test::RecordProperty("injections", static_cast<int>(injections));
  std::cout << operation.name << ": " << calls.size() << " calls, " << injections << " ways to go wrong, " << injected << " calls failed\n";
}

class InjectedFaults : public ::testing::TestWithParam<Operation> {};

TEST_P(InjectedFaults, LeaveTheAnswerRightAndTheStoreSound) { inject_everywhere(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Of, InjectedFaults, ::testing::ValuesIn(operations()), [](const auto& at) { return at.param.name; });

}  // namespace
}  // namespace almanac::cache
