#include "staged_file.hpp"

#include "output/write_failure.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace almanac::mission {
namespace {

[[noreturn]] void fail(const std::filesystem::path& folder, const std::error_code& cause) {
  throw EnvironmentError(fmt::format("cannot use the output folder {}: {}", folder.string(), cause.message()));
}

/// Beside the file, hidden, and of this process alone.
std::filesystem::path staging_path(const std::filesystem::path& file) {
  return file.parent_path() / fmt::format(".{}.{}.part", file.filename().string(), getpid());
}

}  // namespace

StagedFile::StagedFile(std::filesystem::path final_path) : final_(std::move(final_path)), path_(staging_path(final_)) {}

StagedFile::StagedFile(StagedFile&& other) noexcept : final_(std::move(other.final_)), path_(std::exchange(other.path_, {})) {}

StagedFile::~StagedFile() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void StagedFile::write(const std::function<void(const std::filesystem::path&)>& write) const {
  try {
    write(path_);
  } catch (const output::WriteFailure& failure) {
    throw EnvironmentError(fmt::format("cannot write {}: {}", final_.string(), failure.what()));
  }
}

void StagedFile::commit() {
  std::error_code error;
  std::filesystem::rename(path_, final_, error);
  if (error) throw EnvironmentError(fmt::format("cannot write {}: {}", final_.string(), error.message()));
  path_.clear();
}

void refuse_folder(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw EnvironmentError(fmt::format("cannot write {}: it is a folder", file.string()));
}

void prepare_output(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(folder, error);
  if (!std::filesystem::is_directory(folder, error)) fail(folder, std::make_error_code(std::errc::not_a_directory));
  const StagedFile probe(folder / "probe");
  const int made = open(probe.path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (made < 0) fail(folder, {errno, std::generic_category()});
  close(made);
}

void check_output(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path there = std::filesystem::absolute(folder, error);
  while (!std::filesystem::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (!std::filesystem::is_directory(there, error)) fail(folder, std::make_error_code(std::errc::not_a_directory));
  if (access(there.c_str(), W_OK | X_OK) != 0) fail(folder, {errno, std::generic_category()});
}

}  // namespace almanac::mission
