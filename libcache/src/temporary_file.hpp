#pragma once

#include <string>

namespace almanac::cache {

/// A name for a file in the making, in the folder where it will be committed; removed on the way out
/// unless it was renamed. The name tells whose it is:
///
///     .tmp-<XXH3-64 of boot id and PID namespace>-<pid>-<start time of the process>-<token>
class TemporaryFile {
 public:
  /// Chooses the name; makes nothing.
  explicit TemporaryFile(const std::string& folder);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// It has another name now, and stays.
  void renamed() noexcept { path_.clear(); }

 private:
  std::string path_;
};

/// Removes what processes known to be dead left behind in a folder, and what nobody wrote to for a day.
void remove_leftovers(const std::string& folder) noexcept;

/// True for a name that TemporaryFile gives.
bool is_temporary_name(std::string_view name) noexcept;

}  // namespace almanac::cache
