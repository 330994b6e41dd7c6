#include "fft/background_tuner.hpp"

#include "fft/one_holder.hpp"
#include "fft/planned_log.hpp"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

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

fs::path from_here(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  return error ? path : whole;
}

/// What is loaded before all else, without the library that serves wrapped programs.
std::string preload_of_child(std::string_view preload) {
  std::string rest;
  while (!preload.empty()) {
    const std::size_t end = std::min(preload.find_first_of(": "), preload.size());
    const std::string_view one = preload.substr(0, end);
    preload.remove_prefix(std::min(end + 1, preload.size()));
    if (one.empty() || fs::path(one).filename() == "libalmanac_fftw_wrap.so") continue;
    if (!rest.empty()) rest += ':';
    rest += one;
  }
  return rest;
}

/// This process's, but that the settings file is named as it is found from here, since it is started elsewhere, and that it is
/// no wrapped program where this one is: whom it would ask for bundles ends with this one.
std::vector<std::string> environment_of_child() {
  constexpr std::string_view kFile = "ALMANAC_CONFIG=", kWrapped = "ALMANAC_WRAP_", kPreload = "LD_PRELOAD=";
  std::vector<std::string> all;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view variable(*at);
    if (variable.starts_with(kFile) || variable.starts_with(kWrapped)) continue;
    if (!variable.starts_with(kPreload)) {
      all.emplace_back(variable);
    } else if (const std::string preload = preload_of_child(variable.substr(kPreload.size())); !preload.empty()) {
      all.push_back(std::string(kPreload) + preload);
    }
  }
  const char* named = std::getenv("ALMANAC_CONFIG");
  std::error_code ignored;
  if (named != nullptr && *named != '\0') {
    all.push_back(std::string(kFile) + from_here(named).string());
  } else if (fs::exists("almanac.toml", ignored)) {
    all.push_back(std::string(kFile) + from_here("almanac.toml").string());
  }
  return all;
}

/// What the new process has of this one: no open file, no folder to keep in use, no signal blocked; and a session of its own.
class Detached {
 public:
  Detached() {
    problem_ = ::posix_spawnattr_init(&attributes_);
    if (problem_ != 0) return;
    has_attributes_ = true;
    problem_ = ::posix_spawn_file_actions_init(&actions_);
    if (problem_ != 0) return;
    has_actions_ = true;
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    problem_ = ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
    if (problem_ == 0) problem_ = ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~Detached() {
    if (has_actions_) ::posix_spawn_file_actions_destroy(&actions_);
    if (has_attributes_) ::posix_spawnattr_destroy(&attributes_);
  }
  Detached(const Detached&) = delete;
  Detached& operator=(const Detached&) = delete;

  /// Gives an errno.
  int start(pid_t& process, const char* program, char* const* words, char* const* environment) const {
    return problem_ != 0 ? problem_ : ::posix_spawn(&process, program, &actions_, &attributes_, words, environment);
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
  int problem_ = 0;
  bool has_attributes_ = false, has_actions_ = false;
};

/// By way of a shell that ends at once, so that the program is nobody's child to wait for.
int start_detached(const std::string& program, const std::string& root) {
  std::array<const char*, 10> words{"/bin/sh",       "-c",         "\"$@\" >/dev/null 2>&1 </dev/null &", "sh",
                                    program.c_str(), "--cache-dir", root.c_str(), "tune", "--in-background", nullptr};
  std::vector<std::string> environment = environment_of_child();
  std::vector<char*> variables;
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  pid_t shell = 0;
  const int problem = Detached().start(shell, words[0], const_cast<char* const*>(words.data()), variables.data());
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
  fs::path up = here;
  if (is_program(here / "almanac")) return here / "almanac";
  for (int steps = 0; steps < 3; ++steps) {   // as from lib/<machine>/almanac
    up /= "..";
    if (is_program(up / "bin" / "almanac")) return (up / "bin" / "almanac").lexically_normal();
  }
  return std::nullopt;
}

fs::path tuner_lock(const fs::path& root) { return root / PlannedLog::kFolder / "tuner.lock"; }
fs::path turn_lock(const fs::path& root) { return root / PlannedLog::kFolder / "turn.lock"; }

void start_background_tuner(const fs::path& root, const std::function<void(std::string_view)>& warn) {
  const auto program = find_program();
  if (!program) {
    warn("fft.tune_in_background: the program almanac is neither beside this library nor in $ALMANAC_PROGRAM; "
         "nothing is planned in the background");
    return;
  }
  if (!OneHolder(tuner_lock(root))) return;  // one is at it, or nothing can be written here
  if (const int problem = start_detached(from_here(*program).string(), from_here(root).string()); problem != 0) {
    warn("fft.tune_in_background: cannot start " + program->string() + ": " + std::generic_category().message(problem));
  }
}

}  // namespace almanac
