#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::testing {

/// A system call on files, by the function that makes it; renameat2 is what is made by syscall(2).
enum class Call {
  open, close, read, write, fstat, stat, fallocate, ftruncate, fchmod, fsync, fdatasync, link, rename, renameat2, unlink, mkdir,
  mmap, madvise, futimens, readdir, statfs, random,
};
std::string_view to_string(Call call) noexcept;

/// One call that was made.
struct SeenCall {
  Call call;
  std::string path{};             ///< what it was about; of a descriptor: what was opened
  std::string to{};               ///< the second name, of link and rename
  std::uint64_t handle = 0;       ///< what was opened, or is worked on: unlike descriptors, given once
  int flags = 0;                  ///< of open and renameat2
  std::uint64_t offset = 0;       ///< of write
  std::uint64_t size = 0;         ///< of read, write, fallocate, ftruncate
  std::vector<std::byte> data{};  ///< what was written, where that is kept
  int error = 0;                  ///< its errno; 0: it was done
  bool is_injected = false;       ///< made to go wrong
};

/// How a call goes wrong.
struct Fault {
  enum class Kind {
    error,   ///< it does nothing and gives an errno. close: what was last written is lost, as on a full network disk
    halved,  ///< it reads or writes half of what was asked for, at least a byte
    ended,   ///< it reads or writes nothing, as at the end of a file
  };
  std::size_t at = 0;  ///< the number of the call, from 0
  Kind kind = Kind::error;
  int error = 0;
  bool stays = false;  ///< later calls of its type go wrong as well
};

/// While one of these lives, what its thread does to files below a folder is seen, kept, and made to fail.
///
/// The functions of the C library are defined once more in the program that this is linked into, where
/// shared libraries find them first. Only the thread that made it is concerned, and only one can live in a thread at a time.
class SystemCalls {
 public:
  enum class Data { dropped, kept };

  explicit SystemCalls(const std::filesystem::path& folder, std::optional<Fault> fault = {}, Data data = Data::dropped);
  ~SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;

  /// Has something done before each call, of which nothing is seen. It must not throw.
  void before_each(std::function<void(const SeenCall&)> what) { before_ = std::move(what); }

  const std::vector<SeenCall>& seen() const noexcept { return seen_; }
  /// How many calls were made to go wrong.
  std::size_t injected() const noexcept { return injected_; }

  /// The names of the functions that are seen.
  static std::span<const std::string_view> functions() noexcept;

  /// The rest is for those functions.
  struct Opened {
    std::uint64_t handle;
    std::string path;
    bool is_written = false;
    std::uint64_t last_offset = 0, last_size = 0;  ///< of what was last written
  };
  bool is_below(const char* path) const noexcept;
  Opened* opened(int descriptor) noexcept;
  void note_opened(int descriptor, std::string path, bool is_written);
  void note_closed(int descriptor) { opened_.erase(descriptor); }
  void note_mapped(const void* data, std::size_t bytes, std::string path) { mapped_[data] = {bytes, std::move(path)}; }
  void note_unmapped(const void* data) { mapped_.erase(data); }
  const std::string* mapped(const void* data) const noexcept;

  /// Takes note of a call, and gives what is to go wrong with it, if its turn has come.
  const Fault* note(SeenCall call);
  SeenCall& last() noexcept { return seen_.back(); }
  bool keeps_data() const noexcept { return data_ == Data::kept; }

 private:
  const std::string folder_;
  const std::optional<Fault> fault_;
  const Data data_;
  std::function<void(const SeenCall&)> before_;
  std::vector<SeenCall> seen_;
  std::size_t injected_ = 0;
  std::uint64_t handles_ = 0;
  std::map<int, Opened> opened_;
  std::map<const void*, std::pair<std::size_t, std::string>> mapped_;
};

}  // namespace almanac::testing
