#pragma once

#include <almanac/engine.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// Progress of a running mission. Calls come one at a time, from the thread that runs the mission or one of its jobs.
struct MissionProgress {
  std::string_view case_name;
  std::size_t case_index = 0, cases = 0;
  double fraction = 0;  ///< of this case, 0 … 1
};

struct MissionOptions {
  std::filesystem::path output;                             ///< folder; made when missing
  int jobs = 0;                                             ///< cases at once; 0: one. Threads of a case: the machine's cores / jobs
  bool recompute = false;
  bool dry_run = false;                                     ///< check everything, say what would be done, write nothing
  std::function<void(const MissionProgress&)> progress;
  std::function<bool()> stop;                               ///< asked often; true: stop at the next clean point
};

/// Where one artifact of a case came from.
struct ArtifactUse {
  std::string key, kind, source;
  double seconds = 0, cost = 0;
};

struct CaseReport {
  std::string name;
  std::string parameters;      ///< "alpha=0.5"
  std::int64_t steps = 0;
  double seconds = 0;
  double seconds_saved = 0;
  std::vector<ArtifactUse> artifacts;
  std::vector<std::filesystem::path> files;
  std::string error;           ///< empty: it went well
};

struct MissionReport {
  std::string name;
  std::vector<CaseReport> cases;
  double seconds = 0;
  bool interrupted = false;
  bool failed() const noexcept;  ///< some case ended with an error
};

/// A mission file, read and checked: everything that can be found wrong before computing has been.
/// Threads: immutable.
class Mission {
 public:
  /// Errors: InputError ← file, line, field, value and allowed range; EnvironmentError ← the file cannot be read.
  static Mission load(const std::filesystem::path& file);
  ~Mission();
  Mission(Mission&&) noexcept;

  const std::string& name() const noexcept;
  std::vector<std::string> case_names() const;

  /// Computes every case and writes the outputs: one complete case after the other, then summary.json.
  /// Errors: EnvironmentError ← the output folder cannot be used. A case that fails is in the report.
  MissionReport run(Engine& engine, const MissionOptions& options) const;

 private:
  struct State;
  explicit Mission(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace almanac
