#pragma once

#include "frames.hpp"

#include <cstddef>
#include <cstdint>

// `almanac` itself is a small program, quick to start: what stands behind most commands, and the server of wrapped programs, are in
// a library that it loads when they are asked for. These are the ways into it, in plain C: each side has a C++ library of its own.

/// Of the functions behind them; all else of the library is hidden.
#define ALMANAC_BEHIND_DOOR extern "C" __attribute__((visibility("default")))

namespace almanac::wrap {

inline constexpr const char* kCommandsLibrary = "libalmanac_commands.so";

/// What the server is to know: the settings that the program runs by, which are read once. Text lives as long as the call.
struct ServerStart {
  const char* cache_dir;       ///< of Config, and absolute
  /// Config::given(): names and texts in turn, so many in all.
  const char* const* given;
  std::size_t given_count;
  bool is_quiet;               ///< --quiet
  int listener;                ///< of listen_at(), the server's from now on
  Counts* counts;              ///< live longer than the server
};

/// The server, as it runs; nullptr ← why not is in `problem`, one line of less than `bytes` bytes.
inline constexpr const char* kOpenServer = "almanac_open_wrap_server";
using OpenServer = void* (*)(const ServerStart*, char* problem, std::size_t bytes) noexcept;
/// Stores what has come in, and ends it.
inline constexpr const char* kCloseServer = "almanac_close_wrap_server";
using CloseServer = void (*)(void* server) noexcept;

/// compute::instruction_set()
inline constexpr const char* kInstructionSet = "almanac_instruction_set";
using InstructionSet = const char* (*)() noexcept;

/// Which version it is of: compared as it is loaded, long after this program perhaps, before anything else of it is used.
inline constexpr const char* kVersion = "almanac_version";
using Version = const char* (*)() noexcept;

/// main() of all other commands.
inline constexpr const char* kCommands = "almanac_commands";
using Commands = int (*)(int argc, char** argv);

/// One of these functions, of the library that is loaded for it. Errors: EnvironmentError ← it cannot be loaded, or is of another version.
void* commands_function(const char* name);
template <class Function>
Function commands_function(const char* name) {
  return reinterpret_cast<Function>(commands_function(name));
}

}  // namespace almanac::wrap
