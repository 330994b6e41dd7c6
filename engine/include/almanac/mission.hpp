#pragma once

#include <almanac/engine.hpp>
#include <almanac/warmup.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// Progress of a running mission. Calls come one at a time, from the thread that runs the mission or one of its jobs; when
/// two jobs have something to say at once, one of them is not heard. The callback must not throw.
struct MissionProgress {
  std::string_view case_name;
  std::size_t case_index = 0, cases = 0;
  double fraction = 0;  ///< of this case, 0 … 1
  double whole = 0;     ///< of the mission, 0 … 1
};

struct MissionOptions {
  std::filesystem::path output;                             ///< folder; made when missing
  int jobs = 0;                                             ///< cases at once; 0: one. Threads of a case: the machine's cores / jobs
  bool recompute = false;
  bool dry_run = false;                                     ///< check everything, say what would be done, write nothing
  std::function<void(const MissionProgress&)> progress;
  /// Asked often, by every job; true: stop at the next clean point. Must be thread-safe when jobs > 1.
  std::function<bool()> stop;
  Catalog warmup;                                           ///< made ready in the background, with what [cache] warmup names
};

/// Where one artifact of a case came from.
struct ArtifactUse {
  std::string key, kind, source;
  double seconds = 0, cost = 0;
};

enum class CaseStatus { done, failed, interrupted, not_begun, planned };  ///< planned: of a dry run

std::string_view to_string(CaseStatus status) noexcept;

struct CaseReport {
  std::string name;
  CaseStatus status = CaseStatus::not_begun;
  std::string parameters;      ///< all that decide about the result: "alpha=0.5, kappa=0.0001 …"
  std::int64_t steps = 0;
  double seconds = 0;
  double seconds_saved = 0;    ///< cost minus waiting of what came from the cache; an artifact is counted once a mission
  std::vector<ArtifactUse> artifacts;        ///< of a dry run: what is stored already ("disk" …), and what is "to compute"
  /// What only the run could tell, where there is something: "history=direct, history_bound=3e-13 …"
  std::string findings = {};
  /// Of a dry run: those that would be written. Of a case that failed on its way: what it had computed, CASE.incomplete.h5 …
  std::vector<std::filesystem::path> files;
  std::string error;           ///< why it failed; else empty
  /// Where it is not done: files of an earlier run that still are under its names. They are kept, and are not of this one.
  std::vector<std::filesystem::path> earlier = {};
};

struct MissionReport {
  std::string name;
  std::vector<CaseReport> cases;
  double seconds = 0;
  double seconds_saved = 0;
  bool interrupted = false;
  /// Of what was made ready in the background, if it came to that; a failure there is none of the mission, and its end cuts
  /// it short.
  std::optional<WarmupReport> warmup;
  std::vector<std::filesystem::path> files;  ///< of the whole mission: overview.png, summary.json
  std::string error;                         ///< why a file of the whole mission could not be written; else empty
  bool failed() const noexcept;              ///< some case ended with an error, or a file of the mission was not written
};

/// A mission file, read and checked: everything that can be found wrong before computing has been.
/// Threads: immutable.
class Mission {
 public:
  /// Errors: InputError ← no such file, or what is wrong with it: file, line, field, value and allowed range;
  ///         EnvironmentError ← the file cannot be read
  static Mission load(const std::filesystem::path& file);
  ~Mission();
  Mission(Mission&&) noexcept;

  const std::string& name() const noexcept;
  std::vector<std::string> case_names() const;

  /// Asks for the artifacts of all cases at the start: what has to be measured is made first, the rest comes while cases run. What
  /// is known only within a case, the plans of a history that it chose by itself, comes with it.
  /// Computes every case and writes the outputs: one complete case after the other (CASE.h5, CASE.xdmf, CASE.png), then
  /// overview.png and summary.json. No file is under its name before it is complete.
  /// Errors: EnvironmentError ← the output folder cannot be used; InputError ← more jobs than memory allows. A case that
  ///         fails is in the report, with what it had computed if that is worth keeping, and the others go on.
  MissionReport run(Engine& engine, const MissionOptions& options) const;

 private:
  struct State;
  explicit Mission(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace almanac
