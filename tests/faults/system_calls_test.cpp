// The harness of the injected faults: a call that passes by unseen is one that is never made to fail.

#include "system_calls.hpp"

#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <linux/fs.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace almanac::testing {
namespace {

namespace fs = std::filesystem;

/// The functions that a shared library takes from others, by the front of its table of dynamic symbols.
std::set<std::string, std::less<>> imports_of(std::string_view library) {
  std::pair<std::string_view, std::set<std::string, std::less<>>> found{library, {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* self) {
        auto& [name, imports] = *static_cast<decltype(found)*>(self);
        if (std::string_view(info->dlpi_name).find(name) == std::string_view::npos) return 0;
        const ElfW(Dyn)* at = nullptr;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) at = reinterpret_cast<const ElfW(Dyn)*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        }
        const ElfW(Sym)* symbols = nullptr;
        const char* names = nullptr;
        const std::uint32_t* hashes = nullptr;
        for (; at != nullptr && at->d_tag != DT_NULL; ++at) {
          if (at->d_tag == DT_SYMTAB) symbols = reinterpret_cast<const ElfW(Sym)*>(at->d_un.d_ptr);
          if (at->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(at->d_un.d_ptr);
          if (at->d_tag == DT_GNU_HASH) hashes = reinterpret_cast<const std::uint32_t*>(at->d_un.d_ptr);
        }
        if (symbols == nullptr || names == nullptr || hashes == nullptr) return 0;
        for (std::uint32_t i = 1; i < hashes[1]; ++i) imports.emplace(names + symbols[i].st_name);  // what is hashed is its own
        return 1;
      },
      &found);
  return found.second;
}

/// Functions of the C library that do something with files, beyond those that do it to a descriptor unseen: lseek, fcntl.
constexpr std::array<std::string_view, 62> kFileFunctions = {
    "open", "open64", "openat", "openat64", "creat", "creat64", "close", "close_range", "read", "readv", "pread", "pread64", "preadv",
    "write", "writev", "pwrite", "pwrite64", "pwritev", "fstat", "fstat64", "stat", "stat64", "lstat", "lstat64", "fstatat", "fstatat64",
    "statx", "fallocate", "fallocate64", "posix_fallocate", "truncate", "ftruncate", "ftruncate64", "chmod", "fchmod", "fchmodat", "fsync",
    "fdatasync", "syncfs", "sync_file_range", "link", "linkat", "symlink", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "remove", "rmdir", "mkdir", "mkdirat", "mmap", "mmap64", "madvise", "futimens", "utimensat", "copy_file_range", "sendfile", "statfs",
    "fopen64", "mkostemp",
};

TEST(SystemCalls, SeeEveryFunctionByWhichTheLibraryTouchesFiles) {
  const auto imports = imports_of("libalmanac_cache");
  ASSERT_TRUE(imports.contains("pwrite")) << "the table of symbols was not read";
  const auto seen = SystemCalls::functions();
  for (const std::string_view function : kFileFunctions) {
    if (!imports.contains(function)) continue;
    EXPECT_NE(std::ranges::find(seen, function), seen.end()) << function << " is called and not seen";
  }
}

/// Makes each call once, on files below `folder`. Gives how many succeeded.
void make_every_call(const fs::path& folder) {
  const std::string place = (folder / "place").string(), file = place + "/file", other = place + "/other", third = place + "/third";
  struct stat status;
  struct statfs system;
  std::array<char, 8> bytes{};
  ::mkdir(place.c_str(), 0755);
  ::stat(place.c_str(), &status);
  ::lstat(place.c_str(), &status);
  ::statfs(place.c_str(), &system);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0644);
  ::fstat(descriptor, &status);
  ::fallocate(descriptor, 0, 0, 4096);
  EXPECT_EQ(::ftruncate(descriptor, 4096), 0);
  EXPECT_EQ(::write(descriptor, "x", 1), 1);
  EXPECT_EQ(::pwrite(descriptor, "y", 1, 1), 1);
  EXPECT_EQ(::pread(descriptor, bytes.data(), bytes.size(), 0), 8);
  EXPECT_EQ(::read(descriptor, bytes.data(), 1), 1);
  ::fchmod(descriptor, 0444);
  ::futimens(descriptor, nullptr);
  ::fdatasync(descriptor);
  ::fsync(descriptor);
  void* data = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
  ::madvise(data, 4096, MADV_WILLNEED);
  ::munmap(data, 4096);
  ::close(descriptor);
  EXPECT_EQ(::link(file.c_str(), other.c_str()), 0);
  EXPECT_EQ(::rename(file.c_str(), third.c_str()), 0);
  EXPECT_EQ(::syscall(SYS_renameat2, AT_FDCWD, third.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE), 0);
  ::unlink(file.c_str());
  DIR* listing = ::fdopendir(::openat(AT_FDCWD, place.c_str(), O_RDONLY | O_DIRECTORY));
  while (::readdir(listing) != nullptr) {
  }
  ::closedir(listing);
  EXPECT_EQ(::getentropy(bytes.data(), bytes.size()), 0);
}

