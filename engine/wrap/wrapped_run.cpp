#include "wrapped_run.hpp"

#include "bundle_server.hpp"
#include "program_check.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace almanac::wrap {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libalmanac_fftw_wrap.so";
constexpr const char* kFolder = "almanac-wrap-";
constexpr time_t kLeftoverSeconds = 60;     ///< younger ones may not be locked yet
constexpr std::size_t kLongestFolder = 80;  ///< a socket's name has at most 107 bytes

std::string reason(int number) { return std::generic_category().message(number); }

fs::path find_library() {
  if (const char* given = std::getenv("ALMANAC_WRAP_LIBRARY"); given != nullptr && *given != '\0') {
    if (!fs::exists(given)) throw EnvironmentError(fmt::format("$ALMANAC_WRAP_LIBRARY: there is no {}", given));
    return fs::absolute(given);
  }
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {folder / ALMANAC_LIBRARIES_FROM_PROGRAM, folder.parent_path() / "lib"}) {
    if (const fs::path library = place / "almanac" / kLibrary; fs::exists(library, error)) return fs::weakly_canonical(library);
  }
  throw EnvironmentError(fmt::format("{} is not beside this program: set $ALMANAC_WRAP_LIBRARY to where it is", kLibrary));
}

/// A folder of this run's own, which nobody else may enter. Who lives holds a lock on his.
class PrivateFolder {
 public:
  PrivateFolder() {
    const char* given = std::getenv("TMPDIR");
    const fs::path place = given != nullptr && *given == '/' && std::string_view(given).size() <= kLongestFolder ? given : "/tmp";
    remove_leftovers(place);
    std::string name = (place / kFolder).string() + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw EnvironmentError(fmt::format("cannot make {}: {}", name, reason(errno)));
    path_ = name;
    lock_ = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock_ >= 0) ::flock(lock_, LOCK_EX | LOCK_NB);
  }
  ~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (lock_ >= 0) ::close(lock_);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  /// Folders of runs that were killed: ours, of some age, and nobody holds them.
  static void remove_leftovers(const fs::path& place) {
    std::error_code error;
    for (fs::directory_iterator folder(place, error), end; !error && folder != end; folder.increment(error)) {
      const fs::path path = folder->path();
      struct stat status {};
      if (!path.filename().string().starts_with(kFolder) || ::lstat(path.c_str(), &status) != 0) continue;
      if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || ::time(nullptr) - status.st_mtime < kLeftoverSeconds) continue;
      const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (lock < 0) continue;
      std::error_code ignored;
      if (::flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(path, ignored);
      ::close(lock);
    }
  }

  fs::path path_;
  int lock_ = -1;
};

/// The counts of all wrapped processes, in a file that they map.
class SharedCounts {
 public:
  explicit SharedCounts(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void* mapped = MAP_FAILED;
    int number = errno;
    // With its place on the disk taken: writing to a page for which there is none would end the wrapped program.
    if (descriptor >= 0) number = ::posix_fallocate(descriptor, 0, sizeof(Counts));
    if (descriptor >= 0 && number == 0) {
      mapped = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
      number = errno;
    }
    if (descriptor >= 0) ::close(descriptor);
    if (mapped == MAP_FAILED) throw EnvironmentError(fmt::format("cannot make {}: {}", file.string(), reason(number)));
    counts_ = static_cast<Counts*>(mapped);
  }
  ~SharedCounts() { ::munmap(counts_, sizeof(Counts)); }
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;
  const Counts& operator*() const noexcept { return *counts_; }

 private:
  Counts* counts_;
};

/// This process's environment with some of it set.
class Environment {
 public:
  Environment() {
    for (char** entry = environ; *entry != nullptr; ++entry) entries_.emplace_back(*entry);
  }
  void set(std::string_view name, std::string_view value) {
    std::erase_if(entries_, [&](const std::string& entry) { return entry.starts_with(name) && entry.substr(name.size()).starts_with('='); });
    entries_.push_back(fmt::format("{}={}", name, value));
  }
  std::vector<char*> pointers() {
    std::vector<char*> pointers;
    for (std::string& entry : entries_) pointers.push_back(entry.data());
    pointers.push_back(nullptr);
    return pointers;
  }

