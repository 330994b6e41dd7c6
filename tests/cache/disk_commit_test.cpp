// Who gets a place on the disk, and what becomes of what was killed on its way there.

#include "disk_tier_fixture.hpp"
#include "temporary_file.hpp"
#include "varied_entry.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <set>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

using DiskTierCommit = DiskTierTest;

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

// ---- replacing

TEST_F(DiskTierCommit, ReplaceTakesThePlaceOfAnything) {
  const auto tier = fresh();
  const auto replace = [&](double value, std::int64_t coverage) {
    const auto stored = tier->replace(sample_entry(sample_key(1), value, 4, coverage));
    EXPECT_TRUE(stored.ok()) << stored.error().message;
    EXPECT_EQ(value_of((*stored)->artifact), value);
    EXPECT_EQ(value_of(get(sample_key(1))->artifact), value);
  };
  replace(1, 100);  // nothing
  replace(2, 50);   // one that reaches farther
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[100] ^= 1; });
  replace(3, 50);
  EXPECT_TRUE(warnings_.empty());
  EXPECT_TRUE(files_in("quarantine").empty());
  EXPECT_EQ(files_in("objects").size(), 1u);

  // What is no file does not vanish.
  const fs::path path = path_of(sample_key(1));
  const auto clear = [&] { fs::remove_all(path); };
  clear();
  fs::create_directories(path / "inside");
  replace(4, 50);
  clear();
  ASSERT_EQ(::mkfifo(path.c_str(), 0644), 0);
  replace(5, 50);
  clear();
  fs::create_symlink("nowhere", path);
  replace(6, 50);
  EXPECT_EQ(warnings_.size(), 3u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "cache" / "quarantine"), {}), 6);
}

TEST_F(DiskTierCommit, PutGetsPastASymbolicLinkToNowhere) {
  const fs::path path = path_of(sample_key(1));
  fs::create_directories(path.parent_path());
  fs::create_symlink("nowhere", path);
  EXPECT_EQ(get(sample_key(1)), nullptr);
  put(sample_entry(sample_key(1), 1));
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(DiskTierCommit, DamageThatCannotBeMovedIsReplaced) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[100] ^= 1; });
  std::ofstream(folder_.path() / "cache" / "quarantine") << "a file where a folder should be";
  const auto tier = fresh();
  EXPECT_EQ(*tier->get(sample_key(1)), nullptr);
  EXPECT_EQ(value_of((*tier->put(sample_entry(sample_key(1), 2)))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
  EXPECT_EQ(warnings_.size(), 1u);
  EXPECT_EQ(files_in("objects").size(), 1u);
}

TEST_F(DiskTierCommit, ThreadsThatGrowAnEntryLoseNoneThatReachesFarther) {
  constexpr int kThreads = 4, kSteps = 60;
  const auto tier = fresh();
  std::atomic<int> lost{0};
  std::barrier start(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int step = 0; step < kSteps; ++step) {
          const std::int64_t coverage = 1 + step * kThreads + (i + step) % kThreads;
          start.arrive_and_wait();
          const auto stored = tier->put(sample_entry(sample_key(1), static_cast<double>(coverage), 4, coverage));
          lost += !stored.ok() || coverage_of((*stored)->artifact.attributes()) < coverage;
          start.arrive_and_wait();
          const auto found = tier->get(sample_key(1));
          lost += !found.ok() || !*found || value_of((*found)->artifact) != (step + 1) * kThreads;
        }
      });
    }
  }
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(files_in("objects").size(), 1u);
}

// ---- what the dead leave

class Leftovers : public DiskTierTest {
 protected:
  /// A temporary name beside the place of a key, of a process that has ended.
  fs::path name_of_the_dead(const Key& key) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return name_like([child](const std::string& place) { return place + std::to_string(child) + "-1-abc"; }, key);
  }
  /// The same of another machine.
  fs::path name_of_a_stranger(const Key& key) {
    return name_like([](const std::string&) { return std::string(".tmp-0123456789abcdef-1-1-abc"); }, key);
  }

 private:
  template <class Name>
  fs::path name_like(Name name, const Key& key) {
    const fs::path folder = path_of(key).parent_path();
    fs::create_directories(folder);
    const TemporaryFile mine(folder.string());
    const std::string own = fs::path(mine.path()).filename();
    return folder / name(own.substr(0, own.find('-', 5) + 1));
  }
};

