#include <almanac/cache/tiers.hpp>

#include "engine/temporary_folder.hpp"
#include "entry_file.hpp"
#include "quarantine.hpp"
#include "sample_entry.hpp"
#include "temporary_file.hpp"
#include "varied_entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

using Bytes = std::vector<char>;

Bytes bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// Changes a file in place, as a failing disk does.
void damage(const fs::path& path, const std::function<void(Bytes&)>& change) {
  Bytes bytes = bytes_of(path);
  change(bytes);
  fs::permissions(path, fs::perms::owner_all);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good());
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
}

class DiskTierTest : public ::testing::Test {
 protected:
  /// A tier as a new process would have it: nothing seen yet.
  std::unique_ptr<DiskTier> fresh(const std::function<void(DiskOptions&)>& change = {}) {
    DiskOptions options;
    options.root = folder_.path() / "cache";
    options.producer = {"almanac/test", "NONE"};
    options.map_threshold = 4096;
    options.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
    if (change) change(options);
    return std::make_unique<DiskTier>(options);
  }

  EntryPtr put(const EntryPtr& entry) {
    auto stored = fresh()->put(entry);
    EXPECT_TRUE(stored.ok()) << stored.error().message;
    return stored ? *stored : nullptr;
  }

  EntryPtr get(const Key& key) {
    auto found = fresh()->get(key);
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found ? *found : nullptr;
  }

  fs::path path_of(const Key& key) { return fresh()->path_of(key.id()); }

  std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& at : fs::recursive_directory_iterator(folder_.path() / "cache" / folder, error)) {
      if (!at.is_directory()) files.push_back(at.path());
    }
    return files;
  }

  /// A key whose file is damaged must be a miss, its file quarantined with a reason and a warning, and its
  /// place free for a new one.
  void expect_quarantined(const Key& key, std::string_view code) {
    const auto tier = fresh();
    const auto found = tier->get(key);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(*found, nullptr);
    EXPECT_EQ(tier->stats().corruptions, 1u);
    EXPECT_EQ(tier->stats().misses, 1u);
    EXPECT_FALSE(fs::exists(path_of(key)));
    ASSERT_EQ(warnings_.size(), 1u);
    EXPECT_NE(warnings_[0].find(path_of(key)), std::string::npos) << warnings_[0];
    EXPECT_NE(warnings_[0].find(code), std::string::npos) << warnings_[0];
    bool has_reason = false;
    for (const fs::path& file : files_in("quarantine")) {
      if (file.extension() != ".txt") continue;
      const Bytes reason = bytes_of(file);
      has_reason = has_reason || std::string(reason.begin(), reason.end()).starts_with(code);
    }
    EXPECT_TRUE(has_reason);
    warnings_.clear();
    ASSERT_TRUE(tier->put(sample_entry(key, 4)).ok());
    EXPECT_NE(get(key), nullptr);
    EXPECT_TRUE(warnings_.empty());
  }

  testing::TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

using DiskTierFolder = DiskTierTest;
using DiskTierDamage = DiskTierTest;
using DiskTierCommit = DiskTierTest;
using DiskTierSurvey = DiskTierTest;

// ---- what is kept

TEST_F(DiskTierTest, GivesBackWhatWasPutBitForBit) {
  const EntryPtr entry = varied_entry();
  put(entry);
  const EntryPtr back = get(entry->key);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(back->key, entry->key);
  EXPECT_TRUE(identical(back->artifact, entry->artifact));
  EXPECT_EQ(back->facts.cost, entry->facts.cost);
  EXPECT_EQ(back->facts.created, entry->facts.created);
  EXPECT_EQ(back->facts.expires, entry->facts.expires);
  EXPECT_EQ(back->facts.host_binding, entry->facts.host_binding);
  EXPECT_EQ(back->facts.dependencies, entry->facts.dependencies);
  EXPECT_EQ(back->facts.producer.version, "almanac/0.1.0");
}