TEST(SystemCalls, AreSeenOneByOne) {
  TemporaryFolder folder(quickest_place());
  SystemCalls calls(folder.path(), {}, SystemCalls::Data::kept);
  make_every_call(folder.path());
  std::string names;
  for (const SeenCall& seen : calls.seen()) names += std::string(to_string(seen.call)) + (seen.error != 0 ? "! " : " ");
  EXPECT_EQ(names,
            "mkdir stat stat statfs open fstat fallocate ftruncate write write read read fchmod futimens fdatasync fsync mmap madvise close "
            "link rename renameat2 unlink open readdir readdir readdir readdir random ");
  EXPECT_EQ(calls.seen()[9].data, std::vector<std::byte>{std::byte{'y'}});
  EXPECT_EQ(calls.seen()[9].offset, 1u);
  EXPECT_EQ(calls.seen()[9].handle, calls.seen()[4].handle);
}

/// What the library and the standard library under it call, not what this file does.
TEST(SystemCalls, AreSeenInsideTheLibraries) {
  using namespace cache;
  TemporaryFolder folder(quickest_place());
  SystemCalls calls(folder.path());
  {
    DiskTier tier({.root = folder / "cache", .durable = true, .map_threshold = 4096});
    ASSERT_TRUE(tier.put(sample_entry(sample_key(1), 1, 4096)).ok());
    ASSERT_TRUE(tier.validate(false, {}).ok());
    ASSERT_TRUE(*tier.erase(sample_key(1)));
  }
  std::set<Call> seen;
  for (const SeenCall& call : calls.seen()) seen.insert(call.call);
  for (const Call call : {Call::open, Call::close, Call::read, Call::write, Call::fstat, Call::stat, Call::fallocate, Call::fchmod, Call::fsync,
                          Call::fdatasync, Call::link, Call::unlink, Call::mkdir, Call::mmap, Call::readdir, Call::statfs, Call::random}) {
    EXPECT_TRUE(seen.contains(call)) << to_string(call);
  }
}

TEST(SystemCalls, OfOtherPlacesPassBy) {
  TemporaryFolder folder(quickest_place()), elsewhere(quickest_place());
  SystemCalls calls(folder / "here");
  make_every_call(elsewhere.path());
  ::mkdir((folder / "here and more").c_str(), 0755);
  EXPECT_EQ(calls.seen().size(), 1u) << "random bytes have no place";
}

TEST(SystemCalls, GoWrongAtTheirTurn) {
  TemporaryFolder folder(quickest_place());
  const std::string file = (folder / "file").string();
  const auto outcome_of = [&](Fault fault) {
    SystemCalls calls(folder.path(), fault);
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
    std::array<ssize_t, 3> put{};
    for (ssize_t& one : put) {
      one = ::pwrite(descriptor, "abcd", 4, 0);
      if (one < 0) one = -errno;
    }
    EXPECT_EQ(::close(descriptor), 0);
    EXPECT_EQ(calls.injected(), fault.stays ? 2u : 1u);
    return put;
  };
  using Outcome = std::array<ssize_t, 3>;
  EXPECT_EQ(outcome_of({.at = 2, .error = ENOSPC}), (Outcome{4, -ENOSPC, 4}));
  EXPECT_EQ(outcome_of({.at = 2, .error = EIO, .stays = true}), (Outcome{4, -EIO, -EIO}));
  EXPECT_EQ(outcome_of({.at = 2, .kind = Fault::Kind::halved}), (Outcome{4, 2, 4}));
  EXPECT_EQ(outcome_of({.at = 2, .kind = Fault::Kind::ended, .stays = true}), (Outcome{4, 0, 0}));
}

TEST(SystemCalls, LoseWhatWasLastWrittenWhenClosingFails) {
  TemporaryFolder folder(quickest_place());
  const std::string file = (folder / "file").string();
  {
    SystemCalls calls(folder.path(), Fault{.at = 3, .error = EDQUOT});
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0644);
    ASSERT_EQ(::pwrite(descriptor, "ab", 2, 0), 2);
    ASSERT_EQ(::pwrite(descriptor, "cd", 2, 2), 2);
    EXPECT_EQ(::close(descriptor), -1);
    EXPECT_EQ(errno, EDQUOT);
  }
  const int descriptor = ::open(file.c_str(), O_RDONLY);
  std::array<char, 4> bytes{};
  EXPECT_EQ(::read(descriptor, bytes.data(), bytes.size()), 4);
  EXPECT_EQ(std::string_view(bytes.data(), 4), std::string_view("ab\0\0", 4));
  ::close(descriptor);
}

}  // namespace
}  // namespace almanac::testing
