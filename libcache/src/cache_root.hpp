#pragma once

#include <almanac/cache/error.hpp>
#include <almanac/cache/key.hpp>

#include <array>
#include <climits>
#include <filesystem>
#include <optional>
#include <string>

namespace almanac::cache {

/// How often something is done again that others undo under our eyes: folders they remove, names they take.
inline constexpr int kAttempts = 8;

/// The name of an entry's file, made without the heap.
struct EntryPath {
  std::array<char, PATH_MAX> text;
  const char* c_str() const noexcept { return text.data(); }
};

/// The folder of a cache and what is where in it:
///
///     CACHEDIR.TAG            for backup programs; https://bford.info/cachedir/
///     objects/ab/cdef….h5     the entries: two and thirty digits of the id
///     quarantine/             what was moved out of the way, a .txt with the reason beside each
///     tags/<tag>/<id>         empty files
///     leases/                 who computes what
///     usage/                  how much is held: a ledger of all processes, where one of them has a budget; who cleans; levels
///     removals.log            what was removed, and why; removals.1.log before it
///     statistics/             what processes have counted: statistics_store.hpp
///     fft-log/                which FFTs were planned: the engine's, and nothing that this library reads
class CacheRoot {
 public:
  /// Makes the folder, if it can. Where it cannot be used, problem() says why.
  /// durable: so that it is still there after a power cut.
  explicit CacheRoot(const std::filesystem::path& root, bool durable = false);

  const std::filesystem::path& path() const noexcept { return root_; }
  const std::optional<Error>& problem() const noexcept { return problem_; }

  /// True where files are mapped safely: not on network and user-space file systems, where another client's
  /// unlink or a lost connection turns a mapping into a SIGBUS.
  bool is_local() const noexcept { return is_local_; }

  /// Precondition: there is no problem().
  EntryPath entry_path(const Id& id) const noexcept;
  std::string objects() const { return objects_; }
  std::string folder_of(const Id& id) const;
  std::string quarantine() const { return root_.string() + "/quarantine"; }
  std::string tags() const { return root_.string() + "/tags"; }

  /// Makes a folder and those above it, where they are not there. durable: their names are on the medium. Others may
  /// make and remove them at the same time. Errors: by errno.
  static Status make_folder(const std::string& folder, bool durable = false);

 private:
  std::filesystem::path root_;
  std::string objects_;
  std::optional<Error> problem_;
  bool is_local_ = false;  ///< until the file system has said what it is
};

/// The id that a file under objects/ab/ stands for; nullopt ← no entry has that name.
std::optional<Id> id_of_file(std::string_view folder, std::string_view file);

}  // namespace almanac::cache