TEST_F(DiskTierTest, KeepsAnArtifactWithoutArrays) {
  const Key key("empty", 1, {});
  put(std::make_shared<const Entry>(Entry{key, Artifact(), {}}));
  const EntryPtr back = get(key);
  ASSERT_NE(back, nullptr);
  EXPECT_TRUE(identical(back->artifact, Artifact()));
}

TEST_F(DiskTierTest, SignsEntriesThatNameNoProducer) {
  const EntryPtr stored = put(sample_entry(sample_key(1), 1));
  EXPECT_EQ(stored->facts.producer.version, "almanac/test");
  EXPECT_EQ(get(sample_key(1))->facts.producer.instruction_set, "NONE");
}

TEST_F(DiskTierTest, AlignsEveryArrayTo64Bytes) {
  put(varied_entry());
  put(sample_entry(sample_key(1), 1, 100'000));
  for (const Key& key : {varied_entry()->key, sample_key(1)}) {
    for (const bool may_map : {true, false}) {
      const auto found = fresh([&](DiskOptions& options) { options.may_map = may_map; })->get(key);
      for (const Array& array : (*found)->artifact.arrays()) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 64, 0u) << array.name();
      }
    }
  }
}

TEST_F(DiskTierTest, ReadsAndMapsTheSameBytes) {
  const EntryPtr entry = sample_entry(sample_key(1), 3.25, 50'000);
  put(entry);
  for (const bool may_map : {true, false}) {
    const auto tier = fresh([&](DiskOptions& options) { options.may_map = may_map; });
    EXPECT_TRUE(identical((*tier->get(entry->key))->artifact, entry->artifact));
    EXPECT_TRUE(identical((*tier->get(entry->key))->artifact, entry->artifact));  // seen by now
  }
}

TEST_F(DiskTierTest, FilesAnEntryUnderItsIdReadOnly) {
  const EntryPtr entry = varied_entry();
  put(entry);
  const std::string hex = entry->key.id().hex();
  const fs::path path = folder_.path() / "cache" / "objects" / hex.substr(0, 2) / (hex.substr(2) + ".h5");
  EXPECT_EQ(path_of(entry->key), path);
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0444u);
  EXPECT_EQ(files_in("objects").size(), 1u);
}

TEST_F(DiskTierTest, CountsHitsMissesAndPuts) {
  const auto tier = fresh();
  EXPECT_EQ(*tier->get(sample_key(1)), nullptr);
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1)).ok());
  EXPECT_NE(*tier->get(sample_key(1)), nullptr);
  EXPECT_TRUE(tier->peek(sample_key(1))->has_value());
  EXPECT_EQ(tier->stats().hits, 1u);
  EXPECT_EQ(tier->stats().misses, 1u);
  EXPECT_EQ(tier->stats().puts, 1u);
  EXPECT_EQ(tier->stats().errors, 0u);
}

TEST_F(DiskTierTest, TouchesAnEntryThatIsUsedAtMostOnceAMinute) {
  put(sample_entry(sample_key(1), 1));
  const fs::path path = path_of(sample_key(1));
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  const auto tier = fresh();
  fs::last_write_time(path, long_ago);
  ASSERT_NE(*tier->get(sample_key(1)), nullptr);
  EXPECT_GT(fs::last_write_time(path), long_ago + std::chrono::minutes(59));
  fs::last_write_time(path, long_ago);
  ASSERT_NE(*tier->get(sample_key(1)), nullptr);
  EXPECT_EQ(fs::last_write_time(path), long_ago);
}

TEST_F(DiskTierTest, RefusesAHeaderThatDoesNotFitAndLeavesNothing) {
  const Key key("long", 1, {});
  const auto stored = fresh()->put(std::make_shared<const Entry>(Entry{key, Artifact({}, {{"a", std::string(2 << 20, 'x')}}), {}}));
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(files_in("objects").empty());
}

