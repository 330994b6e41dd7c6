#pragma once

#include "artifact_ledger.hpp"
#include "mission_plan.hpp"

#include <almanac/engine.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace almanac::mission {

/// What the cases of a mission need, asked for before they ask: each artifact once, in its greatest length, in the order of
/// first use. A case that is quicker joins in by the cache's single flight. What fails here is silent: the case that needs it
/// meets the same, and reports it. Where nothing would be kept, or is kept of a kind, nothing is asked for.
///
/// Planning FFTs measures, and measuring beside running steps measures them as well. So what has to be measured is made ready
/// before any case computes: it must be waited for anyway, and stays what it is for every later run. With it comes what the
/// first case needs. The rest, tables to compute and entries to load, can be fetched while the cases run.
/// Threads: one call at a time. `stop` is asked by the calling thread alone, and must not throw.
class Prefetch {
 public:
  using Stop = std::function<bool()>;

  Prefetch(const MissionPlan& plan, Engine& engine, ArtifactLedger& ledger);

  /// Makes everything anew: a job must not take up what another is about to replace.
  void recompute(const Stop& stop);

  void make_ready(const Stop& stop);
  void fetch_rest(const Stop& stop);

  /// True where nothing that is computed would be found again.
  static bool keeps_nothing(Engine& engine);

 private:
  struct Need {
    cache::Request request;
    bool of_first_case;
    bool is_asked_for = false;
  };

  void ask(std::vector<cache::Request> requests, const Stop& stop);
  bool would_crowd_memory(const cache::Answer& answer);

  Engine& engine_;
  ArtifactLedger& ledger_;
  std::vector<Need> needs_;
  std::uint64_t only_in_memory_ = 0;  // bytes that nowhere else would be found again
};

}  // namespace almanac::mission
