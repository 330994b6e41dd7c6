#include "data_folder.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <system_error>

namespace almanac::cli {

std::filesystem::path data_file(const std::filesystem::path& name) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path installed = program.parent_path().parent_path() / ALMANAC_INSTALLED_DATA_FOLDER / name;
  const std::filesystem::path source = std::filesystem::path(ALMANAC_SOURCE_DATA_FOLDER) / name;
  for (const auto& candidate : {installed, source}) {
    if (std::filesystem::exists(candidate, error)) return candidate;
  }
  throw EnvironmentError(fmt::format("{} is missing: neither {} nor {} exists", name.string(), installed.string(), source.string()));
}

}  // namespace almanac::cli
