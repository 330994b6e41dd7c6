#pragma once

#include <filesystem>
#include <functional>

namespace almanac::mission {

/// A file that is under its name only when it is complete: written beside it, moved there by commit(), removed otherwise.
/// Move-only.
class StagedFile {
 public:
  explicit StagedFile(std::filesystem::path final_path);
  ~StagedFile();
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }         ///< where it is written
  const std::filesystem::path& final_path() const noexcept { return final_; }

  /// Calls write(path()). Errors: EnvironmentError ← it threw output::WriteFailure; names the final path
  void write(const std::function<void(const std::filesystem::path&)>& write) const;

  /// Errors: EnvironmentError ← it cannot be moved
  void commit();

 private:
  std::filesystem::path final_, path_;
};

/// Errors: EnvironmentError ← there is a folder where the file is to be
void refuse_folder(const std::filesystem::path& file);

/// Makes a folder for results, with those above it, and tries whether files can be made there.
/// Errors: EnvironmentError ← it cannot be used; names path and cause
void prepare_output(const std::filesystem::path& folder);

/// The same without making anything: judges by the nearest folder that is there.
void check_output(const std::filesystem::path& folder);

}  // namespace almanac::mission
