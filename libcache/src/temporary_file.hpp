#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::cache {

/// A name for a file on its way to or from its place, in the folder of that place; removed on the way out
/// unless it was let go. The name tells whose it is:
///
///     .tmp-<XXH3-64 of boot id and PID namespace>-<pid>-<start time of the process>-<token>
class TemporaryFile {
 public:
  /// Chooses the name; makes nothing.
  explicit TemporaryFile(const std::string& folder);
  /// Takes over what another process left.
  static TemporaryFile left_behind(std::string path) { return TemporaryFile(AsItIs{}, std::move(path)); }
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// It has another name now, or is to be kept under this one.
  void let_go() noexcept { path_.clear(); }

 private:
  struct AsItIs {};
  TemporaryFile(AsItIs, std::string path) : path_(std::move(path)) {}

  std::string path_;
};

/// A temporary file that no process known to run will ever remove.
struct Leftover {
  std::string path;
  bool is_abandoned;  ///< its process has ended, or nobody wrote to it for a day; otherwise nobody here can tell
};

/// Those in a folder; none where it cannot be read.
std::vector<Leftover> leftovers_in(const std::string& folder);

/// True for a name that TemporaryFile gives.
bool is_temporary_name(std::string_view name) noexcept;

}  // namespace almanac::cache
