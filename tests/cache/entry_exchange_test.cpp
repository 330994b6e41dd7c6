// Entries as files: out of a cache, and into one.

#include "disk_tier_fixture.hpp"
#include "entry_file.hpp"
#include "varied_entry.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <random>
#include <thread>

#include <sys/stat.h>

namespace almanac::cache {
namespace {

class EntryExchange : public DiskTierTest {
 protected:
  fs::path outside(const std::string& name) const { return folder_.path() / name; }

  /// An entry's file, as another cache exports it.
  fs::path exported(const EntryPtr& entry, const std::string& name = "given.h5") {
    const testing::TemporaryFolder elsewhere;
    DiskTier tier({.root = elsewhere / "cache", .producer = {"almanac/elsewhere", "NONE"}});
    EXPECT_TRUE(tier.put(entry).ok());
    const auto done = tier.export_entry(entry->key.id(), outside(name));
    EXPECT_TRUE(done.ok() && *done);
    return outside(name);
  }

  /// Nothing came in; the message tells file and reason.
  void expect_refused(const fs::path& file, ErrorCode code, std::string_view why) {
    const auto before = files_in("objects");
    const auto imported = fresh()->import_entry(file);
    ASSERT_FALSE(imported.ok()) << file;
    EXPECT_EQ(imported.error().code, code) << imported.error().message;
    EXPECT_NE(imported.error().message.find(file.string()), std::string::npos) << imported.error().message;
    EXPECT_NE(imported.error().message.find(why), std::string::npos) << imported.error().message;
    EXPECT_EQ(files_in("objects"), before);
    EXPECT_TRUE(files_in("quarantine").empty());
  }