TEST_F(DiskTierTest, HoldsNoFileOpen) {
  const auto open_files = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  const auto tier = fresh();
  const auto before = open_files();
  const EntryPtr kept = *tier->put(sample_entry(sample_key(1), 1, 50'000));
  const EntryPtr also = *tier->get(sample_key(1));
  EXPECT_EQ(open_files(), before);
}

// ---- who commits first, and who replaces

TEST_F(DiskTierCommit, FirstOneWinsAndTheSecondAdoptsIt) {
  put(sample_entry(sample_key(1), 1));
  const auto before = bytes_of(path_of(sample_key(1)));
  const EntryPtr second = put(sample_entry(sample_key(1), 2));
  EXPECT_EQ(value_of(second->artifact), 1);
  EXPECT_EQ(bytes_of(path_of(sample_key(1))), before);
}

TEST_F(DiskTierCommit, MoreCoverageReplacesLess) {
  put(sample_entry(sample_key(1), 1, 4, 100));
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2, 8, 200))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 3, 4, 150))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
  EXPECT_EQ(files_in("objects").size(), 1u);
}

TEST_F(DiskTierCommit, AMappingOutlivesItsReplacementAndItsRemoval) {
  const auto tier = fresh();
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1, 50'000, 1)).ok());
  const EntryPtr held = *tier->get(sample_key(1));
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 2, 60'000, 2)).ok());
  const EntryPtr newer = *tier->get(sample_key(1));
  ASSERT_TRUE(*tier->erase(sample_key(1)));
  for (const double value : held->artifact.at("values").as<double>()) ASSERT_EQ(value, 1);
  for (const double value : newer->artifact.at("values").as<double>()) ASSERT_EQ(value, 2);
}

TEST_F(DiskTierCommit, AnExpiredEntryIsAMissAndIsReplaced) {
  Entry old = *sample_entry(sample_key(1), 1);
  old.facts.expires = std::chrono::system_clock::now() - std::chrono::seconds(1);
  put(std::make_shared<const Entry>(old));
  EXPECT_EQ(get(sample_key(1)), nullptr);
  EXPECT_FALSE(fresh()->peek(sample_key(1))->has_value());
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
  EXPECT_TRUE(files_in("quarantine").empty());
}

TEST_F(DiskTierCommit, DamageUnderTheNameIsMovedAwayByPut) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[100] ^= 1; });
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
  EXPECT_EQ(files_in("quarantine").size(), 2u);
}

TEST_F(DiskTierCommit, ManyThreadsAgreeOnOneEntry) {
  constexpr std::size_t kThreads = 4;
  const auto tier = fresh();
  for (int round = 0; round < 30; ++round) {
    std::array<double, kThreads> values{};
    std::barrier start(kThreads);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          const EntryPtr mine = sample_entry(sample_key(round), static_cast<double>(i));
          start.arrive_and_wait();
          values[i] = value_of((*tier->put(mine))->artifact);
        });
      }
    }
    ASSERT_EQ(std::set<double>(values.begin(), values.end()).size(), 1u);
    ASSERT_EQ(value_of(get(sample_key(round))->artifact), values[0]);
  }
  EXPECT_EQ(files_in("objects").size(), 30u);
}

TEST_F(DiskTierCommit, DurableEntriesAreStoredAlike) {
  const auto tier = fresh([](DiskOptions& options) { options.durable = true; });
  ASSERT_TRUE(tier->put(varied_entry()).ok());
  EXPECT_TRUE(identical(get(varied_entry()->key)->artifact, varied_artifact()));
}

