#include "fft/background_tuner.hpp"

#include "fft/one_holder.hpp"
#include "fft/planned_log.hpp"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

extern char** environ;

namespace almanac {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

/// The file that this code was loaded from: the library, or a program it is linked into.
fs::path loaded_from() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&start_background_tuner), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  const fs::path path = fs::canonical(info.dli_fname, error);
  return error ? fs::path() : path;
}

/// By way of a shell that ends at once, so that the program is nobody's child to wait for.
int start_detached(const std::string& program, const std::string& root) {
  std::array<const char*, 10> words{"/bin/sh",       "-c",         "\"$@\" >/dev/null 2>&1 </dev/null &", "sh",
                                    program.c_str(), "--cache-dir", root.c_str(), "tune", "--in-background", nullptr};
  posix_spawnattr_t attributes;
  if (const int problem = ::posix_spawnattr_init(&attributes); problem != 0) return problem;
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t shell = 0;
  const int problem = ::posix_spawn(&shell, words[0], nullptr, &attributes, const_cast<char* const*>(words.data()), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (problem != 0) return problem;
  int status = 0;
  while (::waitpid(shell, &status, 0) < 0 && errno == EINTR) {
  }
  return 0;
}

}  // namespace

std::optional<fs::path> find_program() {
  if (const char* named = std::getenv("ALMANAC_PROGRAM"); named != nullptr && *named != '\0') {
    return is_program(named) ? std::optional<fs::path>(named) : std::nullopt;
  }
  const fs::path here = loaded_from().parent_path();
  if (here.empty()) return std::nullopt;
  for (const fs::path& candidate : {here / "almanac", here / ".." / "bin" / "almanac", here / ".." / ".." / "bin" / "almanac"}) {
    if (is_program(candidate)) return candidate.lexically_normal();
  }
  return std::nullopt;
}

fs::path background_tuner_lock(const fs::path& root) { return root / PlannedLog::kFolder / "tuner.lock"; }

void start_background_tuner(const fs::path& root, const std::function<void(std::string_view)>& warn) {
  const auto program = find_program();
  if (!program) {
    warn("fft.tune_in_background: the program almanac is neither beside this library nor in $ALMANAC_PROGRAM; "
         "nothing is planned in the background");
    return;
  }
  if (!OneHolder(background_tuner_lock(root))) return;  // one is at it, or nothing can be written here
  if (const int problem = start_detached(program->string(), root.string()); problem != 0) {
    warn("fft.tune_in_background: cannot start " + program->string() + ": " + std::generic_category().message(problem));
  }
}

}  // namespace almanac
