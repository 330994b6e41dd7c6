#pragma once

#include <filesystem>

namespace almanac::cli {

/// Whether what is under this name is read from its beginning to its end and not again: standard input (-, /dev/stdin), a pipe.
bool is_piped(const std::filesystem::path& path);

/// What comes through a pipe, as a file that can be read again: without a name, so that nothing is left of it whatever ends
/// this process.
class PipedFile {
 public:
  /// Reads `from` to its end into a file in `folder`. Ctrl-C ends it, if that is watched for.
  /// Errors: EnvironmentError ← it cannot be read or kept; Interrupted.
  PipedFile(const std::filesystem::path& from, const std::filesystem::path& folder);
  PipedFile(const PipedFile&) = delete;
  PipedFile& operator=(const PipedFile&) = delete;
  ~PipedFile();

  /// Where it is to be opened, as long as this lives.
  std::filesystem::path path() const;

 private:
  int descriptor_ = -1;
};

}  // namespace almanac::cli
