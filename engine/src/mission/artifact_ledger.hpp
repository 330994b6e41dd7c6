#pragma once

#include <almanac/engine.hpp>
#include <almanac/mission.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace almanac::mission {

/// Where the artifacts of a mission came from, with the seconds the cache has saved it.
/// Threads: thread-safe
class ArtifactLedger {
 public:
  ArtifactLedger(Engine& engine, std::vector<std::string> tags) : engine_(engine), tags_(std::move(tags)) {}

  /// Notes where something came from that was got for the mission before a case asked.
  void note_ahead(const Provenance& provenance);

  /// Enters one use, and tags the entry. The report must stay where it is until settle().
  void enter(CaseReport& report, const Provenance& provenance);

  /// Once, when nothing is entered any more: a case found in memory what had been got ahead for it; its report says where
  /// that came from. Then adds up what was saved: what a mission uses many times is saved once.
  void settle();

 private:
  struct Use {
    CaseReport* report;
    std::size_t place;
    ArtifactUse& told() const { return report->artifacts[place]; }
  };

  Engine& engine_;
  std::vector<std::string> tags_;
  std::mutex mutex_;
  std::map<std::string, Provenance, std::less<>> ahead_;      // by key
  std::map<std::string, std::vector<Use>, std::less<>> uses_;  // by key, as they were entered
};

}  // namespace almanac::mission
