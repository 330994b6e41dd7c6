#include "loaded_libraries.hpp"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <link.h>

namespace almanac::wrap {
namespace {

struct Place {
  std::uintptr_t address;
  Library found;

  static int look(dl_phdr_info* info, std::size_t, void* data) noexcept {
    auto& self = *static_cast<Place*>(data);
    bool is_first = true;
    std::uintptr_t start = 0;
    for (const ElfW(Phdr)* part = info->dlpi_phdr; part != info->dlpi_phdr + info->dlpi_phnum; ++part) {
      if (part->p_type != PT_LOAD) continue;
      const std::uintptr_t at = info->dlpi_addr + part->p_vaddr;
      if (is_first) start = at;
      is_first = false;
      if (self.address - at >= part->p_memsz) continue;
      self.found = {start, info->dlpi_name};
      return 1;
    }
    return 0;
  }
};

/// The libraries of this process, where more have been loaded since.
struct LoadedLibraries {
  unsigned long long seen;
  std::vector<std::string> for_threads{};  ///< FFTW's
  bool has_looked = false;
  bool has_engine = false;                 ///< Almanac's own, which sees to its plans itself

  static int look(dl_phdr_info* info, std::size_t, void* data) noexcept {
    auto& self = *static_cast<LoadedLibraries*>(data);
    if (!self.has_looked && info->dlpi_adds == self.seen) return 1;
    self.has_looked = true;
    self.seen = info->dlpi_adds;
    if (std::strstr(info->dlpi_name, "libalmanac_compute") != nullptr) self.has_engine = true;
    const char* fftw = std::strstr(info->dlpi_name, "fftw3");
    if (fftw == nullptr || (std::strstr(fftw, "threads") == nullptr && std::strstr(fftw, "omp") == nullptr)) return 0;
    try {
      self.for_threads.emplace_back(info->dlpi_name);
    } catch (...) {
      return 1;
    }
    return 0;
  }
};

}  // namespace

Library library_of(const void* address) noexcept {
  Place place{reinterpret_cast<std::uintptr_t>(address), {}};
  ::dl_iterate_phdr(&Place::look, &place);
  return place.found;
}

void* find(void* handle, const char* prefix, const char* name) noexcept {
  std::array<char, 64> text;
  std::strcpy(text.data(), prefix);
  std::strcat(text.data(), name);
  return ::dlsym(handle, text.data());
}

std::optional<Threading> threading_of(void* handle, const char* prefix, void* planner, unsigned long long libraries_seen) noexcept {
  LoadedLibraries libraries{.seen = libraries_seen};
  ::dl_iterate_phdr(&LoadedLibraries::look, &libraries);
  if (!libraries.has_looked) return std::nullopt;
  Threading found{.libraries_seen = libraries.seen, .has_engine = libraries.has_engine};
  void (*set)(int) = nullptr;
  find(handle, prefix, "planner_nthreads", found.count);
  find(handle, prefix, "plan_with_nthreads", set);
  for (const std::string& name : libraries.for_threads) {
    void* const library = found.count == nullptr ? ::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD) : nullptr;
    if (library == nullptr) continue;
    // It is this copy's where it finds this copy's planner.
    if (find(library, prefix, "mkapiplan") == planner) {
      find(library, prefix, "planner_nthreads", found.count);
      find(library, prefix, "plan_with_nthreads", set);
    } else {
      ::dlclose(library);
    }
  }
  found.is_unknown = set != nullptr && found.count == nullptr;
  return found;
}

}  // namespace almanac::wrap
