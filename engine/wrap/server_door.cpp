#include "server_door.hpp"

#include "own_library.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <string_view>

#include <dlfcn.h>

namespace almanac::wrap {
namespace {

void* function_of(void* library, const char* name) {
  void* const function = ::dlsym(library, name);
  if (function == nullptr) throw EnvironmentError(fmt::format("{} is not of this version: it has no {}", kCommandsLibrary, name));
  return function;
}

}  // namespace

void* commands_function(const char* name) {
  // Loaded once, and for good.
  static void* const library = [] {
    const std::string path = own_library(kCommandsLibrary, "it is installed with it");
    void* const loaded = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (loaded == nullptr) throw EnvironmentError(fmt::format("cannot load {}", ::dlerror()));
    const std::string_view version = reinterpret_cast<Version>(function_of(loaded, kVersion))();
    if (version != ALMANAC_VERSION) {
      throw EnvironmentError(fmt::format("{} is not of this version: it is {}, this program {}", kCommandsLibrary, version, ALMANAC_VERSION));
    }
    return loaded;
  }();
  return function_of(library, name);
}

}  // namespace almanac::wrap
