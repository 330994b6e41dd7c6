#pragma once

#include <filesystem>

namespace almanac::mission {

/// A file that is under its name only when it is complete: written beside it, moved there by commit(), removed otherwise.
/// Move-only.
class StagedFile {
 public:
  explicit StagedFile(std::filesystem::path final_path);
  ~StagedFile();
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }         ///< where to write
  const std::filesystem::path& final_path() const noexcept { return final_; }

  /// Errors: EnvironmentError ← it cannot be moved
  void commit();

 private:
  std::filesystem::path final_, path_;
};

/// Makes a folder for results, with those above it, and tries whether files can be made there.
/// Errors: EnvironmentError ← it cannot be used; names path and cause
void prepare_output(const std::filesystem::path& folder);

/// The same without making anything: judges by the nearest folder that is there.
void check_output(const std::filesystem::path& folder);

}  // namespace almanac::mission
