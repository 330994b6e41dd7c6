#pragma once

#include <cstdint>
#include <optional>

namespace almanac::wrap {

/// A library of this process, by the place where it begins.
struct Library {
  std::uintptr_t start = 0;
  const char* name = nullptr;  ///< as the loader has it: the program's own is empty
  explicit operator bool() const noexcept { return name != nullptr; }
  friend bool operator==(const Library& a, const Library& b) noexcept { return a.start == b.start; }
};

/// The library in which an address lies; false ← none. Without the loader's lock.
Library library_of(const void* address) noexcept;

/// The function of that name, as who has this handle of a library finds it. Takes the loader's lock, as all below do: never
/// under a lock of ours, since who holds the loader's may run a constructor that plans.
template <class Function>
void find(void* handle, const char* prefix, const char* name, Function& function) noexcept;
void* find(void* handle, const char* prefix, const char* name) noexcept;

/// How a copy of FFTW plans with threads.
struct Threading {
  unsigned long long libraries_seen = 0;  ///< ever loaded in this process, when this was looked for
  int (*count)() = nullptr;               ///< how many its plans are to have; nullptr: one
  bool is_unknown = false;                ///< FFTW before 3.3.9 plans with threads, and does not say how many
  bool has_engine = false;                ///< Almanac plans here itself: it may hold the lease that we would wait for
};

/// Of the copy with this handle and this mkapiplan; nullopt ← no library has been loaded since.
std::optional<Threading> threading_of(void* handle, const char* prefix, void* planner, unsigned long long libraries_seen) noexcept;

template <class Function>
void find(void* handle, const char* prefix, const char* name, Function& function) noexcept {
  function = reinterpret_cast<Function>(find(handle, prefix, name));
}

}  // namespace almanac::wrap
