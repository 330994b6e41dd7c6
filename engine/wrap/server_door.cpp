#include "server_door.hpp"

#include "own_library.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <dlfcn.h>

namespace almanac::wrap {

void* commands_function(const char* name) {
  // Loaded once, and for good.
  static void* const library = [] {
    const std::string path = own_library(kCommandsLibrary, "it is installed with it");
    void* const loaded = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (loaded == nullptr) throw EnvironmentError(fmt::format("cannot load {}", ::dlerror()));
    return loaded;
  }();
  void* const function = ::dlsym(library, name);
  if (function == nullptr) throw EnvironmentError(fmt::format("{} is not of this version: it has no {}", kCommandsLibrary, name));
  return function;
}

}  // namespace almanac::wrap
