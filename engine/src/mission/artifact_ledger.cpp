#include "artifact_ledger.hpp"

#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <chrono>

namespace almanac::mission {
namespace {

constexpr std::string_view kComputed = "computed";

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

ArtifactUse use_of(const Provenance& provenance) {
  return {provenance.key, provenance.key.substr(0, provenance.key.find('@')), provenance.source, seconds(provenance.elapsed),
          seconds(provenance.cost)};
}

}  // namespace

void ArtifactLedger::note_ahead(const Provenance& provenance) {
  if (provenance.source == "memory") return;  // it was there before: that is what the case finds out as well
  const std::scoped_lock guard(mutex_);
  ahead_.try_emplace(provenance.key, provenance);
}

void ArtifactLedger::enter(CaseReport& report, const Provenance& provenance) {
  bool first = false;
  {
    const std::scoped_lock guard(mutex_);
    report.artifacts.push_back(use_of(provenance));
    std::vector<Use>& uses = uses_[provenance.key];
    uses.push_back({&report, report.artifacts.size() - 1});
    first = uses.size() == 1;
  }
  if (!first || tags_.empty() || engine_.disk() == nullptr) return;
  const auto id = cache::Id::parse(provenance.id);
  if (!id) return;
  engine_.cache().flush();
  const auto entry = engine_.disk()->peek(*id);
  if (!entry || !*entry) return;  // what is not kept, as estimated plans, has nothing to tag
  for (const std::string& tag : tags_) (void)engine_.disk()->tag(tag, *id);  // a lost tag is harmless, and the tier has warned
}

void ArtifactLedger::settle() {
  const std::scoped_lock guard(mutex_);
  const auto was_given = [](const Use& use) { return use.told().source != kComputed; };
  for (auto& [key, uses] : uses_) {
    if (const auto known = ahead_.find(key); known != ahead_.end()) {
      // A case that was quicker may have computed it at a shorter length, and the next was given the longer one.
      const bool is_computed = known->second.source == kComputed;
      const auto served = is_computed ? std::ranges::find_if(uses, was_given) : was_given(uses.front()) ? uses.begin() : uses.end();
      if (served != uses.end()) served->told() = use_of(known->second);
    }
    const ArtifactUse& first = uses.front().told();
    if (first.source == kComputed || first.source == "joined") continue;
    uses.front().report->seconds_saved += std::max(0.0, first.cost - first.seconds);
  }
}

}  // namespace almanac::mission
