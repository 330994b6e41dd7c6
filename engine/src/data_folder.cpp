#include "data_folder.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <system_error>
#include <vector>

namespace almanac {

std::filesystem::path data_file(const std::filesystem::path& name) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path folders[] = {program.parent_path().parent_path() / ALMANAC_DATA_FOLDER_OF_PREFIX,
                                           ALMANAC_INSTALLED_DATA_FOLDER, ALMANAC_SOURCE_DATA_FOLDER};
  std::vector<std::string> tried;
  for (const std::filesystem::path& folder : folders) {
    if (std::filesystem::exists(folder / name, error)) return folder / name;
    tried.push_back((folder / name).string());
  }
  throw EnvironmentError(fmt::format("{} is missing: there is no {}", name.string(), fmt::join(tried, ", no ")));
}

}  // namespace almanac