TEST_F(DiskTierCommit, LeftoversOfDeadProcessesAreRemovedAndOthersAreNot) {
  put(sample_entry(sample_key(1), 1));
  const fs::path folder = path_of(sample_key(1)).parent_path();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  // Names as TemporaryFile gives them: of this machine and boot, a process that ended; and of another machine.
  std::string own;
  {
    const auto tier = fresh();
    TemporaryFile mine(folder.string());
    own = fs::path(mine.path()).filename();
  }
  const std::string place = own.substr(0, own.find('-', 5) + 1);
  const fs::path dead = folder / (place + std::to_string(child) + "-1-abc");
  const fs::path elsewhere = folder / (".tmp-0123456789abcdef-" + std::to_string(child) + "-1-abc");
  const fs::path old = folder / ".tmp-0123456789abcdef-1-1-old";
  for (const fs::path& path : {dead, elsewhere, old}) std::ofstream(path) << "half";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
  ASSERT_TRUE(*fresh()->erase(sample_key(1)));
  put(sample_entry(sample_key(1), 1));
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(elsewhere));
}

// ---- damage

TEST_F(DiskTierDamage, TreatsATornFileAsAMiss) {
  const EntryPtr entry = sample_entry(sample_key(1), 1, 1000);
  for (const std::size_t keep : {0u, 4u, 100u, 4095u, 4096u, 5000u, 8000u}) {
    put(entry);
    damage(path_of(entry->key), [&](Bytes& bytes) { bytes.resize(keep); });
    expect_quarantined(entry->key, "corrupt");
    ASSERT_TRUE(*fresh()->erase(entry->key));
  }
}

TEST_F(DiskTierDamage, TreatsAFlippedHeaderAsAMiss) {
  for (const std::size_t at : {12u, 20u, 40u, 60u, 150u}) {
    put(sample_entry(sample_key(1), 1));
    damage(path_of(sample_key(1)), [&](Bytes& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ 0x10); });
    expect_quarantined(sample_key(1), "corrupt");
    ASSERT_TRUE(*fresh()->erase(sample_key(1)));
  }
}

TEST_F(DiskTierDamage, TreatsAFlippedArrayAsAMissWhetherReadOrMapped) {
  for (const std::int64_t n : {4, 1000, 100'000}) {
    const EntryPtr entry = sample_entry(sample_key(n), 1.5, n);
    put(entry);
    EntryFile::Start start;
    const std::string path = path_of(entry->key);
    const StoredArray array = open_entry(path.c_str(), start).file->header().arrays.at(0);
    damage(path, [&](Bytes& bytes) { bytes[array.offset + array.bytes - 1] = static_cast<char>(bytes[array.offset + array.bytes - 1] ^ 1); });
    expect_quarantined(entry->key, "corrupt");
  }
}

TEST_F(DiskTierDamage, ValidateSeesEveryFlippedByteOfAFile) {
  const EntryPtr entry = varied_entry();
  put(entry);
  const fs::path path = path_of(entry->key);
  const Bytes whole = bytes_of(path);
  const auto tier = fresh();
  fs::permissions(path, fs::perms::owner_all);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  std::size_t unseen = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const auto write = [&](char byte) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte);
      file.flush();
    };
    write(static_cast<char>(whole[at] ^ 4));
    unseen += tier->validate(false, {})->size() == 1 ? 0 : 1;
    write(whole[at]);
  }
  EXPECT_EQ(unseen, 0u);
  EXPECT_TRUE(tier->validate(false, {})->empty());
}

TEST_F(DiskTierDamage, TreatsANewerFormatAsAMiss) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) {
    bytes[8] = 2;
    std::fill(bytes.begin() + 12, bytes.end(), '\x5a');
  });
  expect_quarantined(sample_key(1), "newer_format");
}

TEST_F(DiskTierDamage, TreatsAForeignFileAsAMiss) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes = {'h', 'e', 'l', 'l', 'o'}; });
  expect_quarantined(sample_key(1), "foreign");
}

TEST_F(DiskTierDamage, TreatsAFolderOrAFifoInThePlaceAsAMiss) {
  const fs::path path = path_of(sample_key(1));
  fs::create_directories(path / "inside");
  expect_quarantined(sample_key(1), "foreign");
  ASSERT_TRUE(*fresh()->erase(sample_key(1)));
  ASSERT_EQ(::mkfifo(path.c_str(), 0644), 0);
  expect_quarantined(sample_key(1), "foreign");
}

