// Damage of every kind in every place: what comes out is what went in, or nothing.

#include "disk_tier_fixture.hpp"
#include "entry_file.hpp"
#include "varied_entry.hpp"

#include <algorithm>
#include <cstddef>
#include <random>

#include <fcntl.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

using DiskTierDamage = DiskTierTest;

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

/// The file of one entry in a cache of its own, to be damaged through and through: in place, and mended again.
class DamagedFile : public ::testing::Test {
 protected:
  DamagedFile() : source_({.root = folder_ / "source"}), target_({.root = folder_ / "target"}) {
    EXPECT_TRUE(source_.put(entry_).ok());
    path_ = source_.path_of(entry_->key.id()).string();
    whole_ = bytes_of(path_);
    EntryFile::Start start;
    header_bytes_ = open_entry(path_.c_str(), start).file->header().length;
    fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
    reopen();
  }
  ~DamagedFile() override { ::close(file_); }

  void write(std::size_t at, char byte) { ASSERT_EQ(::pwrite(file_, &byte, 1, static_cast<off_t>(at)), 1); }
  void mend() {
    ASSERT_EQ(::pwrite(file_, whole_.data(), whole_.size(), 0), static_cast<ssize_t>(whole_.size()));
  }

  /// What the doors say of the file as it is now. Import and validate must find anything; get() what concerns it.
  void expect_no_wrong_answer(const std::string& what, bool get_must_see) {
    const auto findings = source_.validate(false, {});
    ASSERT_TRUE(findings.ok() && findings->size() == 1) << what;
    ASSERT_FALSE(target_.import_entry(path_).ok()) << what;
    ASSERT_EQ(*target_.get(entry_->key), nullptr) << what;
    for (const bool may_map : {true, false}) {
      // One that has seen nothing yet.
      DiskTier fresh({.root = source_.root(), .map_threshold = 0, .may_map = may_map});
      const auto found = fresh.get(entry_->key);
      ASSERT_TRUE(found.ok()) << what << ": " << found.error().message;
      if (*found) {
        ASSERT_FALSE(get_must_see) << what;
        ASSERT_TRUE(identical((*found)->artifact, entry_->artifact)) << what;
      } else {
        bring_back();
      }
    }
  }

  /// Back from quarantine into its place.
  void bring_back() {
    ASSERT_FALSE(fs::exists(path_));
    for (const auto& at : fs::directory_iterator(source_.root() / "quarantine")) {
      at.path().extension() == ".h5" ? fs::rename(at.path(), path_) : static_cast<void>(fs::remove(at.path()));
    }
    ASSERT_TRUE(fs::exists(path_));
  }

  void reopen() {
    file_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(file_, 0);
  }

  const testing::TemporaryFolder folder_{testing::quickest_place()};
  const EntryPtr entry_ = varied_entry();
  DiskTier source_, target_;
  std::string path_;
  Bytes whole_;
  std::size_t header_bytes_ = 0;
  int file_ = -1;
};

TEST_F(DamagedFile, EveryFlippedBitOfTheHeaderIsSeen) {
  for (std::size_t at = 0; at < header_bytes_ && !HasFatalFailure(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      write(at, static_cast<char>(whole_[at] ^ (1 << bit)));
      expect_no_wrong_answer("byte " + std::to_string(at) + ", bit " + std::to_string(bit), true);
    }
    write(at, whole_[at]);
  }
}

TEST_F(DamagedFile, EveryChangedByteOfTheHeaderIsSeen) {
  std::mt19937 random(5);
  for (std::size_t at = 0; at < header_bytes_ && !HasFatalFailure(); ++at) {
    for (const char byte : {'\0', '\xff', '\x7f', static_cast<char>(random())}) {
      if (byte == whole_[at]) continue;
      write(at, byte);
      expect_no_wrong_answer("byte " + std::to_string(at), true);
    }
    write(at, whole_[at]);
  }
}

TEST_F(DamagedFile, AFlippedBitAnywhereElseIsSeenOrHarmless) {
  std::mt19937 random(6);
  for (int round = 0; round < 2000 && !HasFatalFailure(); ++round) {
    const std::size_t at = header_bytes_ + random() % (whole_.size() - header_bytes_);
    write(at, static_cast<char>(whole_[at] ^ (1 << random() % 8)));
    expect_no_wrong_answer("byte " + std::to_string(at), false);
    write(at, whole_[at]);
  }
}

TEST_F(DamagedFile, EveryTruncationIsSeen) {
  std::mt19937 random(7);
  std::vector<std::size_t> sizes(header_bytes_ + 1);
  std::iota(sizes.begin(), sizes.end(), std::size_t{0});
  for (int i = 0; i < 500; ++i) sizes.push_back(random() % whole_.size());
  for (const std::size_t size : sizes) {
    ASSERT_EQ(::ftruncate(file_, static_cast<off_t>(size)), 0);
    expect_no_wrong_answer(std::to_string(size) + " bytes", true);
    mend();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace almanac::cache