  std::vector<fs::path> hidden_files_outside() {
    std::vector<fs::path> found;
    for (const auto& at : fs::directory_iterator(folder_.path())) {
      if (at.path().filename().string().starts_with(".")) found.push_back(at.path());
    }
    return found;
  }
};

// ---- out

TEST_F(EntryExchange, ExportsTheEntryByteForByte) {
  for (const EntryPtr& entry : {varied_entry(), sample_entry(sample_key(1), 1, 400'000), std::make_shared<const Entry>(Entry{Key("empty", 1, {}), Artifact(), {}})}) {
    put(entry);
    const fs::path to = outside(std::string(entry->key.kind()));
    const auto done = fresh()->export_entry(entry->key.id(), to);
    ASSERT_TRUE(done.ok()) << done.error().message;
    EXPECT_TRUE(*done);
    EXPECT_TRUE(bytes_of(to) == bytes_of(path_of(entry->key)));
  }
  EXPECT_TRUE(hidden_files_outside().empty());
}

TEST_F(EntryExchange, ExportsNothingWhereThereIsNothing) {
  EXPECT_FALSE(*fresh()->export_entry(Id::of("nobody"), outside("x")));
  Entry old = *sample_entry(sample_key(1), 1);
  old.facts.expires = std::chrono::system_clock::now() - std::chrono::hours(1);
  put(std::make_shared<const Entry>(old));
  EXPECT_FALSE(*fresh()->export_entry(sample_key(1).id(), outside("x")));
  EXPECT_FALSE(fs::exists(outside("x")));
}

TEST_F(EntryExchange, ExportReplacesNothing) {
  put(sample_entry(sample_key(1), 1));
  std::ofstream(outside("mine")) << "thesis";
  fs::create_symlink("nowhere", outside("link"));
  for (const char* name : {"mine", "link"}) {
    const auto done = fresh()->export_entry(sample_key(1).id(), outside(name));
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().message.find(outside(name)), std::string::npos) << done.error().message;
  }
  EXPECT_EQ(bytes_of(outside("mine")).size(), 6u);
  EXPECT_FALSE(fs::exists(outside("nowhere")));
}

TEST_F(EntryExchange, ExportNeedsAFolderToWriteTo) {
  put(sample_entry(sample_key(1), 1));
  const auto done = fresh()->export_entry(sample_key(1).id(), outside("no") / "where");
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().message.find(outside("no") / "where"), std::string::npos) << done.error().message;
  EXPECT_NE(get(sample_key(1)), nullptr);
}

TEST_F(EntryExchange, AnUnsoundEntryIsNotExportedButMovedAway) {
  const EntryPtr entry = sample_entry(sample_key(1), 1, 1000);
  put(entry);
  const std::size_t size = bytes_of(path_of(entry->key)).size();
  for (const std::size_t at : {std::size_t{0}, std::size_t{60}, std::size_t{4000}, std::size_t{4100}, size - 1}) {
    put(entry);
    damage(path_of(entry->key), [at](Bytes& bytes) { bytes[at] ^= 1; });
    const auto done = fresh()->export_entry(entry->key.id(), outside("x"));
    ASSERT_FALSE(done.ok()) << at;
    EXPECT_EQ(done.error().code, at == 0 ? ErrorCode::foreign : ErrorCode::corrupt) << done.error().message;
    EXPECT_FALSE(fs::exists(outside("x")));
    EXPECT_TRUE(hidden_files_outside().empty());
    EXPECT_TRUE(files_in("objects").empty());
    EXPECT_EQ(std::exchange(warnings_, {}).size(), 1u);
  }
}

// ---- in

TEST_F(EntryExchange, TakesInWhatAnotherCacheGave) {
  const EntryPtr entry = varied_entry();
  const fs::path file = exported(entry);
  const auto before = fs::last_write_time(file);
  const auto tier = fresh();
  const auto imported = tier->import_entry(file);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_FALSE(imported->was_there);
  EXPECT_EQ(imported->entry.key, entry->key);
  EXPECT_EQ(imported->entry.path, path_of(entry->key));
  EXPECT_EQ(imported->entry.stored_bytes, fs::file_size(file));
  EXPECT_EQ(imported->entry.facts.producer.version, "almanac/0.1.0");
  EXPECT_EQ(tier->stats().puts, 1u);
  EXPECT_TRUE(identical(get(entry->key)->artifact, entry->artifact));
  EXPECT_TRUE(bytes_of(file) == bytes_of(path_of(entry->key)));
  EXPECT_EQ(fs::last_write_time(file), before);
  struct stat status;
  ASSERT_EQ(::stat(path_of(entry->key).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0444u);
  EXPECT_EQ(status.st_nlink, 1u);
}

TEST_F(EntryExchange, WhatReachesAsFarAndWasThereFirstStays) {
  const fs::path same = exported(sample_entry(sample_key(1), 2, 4, 100), "same");
  const fs::path shorter = exported(sample_entry(sample_key(1), 3, 4, 50), "shorter");
  const fs::path longer = exported(sample_entry(sample_key(1), 4, 8, 200), "longer");
  put(sample_entry(sample_key(1), 1, 4, 100));
  for (const fs::path& file : {same, shorter}) {
    const auto imported = fresh()->import_entry(file);
    ASSERT_TRUE(imported.ok()) << imported.error().message;
    EXPECT_TRUE(imported->was_there);
    EXPECT_EQ(coverage_of(imported->entry.attributes), 100);
    EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  }
  const auto imported = fresh()->import_entry(longer);
  EXPECT_FALSE(imported->was_there);
  EXPECT_EQ(coverage_of(imported->entry.attributes), 200);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 4);
  EXPECT_EQ(files_in("objects").size(), 1u);
}

TEST_F(EntryExchange, TakesThePlaceOfDamageAndOfWhatHasExpired) {
  const fs::path file = exported(sample_entry(sample_key(1), 1));
  Entry old = *sample_entry(sample_key(1), 2);
  old.facts.expires = std::chrono::system_clock::now() - std::chrono::hours(1);
  put(std::make_shared<const Entry>(old));
  EXPECT_FALSE(fresh()->import_entry(file)->was_there);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[100] ^= 1; });
  EXPECT_FALSE(fresh()->import_entry(file)->was_there);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(EntryExchange, RefusesWhatIsNoSoundEntryWithTheReason) {
  const EntryPtr entry = sample_entry(sample_key(1), 1, 1000);
  const fs::path good = exported(entry);
  const auto changed = [&](const std::string& name, const std::function<void(Bytes&)>& change) {
    fs::copy_file(good, outside(name));
    damage(outside(name), change);
    return outside(name);
  };
  std::ofstream(outside("text")) << "hello";
  expect_refused(outside("text"), ErrorCode::foreign, "not an Almanac entry: another magic");
  std::ofstream(outside("nothing"));
  expect_refused(outside("nothing"), ErrorCode::corrupt, "empty");
  expect_refused(changed("newer", [](Bytes& bytes) { bytes[8] = 3; }), ErrorCode::newer_format, "format version 3; this build reads up to 2");
  expect_refused(changed("short", [](Bytes& bytes) { bytes.pop_back(); }), ErrorCode::corrupt, "bytes");
  expect_refused(changed("long", [](Bytes& bytes) { bytes.push_back(0); }), ErrorCode::corrupt, "bytes");
  expect_refused(changed("header", [](Bytes& bytes) { bytes[60] ^= 1; }), ErrorCode::corrupt, "header does not match its checksum");
  expect_refused(changed("behind", [](Bytes& bytes) { bytes[4000] ^= 1; }), ErrorCode::corrupt, "user block");
  expect_refused(changed("hdf5", [](Bytes& bytes) { bytes[4100] ^= 1; }), ErrorCode::corrupt, "HDF5 structure");
  EntryFile::Start start;
  const StoredArray array = open_entry(good.c_str(), start).file->header().arrays.at(0);
  expect_refused(changed("array", [&](Bytes& bytes) { bytes[array.offset] ^= 1; }), ErrorCode::corrupt, "array \"values\"");

  fs::create_directory(outside("folder"));
  expect_refused(outside("folder"), ErrorCode::foreign, "not a file");
  ASSERT_EQ(::mkfifo(outside("fifo").c_str(), 0644), 0);
  expect_refused(outside("fifo"), ErrorCode::foreign, "not a file");
  expect_refused("/dev/null", ErrorCode::foreign, "not a file");
  expect_refused(outside("nowhere"), ErrorCode::io, "No such file");

  Entry old = *entry;
  old.facts.expires = std::chrono::system_clock::now() - std::chrono::hours(1);
  const testing::TemporaryFolder elsewhere;
  DiskTier tier({.root = elsewhere / "cache"});
  ASSERT_TRUE(tier.put(std::make_shared<const Entry>(old)).ok());
  expect_refused(tier.path_of(entry->key.id()), ErrorCode::invalid_argument, "expired");
  EXPECT_TRUE(warnings_.empty());
}

// A key text that its own checksum and id vouch for, and that is none: nobody of ours writes it.
TEST_F(EntryExchange, RefusesAKeyThatIsNotCanonical) {
  const EntryPtr entry = sample_entry(sample_key(1), 1);
  const fs::path file = exported(entry);
  EntryFile::Start start;
  const std::string path = file.string();
  EntryHeader header = open_entry(path.c_str(), start).file->header();
  ASSERT_EQ(header.key_text, "sample@1{number=1}");
  header.key_text = "sample@01{number=}";
  header.id = Id::of(header.key_text);
  const auto block = *render_header(header);
  damage(file, [&](Bytes& bytes) { std::transform(block.begin(), block.end(), bytes.begin(), [](std::byte b) { return static_cast<char>(b); }); });
  expect_refused(file, ErrorCode::corrupt, "is not a key");
}

TEST_F(EntryExchange, ThreadsThatImportAndPutAgreeOnOne) {
  constexpr std::size_t kThreads = 4;
  std::array<fs::path, 10> files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i] = exported(sample_entry(sample_key(static_cast<std::int64_t>(i)), 100, 200), std::to_string(i));
  }
  const auto tier = fresh();
  for (std::size_t round = 0; round < files.size(); ++round) {
    const Key key = sample_key(static_cast<std::int64_t>(round));
    std::atomic<int> first{0}, failed{0};
    std::barrier start(kThreads);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          start.arrive_and_wait();
          if (i % 2 == 0) {
            const auto imported = tier->import_entry(files[round]);
            failed += !imported.ok();
            first += imported.ok() && !imported->was_there;
          } else {
            const auto stored = tier->put(sample_entry(key, static_cast<double>(i), 200));
            failed += !stored.ok();
            first += stored.ok() && value_of((*stored)->artifact) == static_cast<double>(i);
          }
        });
      }
    }
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(first, 1);
  }
  EXPECT_EQ(tier->stats().puts, files.size());
  EXPECT_EQ(files_in("objects").size(), files.size());
}

}  // namespace
}  // namespace almanac::cache
