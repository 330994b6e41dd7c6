#include <almanac/cache/tiers.hpp>

#include "disk_tier_fixture.hpp"
#include "entry_file.hpp"
#include "quarantine.hpp"
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

using DiskTierFolder = DiskTierTest;
using DiskTierDamage = DiskTierTest;

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

TEST_F(DiskTierDamage, TreatsANewerFormatAsAMiss) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) {
    bytes[8] = kFormatVersion + 1;
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

TEST_F(DiskTierDamage, ARootIsTheSameHoweverItIsWritten) {
  const fs::path plain = folder_.path() / ".hidden..cache";
  const std::string above = folder_.path().string();
  for (const std::string& written : {plain.string(), plain.string() + '/', above + "//.hidden..cache", above + "/./.hidden..cache",
                                     above + "/x/../.hidden..cache", plain.string() + "/.", plain.string() + "/x/..",
                                     fs::relative(plain).string()}) {
    const CacheRoot root(written);
    EXPECT_FALSE(root.problem().has_value()) << written;
    EXPECT_EQ(root.path().string(), plain.string()) << written;
  }
  std::ofstream(folder_.path() / "file") << "no folder";
  for (const std::string& written : {above + "/file", above + "/file/", above + "/file/cache"}) {
    EXPECT_TRUE(CacheRoot(written).problem().has_value()) << written;
  }
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

TEST_F(DiskTierDamage, WhatMayNotBeReadInAFolderOfOursIsReplacedAndElsewhereLeftAlone) {
  constexpr uid_t kSomebody = 65534;
  for (const int number : {1, 2, 3}) put(sample_entry(sample_key(number), number));
  const bool is_root = ::geteuid() == 0;
  const auto give_away = [](const fs::path& path) { EXPECT_EQ(::chown(path.c_str(), kSomebody, kSomebody), 0); };
  for (const auto& at : fs::recursive_directory_iterator(folder_.path())) {
    if (is_root) give_away(at.path());
  }
  if (is_root) give_away(folder_.path());
  for (const int number : {1, 2, 3}) fs::permissions(path_of(sample_key(number)), fs::perms::none);
  // In a folder of another owner, who may well be able to read it: writable for all, as they share it.
  const fs::path shared = path_of(sample_key(3)).parent_path();
  if (is_root) {
    EXPECT_EQ(::chown(shared.c_str(), 0, 0), 0);
  }
  fs::permissions(shared, fs::perms::all);
  warnings_.clear();

  const pid_t child = ::fork();
  if (child == 0) {
    if (is_root && (::setegid(kSomebody) != 0 || ::seteuid(kSomebody) != 0)) ::_exit(9);
    const auto tier = fresh();
    const auto missed = tier->get(sample_key(1));
    if (!missed || *missed || warnings_.size() != 1 || warnings_[0].find("(denied)") == std::string::npos) ::_exit(1);
    if (!tier->put(sample_entry(sample_key(1), 1)) || warnings_.size() != 1) ::_exit(2);
    const auto healed = fresh()->get(sample_key(1));
    if (!healed || !*healed) ::_exit(3);
    if (!tier->put(sample_entry(sample_key(2), 2)) || warnings_.size() != 2) ::_exit(4);
    if (is_root && tier->put(sample_entry(sample_key(3), 3)).ok()) ::_exit(5);
    if (is_root && tier->get(sample_key(3)).ok()) ::_exit(6);
    if (warnings_.size() != 2) ::_exit(7);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(files_in("quarantine").size(), is_root ? 4u : 6u) << "files, and why";
  EXPECT_TRUE(!is_root || fs::exists(path_of(sample_key(3))));
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

}  // namespace
}  // namespace almanac::cache
