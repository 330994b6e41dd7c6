#pragma once

#include <almanac/engine.hpp>
#include <almanac/mission.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace almanac::mission {

/// Where the artifacts of a mission came from, with the seconds the cache has saved it.
/// Threads: thread-safe
class ArtifactLedger {
 public:
  ArtifactLedger(Engine& engine, std::vector<std::string> tags) : engine_(engine), tags_(std::move(tags)) {}

  /// Makes an artifact anew, once a mission; the next who uses it is the one who computed it.
  void recompute(cache::Request request);

  /// Enters one use, and tags the entry. What a mission uses many times is saved once.
  void enter(CaseReport& report, const Provenance& provenance);

 private:
  Engine& engine_;
  std::vector<std::string> tags_;
  std::mutex mutex_;
  std::map<std::string, std::optional<Provenance>, std::less<>> remade_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace almanac::mission
