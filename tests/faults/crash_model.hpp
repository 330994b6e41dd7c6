#pragma once

#include "system_calls.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::testing {

/// What is on a disk after its power was cut: folders and files, by their path below the modelled folder.
struct DiskState {
  /// The bytes of a file; nullptr: a folder.
  using Content = std::shared_ptr<const std::vector<std::byte>>;
  std::map<std::string, Content> names;

  /// The same state has the same text, nearly always.
  std::string fingerprint() const;
  /// Makes it, in a folder that is there and empty.
  void make(const std::filesystem::path& in) const;
};

/// A disk that keeps what was synced, and of the rest what it likes.
///
/// It follows system calls, and gives the states in which the disk may be found when its power is cut then:
///   - a name in a folder (made, linked, renamed, removed) is what it was when the folder was last synced, or anything
///     it has been since, each name for itself: a rename may show at its end and not at its beginning, or the other way round;
///   - a file's size is what it was when the file was last synced, or any it has had since, whatever its bytes are;
///   - each page of 4096 bytes is what it was when the file was last synced, or any it has been since, or of two of
///     these, sector by sector of 512 bytes.
/// Syncing a file is fsync or fdatasync of it; its names need fsync of their folder, and that folder's name fsync
/// of the one above.
class CrashModel {
 public:
  /// An empty folder, all of it on the disk. `matters` says of a file's name whether it is worth while to try what may
  /// be in it before it is synced; of others, all or nothing is.
  CrashModel(const std::filesystem::path& folder, std::function<bool(const std::string& name)> matters);

  /// One more call was made. Those that change nothing, and those that failed, are passed over.
  /// Errors: std::logic_error ← a call about what is not there.
  void apply(const SeenCall& call);

  /// The bits that damage() turns.
  static constexpr int kDamage = 0x10;
  /// A byte of a file is damaged, on the disk as well.
  void damage(const std::filesystem::path& file, std::uint64_t offset);

  /// Calls `visit` with states in which the disk may be: all of them where there are few, or else the outermost, those in
  /// which one name differs from these, and `samples` that are drawn.
  void each_state(std::size_t samples, std::mt19937& random, const std::function<void(const DiskState&)>& visit) const;

 private:
  using Number = std::size_t;  ///< of an inode
  static constexpr Number kNone = static_cast<Number>(-1);

  struct Write {
    std::uint64_t offset;
    std::vector<std::byte> data;
  };
  struct Inode {
    bool is_folder = false;
    // of a folder: each name's inode, first as it is on the disk, then as it has been since
    std::map<std::string, std::vector<Number>> names;
    // of a file
    std::vector<std::byte> synced;
    std::vector<Write> writes;         ///< since then
    std::vector<std::uint64_t> sizes;  ///< since then
    std::uint64_t size() const { return sizes.empty() ? synced.size() : sizes.back(); }
    bool is_synced() const { return writes.empty() && sizes.empty(); }
  };

  /// How the unsynced part of files is found.
  enum class Luck { none, all, sizes_only, data_only, drawn };
  static constexpr std::size_t kMostNames = 64;  ///< combinations of names that are all tried

  std::string relative(const std::string& path) const;
  std::pair<Number, std::string> place_of(const std::string& path) const;
  Number find(const std::string& path) const;
  void set(const std::string& path, Number inode);
  static std::vector<std::byte> content(const Inode& file, Luck luck, std::mt19937& random);

  struct Choice {
    Number folder;
    std::string name;
    std::size_t options;
  };
  using Taken = std::map<std::pair<Number, std::string>, std::size_t>;
  /// Follows the names as they were taken. Gives how many files that matter are not synced.
  std::size_t reach(const Taken& taken, Luck luck, std::mt19937& random, DiskState& state) const;

  const std::string folder_;
  const std::function<bool(const std::string&)> matters_;
  std::vector<Inode> inodes_;
  std::map<std::uint64_t, Number> handles_;
};

}  // namespace almanac::testing
