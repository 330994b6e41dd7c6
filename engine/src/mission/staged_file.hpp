#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace almanac::mission {

/// A file that is under its name only when it is complete: written beside it, moved there by commit(), removed otherwise.
/// What a killed process leaves is hidden and named after it, so that remove_leftovers() can tell. Move-only.
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

/// Removes the staged files in a folder (of one final name, or of all) whose writer has ended. Of writers on other hosts or in
/// other PID namespaces, where a process id of here means nothing, and of ids used again: what nobody wrote to for a day.
void remove_leftovers(const std::filesystem::path& folder, std::string_view name = {});

/// Errors: EnvironmentError ← there is a folder where the file is to be
void refuse_folder(const std::filesystem::path& file);

/// Makes a folder for results, with those above it, tries whether files can be made there, and removes leftovers.
/// Errors: EnvironmentError ← it cannot be used; names path and cause
void prepare_output(const std::filesystem::path& folder);

/// The same without making anything: judges by the nearest folder that is there.
void check_output(const std::filesystem::path& folder);

}  // namespace almanac::mission
