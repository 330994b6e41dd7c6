#include "artifact_ledger.hpp"

#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <chrono>

namespace almanac::mission {
namespace {

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void ArtifactLedger::recompute(cache::Request request) {
  if (!engine_.config().enabled) return;  // everything is made anew anyway
  {
    const std::scoped_lock guard(mutex_);
    if (!remade_.try_emplace(request.key.text()).second) return;
  }
  request.recompute = true;
  const Provenance made = provenance_of(engine_.get(request));
  const std::scoped_lock guard(mutex_);
  remade_.at(request.key.text()) = made;
}

void ArtifactLedger::enter(CaseReport& report, const Provenance& provenance) {
  Provenance use = provenance;
  bool first = false;
  {
    const std::scoped_lock guard(mutex_);
    if (const auto made = remade_.find(use.key); made != remade_.end() && made->second) {
      use = *made->second;
      made->second.reset();
    }
    first = seen_.insert(use.key).second;
  }
  const bool saved = first && use.source != "computed" && use.source != "joined";
  if (saved) report.seconds_saved += std::max(0.0, seconds(use.cost) - seconds(use.elapsed));
  report.artifacts.push_back({use.key, use.key.substr(0, use.key.find('@')), use.source, seconds(use.elapsed), seconds(use.cost)});
  if (!first || engine_.disk() == nullptr) return;
  if (tags_.empty()) return;
  const auto id = cache::Id::parse(use.id);
  if (!id) return;
  const auto entry = engine_.disk()->peek(*id);
  if (!entry || !*entry) return;  // what is not kept, as estimated plans, has nothing to tag
  for (const std::string& tag : tags_) (void)engine_.disk()->tag(tag, *id);  // a lost tag is harmless, and the tier has warned
}

}  // namespace almanac::mission
