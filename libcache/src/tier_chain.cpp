#include "tier_chain.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace almanac::cache {

EntryPtr farther(EntryPtr a, EntryPtr b) noexcept {
  if (!a || !b) return a ? a : b;
  return coverage_of(b->artifact.attributes()) > coverage_of(a->artifact.attributes()) ? b : a;
}

TierChain::TierChain(std::vector<std::unique_ptr<Tier>> tiers, Warnings& warnings,
                     const std::map<std::string, TierSpeed, std::less<>>& speeds, std::chrono::nanoseconds cold_start)
    : warnings_(warnings), cold_start_(cold_start) {
  for (auto& tier : tiers) {
    Stage stage;
    stage.name = tier->name();
    stage.is_fed_by_demotion = tier->is_fed_by_demotion();
    stage.counts_uses = tier->counts_uses();
    if (stage.name != "memory") {
      const auto known = speeds.find(stage.name);
      const TierSpeed speed = known == speeds.end() ? TierSpeed() : known->second;
      stage.loading = std::make_unique<LoadModel>(speed.load);
      stage.writing = std::make_unique<LoadModel>(speed.write);
    }
    stage.tier = std::move(tier);
    stages_.push_back(std::move(stage));
  }
}

std::vector<std::string_view> TierChain::names() const {
  std::vector<std::string_view> names;
  for (const Stage& stage : stages_) names.push_back(stage.name);
  return names;
}

void TierChain::take_uses(const Tier::VisitUse& visit) {
  for (const Stage& stage : stages_) {
    if (stage.counts_uses) stage.tier->take_uses(visit);
  }
}

template <class T, class Call>
T TierChain::ask(std::size_t index, std::string_view what, T otherwise, Call&& call) {
  try {
    Result<T> result = call(*stages_[index].tier);
    if (result.ok()) return std::move(result).value();
    note(index, what, result.error());
  } catch (const std::exception& error) {
    note(index, what, {ErrorCode::io, error.what()});
  } catch (...) {
    note(index, what, {ErrorCode::io, "unknown exception"});
  }
  return otherwise;
}

void TierChain::note(std::size_t index, std::string_view what, const Error& error) {
  Stage& stage = stages_[index];
  stage.errors->fetch_add(1, std::memory_order_relaxed);
  // What keeps an entry from being read mostly keeps it from being stored as well: one cause, told once.
  std::string cause(stage.name);
  cause.append(" ").append(to_string(error.code));
  std::string line("cache tier ");
  line.append(stage.name).append(", ").append(what).append(": ").append(error.message).append("; going on without it");
  warnings_.once(cause, line);
}

EntryPtr TierChain::get(std::size_t index, const Key& key) {
  const auto get = [&](Tier& tier) { return tier.get(key); };
  LoadModel* const loading = stages_[index].loading.get();
  if (!loading) return ask(index, "get", EntryPtr(), get);
  const auto begin = std::chrono::steady_clock::now();
  EntryPtr entry = ask(index, "get", EntryPtr(), get);
  if (entry) loading->learn(entry->artifact.bytes(), std::chrono::steady_clock::now() - begin);
  return entry;
}

TierChain::Found TierChain::look(const Key& key, std::int64_t coverage, std::size_t first, EntryPtr& prior) {
  for (std::size_t index = first; index < size(); ++index) {
    EntryPtr entry = get(index, key);
    if (reaches(entry, coverage)) return {std::move(entry), index};
    if (entry) prior = farther(std::move(prior), std::move(entry));
  }
  return {};
}