TEST_F(Leftovers, AWholeEntryComesIntoItsFreePlaceBeforeAnybodyMissesIt) {
  put(sample_entry(sample_key(1), 1));
  fs::rename(path_of(sample_key(1)), name_of_the_dead(sample_key(1)));
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  EXPECT_EQ(files_in("objects").size(), 1u);
}

TEST_F(Leftovers, OneThatReachesFartherTakesThePlaceAndOneThatDoesNotGoes) {
  put(sample_entry(sample_key(1), 1, 4, 300));
  fs::rename(path_of(sample_key(1)), name_of_the_dead(sample_key(1)));
  const fs::path first = path_of(sample_key(1));
  {
    testing::TemporaryFolder elsewhere;
    DiskTier tier({.root = elsewhere.path()});
    ASSERT_TRUE(tier.put(sample_entry(sample_key(1), 2, 4, 200)).ok());
    fs::copy_file(tier.path_of(sample_key(1).id()), first);
  }
  EXPECT_TRUE(fresh()->validate(false, {})->empty());
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  EXPECT_EQ(files_in("objects").size(), 1u);
  fs::copy_file(path_of(sample_key(1)), name_of_the_dead(sample_key(1)));
  EXPECT_TRUE(fresh()->validate(false, {})->empty());
  EXPECT_EQ(files_in("objects").size(), 1u);
}

TEST_F(Leftovers, WhatIsTornBehindItsHeaderIsNoEntry) {
  const EntryPtr entry = sample_entry(sample_key(1), 1, 1000);
  put(entry);
  const Bytes whole = bytes_of(path_of(entry->key));
  for (const std::size_t at : {whole.size() - 1, whole.size() / 2, std::size_t{4096}, std::size_t{4000}, std::size_t{60}}) {
    fs::rename(path_of(entry->key), name_of_the_dead(entry->key));
    damage(name_of_the_dead(entry->key).parent_path() / files_in("objects").at(0).filename(), [at](Bytes& bytes) { bytes[at] ^= 1; });
    EXPECT_EQ(get(entry->key), nullptr) << at;
    EXPECT_TRUE(files_in("objects").empty()) << at;
    put(entry);
  }
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Leftovers, OfStrangersAreLinkedWhereTheyAreMissedAndKept) {
  put(sample_entry(sample_key(1), 1));
  const fs::path theirs = name_of_a_stranger(sample_key(1));
  fs::rename(path_of(sample_key(1)), theirs);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  EXPECT_TRUE(fs::exists(theirs));
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2, 4, 10))->artifact), 2);
  EXPECT_TRUE(fresh()->validate(false, {})->empty());
  EXPECT_TRUE(fs::exists(theirs));
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
}

TEST_F(Leftovers, ExpiredOnesAndThoseOfAnotherFolderAreNotBroughtBack) {
  Entry old = *sample_entry(sample_key(1), 1);
  old.facts.expires = std::chrono::system_clock::now() - std::chrono::hours(1);
  put(std::make_shared<const Entry>(old));
  fs::rename(path_of(sample_key(1)), name_of_the_dead(sample_key(1)));
  put(sample_entry(sample_key(2), 2));
  ASSERT_NE(path_of(sample_key(1)).parent_path(), path_of(sample_key(2)).parent_path());
  fs::rename(path_of(sample_key(2)), name_of_the_dead(sample_key(1)));
  EXPECT_TRUE(fresh()->validate(false, {})->empty());
  EXPECT_TRUE(files_in("objects").empty());
}

TEST_F(Leftovers, AreNotBroughtBackByErasing) {
  put(sample_entry(sample_key(1), 1));
  fs::copy_file(path_of(sample_key(1)), name_of_the_dead(sample_key(1)));
  EXPECT_TRUE(*fresh()->erase(sample_key(1)));
  EXPECT_EQ(get(sample_key(1)), nullptr);
}

}  // namespace
}  // namespace almanac::cache