 private:
  std::vector<std::string> entries_;
};

/// The signals that the one waiting thread takes; all threads made meanwhile leave them to it.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    // Whoever started us may have left it ignored: then the end of the program would send nothing, and have no status.
    struct sigaction told {};
    told.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &told, &child_before_);
  }
  ~Signals() {
    sigaction(SIGCHLD, &child_before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Passes signals on until the child has ended; gives its status.
  int wait_for(pid_t child) const {
    while (true) {
      int status = 0;
      const pid_t ended = ::waitpid(child, &status, WNOHANG);
      if (ended == child) return status;
      if (ended < 0 && errno != EINTR) throw EnvironmentError(fmt::format("cannot wait for the program: {}", reason(errno)));
      siginfo_t info{};
      const int number = ::sigwaitinfo(&set_, &info);
      // What the terminal sends, it sends to the program as well.
      if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL) ::kill(child, number);
    }
  }
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t set_, before_;
  struct sigaction child_before_ {};
};

pid_t start(const std::vector<std::string>& words, Environment environment, const sigset_t& mask) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int problem = posix_spawnp(&child, arguments[0], nullptr, &attributes, arguments.data(), environment.pointers().data());
  posix_spawnattr_destroy(&attributes);
  if (problem != 0) throw InputError(fmt::format("cannot run {}: {}", words.front(), reason(problem)));
  return child;
}

int exit_code_of(int status) noexcept { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/// The library under a name that the dynamic loader takes: it splits its list at blanks and colons.
fs::path loadable(const fs::path& library, const PrivateFolder& folder) {
  if (library.string().find_first_of(" :") == std::string::npos) return library;
  const fs::path link = folder / kLibrary;
  fs::create_symlink(library, link);
  return link;
}

Environment surroundings(Engine& engine, const WrapOptions& options, const PrivateFolder& folder) {
  Environment environment;
  std::string preload = loadable(find_library(), folder).string();
  if (const char* others = std::getenv("LD_PRELOAD"); others != nullptr && *others != '\0') preload += std::string(":") + others;
  environment.set("LD_PRELOAD", preload);
  environment.set(kSocketVariable, (folder / "socket").string());
  environment.set(kCountsVariable, (folder / "counts").string());
  environment.set(kCacheVariable, engine.disk() != nullptr ? fs::absolute(engine.disk()->root()).string() : std::string());
  environment.set(kCpuVariable, compute::cpu_model());
  environment.set(kIsaVariable, compute::instruction_set());
  environment.set(kUpgradeVariable, options.upgrade ? compute::to_string(*options.upgrade) : std::string_view());
  // Longer than another process is waited for: whoever waits that long is told to measure.
  environment.set(kWaitVariable, std::to_string(engine.config().lease_wait.count() + 10'000));
  return environment;
}

}  // namespace

WrapReport run_wrapped(Engine& engine, const WrapOptions& options) {
  WrapReport report;
  const ProgramCheck check = check_program(options.words.front());
  if (check.file.empty()) throw InputError(fmt::format("cannot run {}: there is no such program", options.words.front()));
  report.left_alone = check.obstacle;
  if (!check.obstacle.empty()) {
    const Signals signals;
    report.exit_code = exit_code_of(signals.wait_for(start(options.words, Environment(), signals.before())));
    return report;
  }
  const PrivateFolder folder;
  const SharedCounts counts(folder / "counts");
  Environment environment = surroundings(engine, options, folder);
  const Signals signals;
  BundleServer server(engine, folder / "socket");
  report.exit_code = exit_code_of(signals.wait_for(start(options.words, std::move(environment), signals.before())));
  server.stop();
  report.planned = (*counts).planned;
  report.cached = (*counts).cached;
  report.measured = (*counts).measured;
  report.kept = (*counts).kept;
  report.own = (*counts).own;
  report.estimated = (*counts).estimated;
  report.passed = (*counts).passed;
  report.foreign = (*counts).foreign;
  report.time_limited = (*counts).time_limited;
  report.refused = server.refused();
  report.seconds_saved = static_cast<double>((*counts).saved_ns) * 1e-9;
  return report;
}

}  // namespace almanac::wrap
