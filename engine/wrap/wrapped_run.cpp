#include "wrapped_run.hpp"

#include "errno_text.hpp"
#include "host_instruction_set.hpp"
#include "large_pages.hpp"
#include "late_server.hpp"
#include "own_library.hpp"
#include "private_folder.hpp"
#include "program_check.hpp"
#include "program_signals.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string_view>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace almanac::wrap {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libalmanac_fftw_wrap.so";

fs::path find_library() {
  if (const char* given = std::getenv("ALMANAC_WRAP_LIBRARY"); given != nullptr && *given != '\0') {
    if (!fs::exists(given)) throw EnvironmentError(fmt::format("$ALMANAC_WRAP_LIBRARY: there is no {}", given));
    return fs::absolute(given);
  }
  return own_library(kLibrary, "set $ALMANAC_WRAP_LIBRARY to where it is");
}

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

/// Errors: InputError ← it cannot be started.
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
  if (problem != 0) throw InputError(fmt::format("cannot run {}: {}", words.front(), errno_text(problem)));
  return child;
}

int exit_code_of(int status) noexcept { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/// The library under a name that the dynamic loader takes.
fs::path loadable(const fs::path& library, const PrivateFolder& folder) {
  if (library.native().find_first_of(kNotLoadable) == std::string::npos) return library;
  const fs::path link = folder / kLibrary;
  fs::create_symlink(library, link);
  return link;
}

std::string instruction_set() {
  const std::string_view known = compute::host_instruction_set();
  return known.empty() ? commands_function<InstructionSet>(kInstructionSet)() : std::string(known);
}

Environment surroundings(const WrapOptions& options, const PrivateFolder& folder, const std::string& cache) {
  Environment environment;
  std::string preload = loadable(find_library(), folder).string();
  if (const char* others = std::getenv("LD_PRELOAD"); others != nullptr && *others != '\0') preload += std::string(":") + others;
  environment.set("LD_PRELOAD", preload);
  environment.set(kSocketVariable, (folder / "socket").string());
  environment.set(kCountsVariable, (folder / "counts").string());
  environment.set(kCacheVariable, options.config.enabled && options.config.disk ? cache : std::string());
  environment.set(kCpuVariable, compute::cpu_model());
  environment.set(kIsaVariable, instruction_set());
  environment.set(kUpgradeVariable, options.upgrade ? compute::to_string(*options.upgrade) : std::string_view());
  if (options.upgrade) {
    const char* tunables = std::getenv(kTunablesVariable);
    environment.set(kTunablesVariable, with_large_pages(tunables != nullptr ? tunables : ""));
  }
  // Longer than another process is waited for: whoever waits that long is told to measure.
  environment.set(kWaitVariable, std::to_string(options.config.lease_wait.count() + 10'000));
  return environment;
}

/// What was said of settings, names and texts in turn; they live as long as it does.
std::vector<const char*> texts_of(const Config& config) {
  std::vector<const char*> texts;
  for (const auto& [name, text] : config.given()) texts.insert(texts.end(), {name.c_str(), text.c_str()});
  return texts;
}

/// What a run has of its own while the program is wrapped.
class Wrapping {
 public:
  explicit Wrapping(const WrapOptions& options)
      : counts_(folder_ / "counts"),
        cache_(fs::absolute(options.config.cache_dir.empty() ? default_cache_dir() : options.config.cache_dir).string()),
        given_(texts_of(options.config)),
        environment_(surroundings(options, folder_, cache_)),
        server_(folder_ / "socket", {.cache_dir = cache_.c_str(),
                                     .given = given_.data(),
                                     .given_count = given_.size(),
                                     .is_quiet = options.is_quiet,
                                     .listener = -1,
                                     .counts = &*counts_}) {}

  const Environment& environment() const noexcept { return environment_; }

  int wait_for(pid_t child, ProgramSignals& signals) {
    folder_.remove_leftovers();
    return signals.wait_for(child, [&] { return server_.awaited(); }, [&] { server_.begin(); });
  }

  void finish(WrapReport& report) {
    server_.stop();
    report.planned = counts_->planned;
    report.cached = counts_->cached;
    report.measured = counts_->measured;
    report.handed_over = counts_->kept;
    report.kept = counts_->stored;
    report.own = counts_->own;
    report.estimated = counts_->estimated;
    report.passed = counts_->passed;
    // An upgrade that was measured, and could not be planned by that, counts as both: it is an estimate.
    const std::uint64_t ways = report.cached + report.measured + report.own + report.estimated + report.passed;
    report.upgraded_in_vain = ways > report.planned ? std::min(report.measured, ways - report.planned) : 0;
    report.measured -= report.upgraded_in_vain;
    report.foreign = counts_->foreign;
    report.time_limited = counts_->time_limited;
    report.refused = counts_->refused;
    report.searches = counts_->searches;
    report.seconds_saved = static_cast<double>(counts_->saved_ns) * 1e-9;
    report.has_server = server_.has_begun();
    report.unserved = server_.problem();
  }

 private:
  PrivateFolder folder_;
  SharedCounts counts_;
  const std::string cache_;
  const std::vector<const char*> given_;
  Environment environment_;
  LateServer server_;
};

}  // namespace

WrapReport run_wrapped(const WrapOptions& options) {
  const ProgramCheck check = check_program(options.words.front());
  if (check.file.empty()) throw InputError(fmt::format("cannot run {}: there is no such program", options.words.front()));
  WrapReport report;
  report.left_alone = check.obstacle.empty() ? options.obstacle : check.obstacle;
  ProgramSignals signals;
  std::optional<Wrapping> wrapping;
  pid_t child = -1;
  if (report.left_alone.empty()) {
    try {
      wrapping.emplace(options);
      signals.watch_as_file();
      if (!signals.have_come()) child = start(options.words, wrapping->environment(), signals.before());
    } catch (const std::exception& problem) {
      wrapping.reset();
      report.left_alone = problem.what();
    }
  }
  if (signals.have_come() && child < 0) throw EnvironmentError("interrupted before the program was started");  // and ended by the signal
  if (child < 0) child = start(options.words, {}, signals.before());
  report.exit_code = exit_code_of(wrapping ? wrapping->wait_for(child, signals) : signals.wait_for(child));
  if (wrapping) wrapping->finish(report);
  return report;
}

}  // namespace almanac::wrap
