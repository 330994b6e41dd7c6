#pragma once

#include "frames.hpp"

#include <filesystem>

namespace almanac::wrap {

/// Where the dynamic loader splits its list of libraries.
inline constexpr const char* kNotLoadable = " :";

/// A folder of this run's own, which nobody else may enter, under a name that the dynamic loader takes: in $TMPDIR, else in /tmp. Who
/// lives holds a lock on his.
class PrivateFolder {
 public:
  /// Errors: EnvironmentError ← it cannot be made.
  PrivateFolder();
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  std::filesystem::path operator/(const char* name) const { return path_ / name; }

  /// Removes folders of runs that were killed: ours, of some age, and nobody holds them.
  void remove_leftovers() const noexcept;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

/// The counts of all wrapped processes, in a file that they map.
class SharedCounts {
 public:
  /// Errors: EnvironmentError ← it cannot be made.
  explicit SharedCounts(const std::filesystem::path& file);
  ~SharedCounts();
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;

  Counts& operator*() const noexcept { return *counts_; }
  Counts* operator->() const noexcept { return counts_; }

 private:
  Counts* counts_;
};

}  // namespace almanac::wrap
