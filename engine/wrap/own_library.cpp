#include "own_library.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <system_error>

namespace almanac::wrap {

namespace fs = std::filesystem;

fs::path own_library(const char* name, const char* otherwise) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {folder / ALMANAC_LIBRARIES_FROM_PROGRAM, folder.parent_path() / "lib"}) {
    const fs::path library = place / "almanac" / name;
    if (fs::exists(library, error)) return fs::weakly_canonical(library);
  }
  throw EnvironmentError(fmt::format("{} is not beside this program: {}", name, otherwise));
}

}  // namespace almanac::wrap
