#include "own_library.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <system_error>
#include <vector>

#include <sys/auxv.h>

namespace almanac::wrap {
namespace {

namespace fs = std::filesystem;

/// The folders that this program may be in, in full. Without /proc it is where it was started by its name. Nothing has loaded a
/// dynamic loader into it where that was started itself, as a program with this one as its word: then /proc names the loader.
std::vector<fs::path> own_folders() {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& program, const std::error_code& error) {
    if (!error && program.is_absolute()) folders.push_back(program.parent_path());
  };
  std::error_code error;
  if (::getauxval(AT_BASE) != 0) add(fs::read_symlink("/proc/self/exe", error), error);
  if (const auto* name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN)); name != nullptr) add(fs::canonical(name, error), error);
  return folders;
}

}  // namespace

fs::path own_library(const char* name, const char* otherwise) {
  std::error_code error;
  for (const fs::path& folder : own_folders()) {
    for (const fs::path& place : {folder / ALMANAC_LIBRARIES_FROM_PROGRAM, folder.parent_path() / "lib"}) {
      const fs::path library = place / "almanac" / name;
      if (fs::exists(library, error)) return fs::weakly_canonical(library);
    }
  }
  throw EnvironmentError(fmt::format("{} is not beside this program: {}", name, otherwise));
}

}  // namespace almanac::wrap