TierChain::Found TierChain::look_again(const Key& key, std::int64_t coverage, std::size_t first, std::size_t last,
                                       EntryPtr& prior) {
  for (std::size_t index = first; index < last; ++index) {
    const auto info = peek(index, key);
    if (!info) continue;
    const std::int64_t reached = coverage_of(info->attributes);
    const bool far_enough = coverage <= 0 || reached >= coverage;
    const bool farther_than_prior = !prior || reached > coverage_of(prior->artifact.attributes());
    if (!far_enough && !farther_than_prior) continue;
    EntryPtr entry = get(index, key);
    if (reaches(entry, coverage)) return {std::move(entry), index};
    if (entry) prior = farther(std::move(prior), std::move(entry));
  }
  return {};
}

/// Gives what to go on with: what is there already, if that reaches as far.
EntryPtr TierChain::put(std::size_t index, EntryPtr entry) {
  const Stage& stage = stages_[index];
  const auto begin = std::chrono::steady_clock::now();
  EntryPtr there = ask(index, "put", EntryPtr(), [&](Tier& tier) { return tier.put(entry); });
  if (stage.writing && there) stage.writing->learn(entry->artifact.bytes(), std::chrono::steady_clock::now() - begin);
  const bool is_as_good = there && there->key == entry->key && reaches(there, coverage_of(entry->artifact.attributes()));
  return is_as_good ? there : entry;
}

bool TierChain::is_kept(std::size_t index, const KindSettings& settings) const noexcept {
  return settings.tiers.empty() || settings.tiers.contains(stages_[index].name);
}

bool TierChain::has_memory_in_front() const noexcept {
  const auto is_beyond = [](const Stage& stage) { return stage.loading && !stage.is_fed_by_demotion; };
  return !stages_.empty() && !stages_.front().loading && std::ranges::any_of(stages_, is_beyond);
}

bool TierChain::is_shared(const KindSettings& settings) const noexcept {
  for (std::size_t index = 0; index < size(); ++index) {
    if (stages_[index].loading && !stages_[index].is_fed_by_demotion && is_kept(index, settings)) return true;
  }
  return false;
}

EntryPtr TierChain::put_before(EntryPtr entry, std::size_t end, const KindSettings& settings) {
  for (std::size_t index = end; index-- > 0;) {
    if (stages_[index].is_fed_by_demotion) {
      give_way(index, *entry);
    } else if (is_kept(index, settings)) {
      entry = put(index, std::move(entry));
    }
  }
  return entry;
}

/// What a tier has that is fed by what nearer ones let go of goes where this entry reaches farther.
void TierChain::give_way(std::size_t index, const Entry& entry) {
  if (coverage_of(entry.artifact.attributes()) <= 0) return;
  const auto there = peek(index, entry.key);
  if (there && coverage_of(there->attributes) < coverage_of(entry.artifact.attributes())) erase(index, entry.key);
}

TierChain::Stored TierChain::store_by_terms(EntryPtr entry, const Terms& terms, Part part) {
  Stored stored{std::move(entry)};
  for (std::size_t index = size(); index-- > 0;) {
    const bool is_memory = !stages_[index].loading;
    if (part != Part::all && is_memory != (part == Part::memory)) continue;
    const Entry& offered = *stored.entry;
    const Offer offer{offered.key, offered.artifact.bytes(), coverage_of(offered.artifact.attributes())};
    const Verdict verdict = judge(index, offer, terms).verdict;
    if (is_stored(verdict)) {
      stored.entry = put(index, std::move(stored.entry));
    } else if (verdict == Verdict::only_demoted) {
      give_way(index, offered);
    } else {
      stored.passed_by = true;
    }
  }
  return stored;
}

