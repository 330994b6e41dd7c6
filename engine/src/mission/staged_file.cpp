#include "staged_file.hpp"

#include "output/write_failure.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace almanac::mission {
namespace {

[[noreturn]] void fail(const std::filesystem::path& folder, const std::error_code& cause) {
  throw EnvironmentError(fmt::format("cannot use the output folder {}: {}", folder.string(), cause.message()));
}

constexpr std::string_view kEnding = ".part";
constexpr std::chrono::hours kAbandoned{24};

/// Where a process id means anything, as file names tell it: the first group of the boot id and the number of the PID
/// namespace, "2c1f83ab-4026531836". Empty where /proc does not tell; then nobody is known to be dead.
std::string place_of_processes() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot, '-');
  std::array<char, 64> link{};
  const ssize_t length = readlink("/proc/self/ns/pid", link.data(), link.size());
  const std::string_view space(link.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));  // pid:[4026531836]
  if (boot.empty() || !space.starts_with("pid:[") || !space.ends_with(']')) return "";
  return fmt::format("{}-{}", boot, space.substr(5, space.size() - 6));
}

/// Beside the file, hidden, and of this process alone: .NAME.PLACE-PID.part
std::filesystem::path staging_path(const std::filesystem::path& file) {
  return file.parent_path() / fmt::format(".{}.{}-{}{}", file.filename().string(), place_of_processes(), getpid(), kEnding);
}

struct Writer {
  std::string_view place;
  pid_t process;
};

/// Who writes the staged file of this name; nullopt: it is none, or of another NAME than `wanted` (empty: any).
std::optional<Writer> writer_of(std::string_view name, std::string_view wanted) {
  if (!name.starts_with('.') || !name.ends_with(kEnding)) return std::nullopt;
  name = name.substr(1, name.size() - 1 - kEnding.size());
  const std::size_t dot = name.rfind('.'), dash = name.rfind('-');
  if (dot == std::string_view::npos || dash == std::string_view::npos || dash < dot) return std::nullopt;
  if (!wanted.empty() && name.substr(0, dot) != wanted) return std::nullopt;
  Writer writer{name.substr(dot + 1, dash - dot - 1), 0};
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + dash + 1, end, writer.process);
  if (error != std::errc() || rest != end || writer.process <= 0) return std::nullopt;
  return writer;
}

bool is_dead(const Writer& writer, std::string_view here) {
  return !here.empty() && writer.place == here && kill(writer.process, 0) != 0 && errno == ESRCH;
}

bool is_abandoned(const std::filesystem::path& file) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(file, error);
  return !error && std::filesystem::file_time_type::clock::now() - written > kAbandoned;
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

void remove_leftovers(const std::filesystem::path& folder, std::string_view name) {
  const std::string here = place_of_processes();
  std::error_code error;
  std::filesystem::directory_iterator at(folder.empty() ? "." : folder, error);
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string found = at->path().filename().string();
    const std::optional<Writer> writer = writer_of(found, name);
    if (!writer || (!is_dead(*writer, here) && !is_abandoned(at->path()))) continue;
    std::error_code ignored;
    std::filesystem::remove(at->path(), ignored);
  }
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
  remove_leftovers(folder);
}

void check_output(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path there = std::filesystem::absolute(folder, error);
  while (!std::filesystem::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (!std::filesystem::is_directory(there, error)) fail(folder, std::make_error_code(std::errc::not_a_directory));
  if (access(there.c_str(), W_OK | X_OK) != 0) fail(folder, {errno, std::generic_category()});
}

}  // namespace almanac::mission