TEST_F(DiskTierDamage, TreatsTheEntryOfAnotherKeyAsAMiss) {
  put(sample_entry(sample_key(2), 2));
  const fs::path place = path_of(sample_key(1));
  fs::create_directories(place.parent_path());
  fs::copy_file(path_of(sample_key(2)), place);
  EXPECT_FALSE(fresh()->peek(sample_key(1))->has_value());
  expect_quarantined(sample_key(1), "collision");
  EXPECT_EQ(value_of(get(sample_key(2))->artifact), 2);
}

TEST_F(DiskTierDamage, WhatHealedBetweenTheLookAndTheMoveIsPutBack) {
  put(sample_entry(sample_key(1), 1));
  const CacheRoot root(folder_.path() / "cache");
  const FileIdentity another{0, 1};
  const auto moved = quarantine(root, path_of(sample_key(1)), another, "name", {ErrorCode::corrupt, "it was torn when we looked"}, false);
  ASSERT_TRUE(moved.ok());
  EXPECT_TRUE(moved->to.empty());
  EXPECT_NE(get(sample_key(1)), nullptr);
  EXPECT_TRUE(files_in("quarantine").empty());
}

TEST_F(DiskTierDamage, PeekDoesNotMoveAnything) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[100] ^= 1; });
  EXPECT_FALSE(fresh()->peek(sample_key(1))->has_value());
  EXPECT_FALSE(fresh()->peek(sample_key(1).id())->has_value());
  EXPECT_TRUE(fs::exists(path_of(sample_key(1))));
}

TEST_F(DiskTierDamage, AReadOnlyCacheIsACacheAndItsDamageAMiss) {
  put(sample_entry(sample_key(1), 1));
  put(sample_entry(sample_key(2), 2));
  damage(path_of(sample_key(2)), [](Bytes& bytes) { bytes[100] ^= 1; });
  fs::permissions(folder_.path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  const fs::path root = folder_.path() / "cache";
  const auto set = [&](fs::perms perms) {
    for (const auto& at : fs::recursive_directory_iterator(root)) {
      if (at.is_directory()) fs::permissions(at.path(), perms);
    }
    fs::permissions(root, perms);
  };
  set(fs::perms::owner_read | fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec | fs::perms::others_read);
  // Root may write where nobody may: only somebody else is kept out.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setegid(65534) != 0 || ::seteuid(65534) != 0)) ::_exit(9);
    const auto tier = fresh();
    const auto good = tier->get(sample_key(1));
    const auto bad = tier->get(sample_key(2));
    const auto again = tier->get(sample_key(2));
    const auto stored = tier->put(sample_entry(sample_key(3), 3));
    if (!good || !*good || !bad || *bad || !again || *again) ::_exit(1);
    if (stored || stored.error().code != ErrorCode::denied) ::_exit(2);
    ::_exit(warnings_.size() == 1 ? 0 : 3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  set(fs::perms::owner_all);
  EXPECT_EQ(status, 0);
}

// ---- the folder

TEST_F(DiskTierFolder, IsMadeWithACacheTag) {
  fresh([&](DiskOptions& options) { options.root = folder_.path() / "a" / "b"; });
  const Bytes tag = bytes_of(folder_.path() / "a" / "b" / "CACHEDIR.TAG");
  EXPECT_TRUE(std::string(tag.begin(), tag.end()).starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
}

TEST_F(DiskTierFolder, OfSomebodyElseIsNotTagged) {
  std::ofstream(folder_.path() / "thesis.tex") << "x";
  const auto tier = fresh([&](DiskOptions& options) { options.root = folder_.path(); });
  EXPECT_FALSE(fs::exists(folder_.path() / "CACHEDIR.TAG"));
  EXPECT_TRUE(tier->put(sample_entry(sample_key(1), 1)).ok());
}

TEST_F(DiskTierFolder, ThatIsAFileMakesEveryPutAnErrorAndEveryGetAMiss) {
  std::ofstream(folder_.path() / "cache") << "x";
  const auto tier = fresh();
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find(folder_.path()), std::string::npos) << warnings_[0];
  EXPECT_EQ(*tier->get(sample_key(1)), nullptr);
  EXPECT_FALSE(tier->peek(sample_key(1))->has_value());
  EXPECT_FALSE(*tier->erase(sample_key(1)));
  const auto stored = tier->put(sample_entry(sample_key(1), 1));
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().message, warnings_[0]);  // so that who warns of both says it once
  EXPECT_FALSE(tier->for_each([](const EntryInfo&) { return true; }).ok());
  EXPECT_FALSE(tier->validate(false, {}).ok());
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(DiskTierFolder, WithoutANameOrTooLongIsRefusedWithoutAThrow) {
  for (const fs::path& root : {fs::path(), fs::path("/" + std::string(5000, 'x'))}) {
    const auto tier = fresh([&](DiskOptions& options) { options.root = root; });
    EXPECT_EQ(*tier->get(sample_key(1)), nullptr);
    EXPECT_FALSE(tier->put(sample_entry(sample_key(1), 1)).ok());
  }
}

TEST_F(DiskTierFolder, ThatVanishesIsMadeAgain) {
  const auto tier = fresh();
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1)).ok());
  fs::remove_all(folder_.path() / "cache");
  EXPECT_EQ(*tier->get(sample_key(1)), nullptr);
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 2)).ok());
  EXPECT_EQ(value_of((*tier->get(sample_key(1)))->artifact), 2);
}