Appraisal::InTier TierChain::judge(std::size_t index, const Offer& offer, const Terms& terms) {
  const Stage& stage = stages_[index];
  Appraisal::InTier in{.tier = stage.name};
  if (stage.loading) {
    in.load = stage.loading->predict(offer.bytes);
    in.write = stage.writing->predict(offer.bytes);
    in.least_cost = least_cost(terms.settings.admission, {in.load, in.write, terms.reuse});
    if (in.least_cost >= std::chrono::nanoseconds(0)) in.least_cost += cold_start_;
  } else {
    in.least_cost = std::chrono::nanoseconds(-1);
  }
  in.verdict = [&] {
    if (stage.is_fed_by_demotion) return Verdict::only_demoted;
    if (!is_kept(index, terms.settings)) return Verdict::other_tiers;
    if (terms.by_name) return Verdict::asked_for;
    if (terms.settings.write == WriteMode::cache_aside) return Verdict::cache_aside;
    if (!stage.loading) return Verdict::in_memory;
    if (terms.settings.write == WriteMode::read_through) return Verdict::read_through;
    if (in.least_cost < std::chrono::nanoseconds(0)) return Verdict::everything;
    if (terms.cost && *terms.cost > in.least_cost) return Verdict::pays;
    if (offer.coverage > 0 && peek(index, offer.key)) return Verdict::grows;
    return terms.cost ? Verdict::too_quick : Verdict::depends;
  }();
  return in;
}

EntryPtr TierChain::replace(EntryPtr entry, const KindSettings& settings) {
  for (std::size_t index = size(); index-- > 0;) {
    if (stages_[index].is_fed_by_demotion || !is_kept(index, settings)) {
      erase(index, entry->key);
      continue;
    }
    EntryPtr there = ask(index, "replace", EntryPtr(), [&](Tier& tier) { return tier.replace(entry); });
    if (there && there->key == entry->key) entry = std::move(there);
  }
  erase_demoted(entry->key);
  return entry;
}

/// What nearer tiers were letting go of while it was erased there.
void TierChain::erase_demoted(const Key& key) {
  for (std::size_t index = 0; index < size(); ++index) {
    if (stages_[index].is_fed_by_demotion) erase(index, key);
  }
}

std::optional<EntryInfo> TierChain::peek(std::size_t index, const Key& key) {
  return ask(index, "peek", std::optional<EntryInfo>(), [&](Tier& tier) { return tier.peek(key); });
}

std::optional<EntryInfo> TierChain::peek(const Key& key) {
  std::optional<EntryInfo> best;
  for (std::size_t index = 0; index < size(); ++index) {
    auto info = peek(index, key);
    if (info && (!best || coverage_of(info->attributes) > coverage_of(best->attributes))) best = std::move(info);
  }
  return best;
}

bool TierChain::erase(std::size_t index, const Key& key) {
  return ask(index, "erase", false, [&](Tier& tier) { return tier.erase(key); });
}

bool TierChain::erase(const Key& key) {
  // The farthest first: a look-up in between promotes what it finds there.
  bool erased = false;
  for (std::size_t index = size(); index-- > 0;) erased |= erase(index, key);
  erase_demoted(key);
  return erased;
}

std::uint64_t TierChain::erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant) {
  std::uint64_t erased = 0;
  for (std::size_t index = size(); index-- > 0;) {
    erased += ask(index, "erase", std::uint64_t{0}, [&](Tier& tier) { return Result<std::uint64_t>(tier.erase_if(is_meant)); });
  }
  for (const Stage& stage : stages_) {
    if (stage.is_fed_by_demotion) erased += stage.tier->erase_if(is_meant);
  }
  return erased;
}

std::map<std::string, TierSpeed, std::less<>> TierChain::speeds() const {
  std::map<std::string, TierSpeed, std::less<>> all;
  for (const Stage& stage : stages_) {
    if (stage.loading) all[std::string(stage.name)] = {stage.loading->speed(), stage.writing->speed()};
  }
  return all;
}

std::map<std::string, TierStats, std::less<>> TierChain::stats() const {
  std::map<std::string, TierStats, std::less<>> all;
  for (const Stage& stage : stages_) {
    TierStats& stats = all[std::string(stage.name)] = stage.tier->stats();
    stats.errors = std::max(stats.errors, stage.errors->load(std::memory_order_relaxed));
  }
  return all;
}

}  // namespace almanac::cache