TEST_F(DiskTierFolder, FullOfGarbageCostsOnlyWhatIsGarbage) {
  const fs::path root = folder_.path() / "cache";
  const std::string folder = sample_key(1).id().hex().substr(0, 2);
  fs::create_directories(root / "objects");
  std::ofstream(root / "objects" / folder) << "a file where a folder should be";
  const auto tier = fresh();
  EXPECT_EQ(*tier->get(sample_key(1)), nullptr);
  EXPECT_FALSE(tier->put(sample_entry(sample_key(1), 1)).ok());
  std::int64_t other = 2;
  while (sample_key(other).id().hex().starts_with(folder)) ++other;
  EXPECT_TRUE(tier->put(sample_entry(sample_key(other), 1)).ok());
  EXPECT_NE(*tier->get(sample_key(other)), nullptr);
}

// ---- looking at many

TEST_F(DiskTierSurvey, VisitsEveryValidEntryOnce) {
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    put(sample_entry(sample_key(i), i));
    keys.insert(sample_key(i).text());
  }
  damage(path_of(sample_key(7)), [](Bytes& bytes) { bytes[70] ^= 1; });
  keys.erase(sample_key(7).text());
  std::ofstream(path_of(sample_key(1)).parent_path() / "stray") << "x";
  std::set<std::string> seen;
  ASSERT_TRUE(fresh()->for_each([&](const EntryInfo& info) { return seen.insert(info.key.text()).second; }).ok());
  EXPECT_EQ(seen, keys);
  int calls = 0;
  ASSERT_TRUE(fresh()->for_each([&](const EntryInfo&) { return ++calls < 3; }).ok());
  EXPECT_EQ(calls, 3);
}

TEST_F(DiskTierSurvey, TellsAllThatTheHeaderSays) {
  const EntryPtr entry = varied_entry();
  put(entry);
  const auto info = *fresh()->peek(entry->key.id());
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->key, entry->key);
  EXPECT_EQ(info->facts.cost, entry->facts.cost);
  EXPECT_TRUE(identical(Artifact({}, info->attributes), Artifact({}, entry->artifact.attributes())));
  ASSERT_EQ(info->arrays.size(), 8u);
  EXPECT_EQ(info->arrays[0].name, "f64");
  EXPECT_EQ(info->arrays[0].type, Type::f64);
  EXPECT_EQ(info->arrays[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(info->arrays[0].bytes, 48u);
  EXPECT_EQ(info->path, path_of(entry->key));
  EXPECT_EQ(info->stored_bytes, fs::file_size(info->path));
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - info->last_used), std::chrono::hours(1));
  EXPECT_FALSE(fresh()->peek(Id::of("nobody"))->has_value());
}

TEST_F(DiskTierSurvey, ValidateFindsWhatIsWrongInPathOrder) {
  for (int i = 0; i < 6; ++i) put(sample_entry(sample_key(i), i, 100));
  const auto broken = [&](int i, const std::function<void(Bytes&)>& change) { damage(path_of(sample_key(i)), change); };
  broken(1, [](Bytes& bytes) { bytes.pop_back(); });
  broken(2, [](Bytes& bytes) { bytes[8] = 9; });
  broken(3, [](Bytes& bytes) { bytes[4100] ^= 1; });  // in the HDF5 structure, which get() does not read
  broken(4, [](Bytes& bytes) { bytes[4000] = 1; });   // in the user block, behind the header
  std::ofstream(path_of(sample_key(5)).parent_path() / "stray") << "x";
  std::uint64_t last = 0, all = 0;
  const auto findings = *fresh()->validate(false, [&](std::uint64_t done, std::uint64_t of) {
    EXPECT_EQ(done, ++last);
    all = of;
    return true;
  });
  EXPECT_EQ(last, 7u);
  EXPECT_EQ(all, 7u);
  ASSERT_EQ(findings.size(), 5u);
  EXPECT_TRUE(std::ranges::is_sorted(findings, {}, &Finding::path));
  const auto code_of = [&](const fs::path& path) { return std::ranges::find(findings, path, &Finding::path)->code; };
  EXPECT_EQ(code_of(path_of(sample_key(1))), ErrorCode::corrupt);
  EXPECT_EQ(code_of(path_of(sample_key(2))), ErrorCode::newer_format);
  EXPECT_EQ(code_of(path_of(sample_key(3))), ErrorCode::corrupt);
  EXPECT_EQ(code_of(path_of(sample_key(4))), ErrorCode::corrupt);
  EXPECT_TRUE(fs::exists(path_of(sample_key(1))));

  EXPECT_EQ(fresh()->validate(true, {})->size(), 5u);
  EXPECT_FALSE(fs::exists(path_of(sample_key(3))));
  EXPECT_TRUE(fresh()->validate(true, {})->empty());
  EXPECT_NE(get(sample_key(0)), nullptr);
}

TEST_F(DiskTierSurvey, ValidateFindsAnEntryInTheWrongPlace) {
  put(sample_entry(sample_key(2), 2));
  fs::create_directories(path_of(sample_key(1)).parent_path());
  fs::copy_file(path_of(sample_key(2)), path_of(sample_key(1)));
  const auto findings = *fresh()->validate(false, {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, ErrorCode::collision);
}

TEST_F(DiskTierSurvey, AnEmptyOrVanishedCacheIsValid) {
  const auto tier = fresh();
  EXPECT_TRUE(tier->validate(false, {})->empty());
  fs::remove_all(folder_.path() / "cache");
  EXPECT_TRUE(tier->validate(false, {})->empty());
  EXPECT_TRUE(tier->for_each([](const EntryInfo&) { return true; }).ok());
}

TEST_F(DiskTierSurvey, TagsAreEmptyFiles) {
  const Id id = sample_key(1).id();
  const auto tier = fresh();
  ASSERT_TRUE(tier->tag("photograph", id).ok());
  ASSERT_TRUE(tier->tag("photograph", id).ok());
  EXPECT_EQ(fs::file_size(folder_.path() / "cache" / "tags" / "photograph" / id.hex()), 0u);
  for (const std::string& wrong : {std::string(), std::string(".x"), std::string("a/b"), std::string(".."), std::string("ä"), std::string(65, 'x')}) {
    const Status tagged = tier->tag(wrong, id);
    ASSERT_FALSE(tagged.ok()) << wrong;
    EXPECT_EQ(tagged.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace almanac::cache
