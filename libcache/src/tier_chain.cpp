#include "tier_chain.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace almanac::cache {

EntryPtr farther(EntryPtr a, EntryPtr b) noexcept {
  if (!a || !b) return a ? a : b;
  return coverage_of(b->artifact.attributes()) > coverage_of(a->artifact.attributes()) ? b : a;
}

TierChain::TierChain(std::vector<std::unique_ptr<Tier>> tiers, Warnings& warnings) : warnings_(warnings) {
  for (auto& tier : tiers) {
    const std::string_view name = tier->name();
    stages_.push_back({std::move(tier), name, name == "memory" ? nullptr : std::make_unique<LoadModel>()});
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
    const auto info = ask(index, "peek", std::optional<EntryInfo>(), [&](Tier& tier) { return tier.peek(key); });
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
  EntryPtr there = ask(index, "put", EntryPtr(), [&](Tier& tier) { return tier.put(entry); });
  const bool is_as_good = there && there->key == entry->key && reaches(there, coverage_of(entry->artifact.attributes()));
  return is_as_good ? there : entry;
}

EntryPtr TierChain::put_before(EntryPtr entry, std::size_t end) {
  for (std::size_t index = end; index-- > 0;) entry = put(index, std::move(entry));
  return entry;
}

TierChain::Stored TierChain::store_if_worthwhile(EntryPtr entry, std::chrono::nanoseconds cost, double factor) {
  Stored stored{std::move(entry)};
  for (std::size_t index = size(); index-- > 0;) {
    if (is_worthwhile(index, *stored.entry, cost, factor)) {
      stored.entry = put(index, std::move(stored.entry));
    } else {
      stored.passed_by = true;
    }
  }
  return stored;
}

bool TierChain::is_worthwhile(std::size_t index, const Entry& entry, std::chrono::nanoseconds cost, double factor) {
  const LoadModel* loading = stages_[index].loading.get();
  if (!loading || !(factor > 0)) return true;
  const auto nanoseconds = [](std::chrono::nanoseconds time) { return static_cast<double>(time.count()); };
  if (nanoseconds(cost) > factor * nanoseconds(loading->predict(entry.artifact.bytes()))) return true;
  if (coverage_of(entry.artifact.attributes()) <= 0) return false;
  return ask(index, "peek", std::optional<EntryInfo>(), [&](Tier& tier) { return tier.peek(entry.key); }).has_value();
}

EntryPtr TierChain::replace(EntryPtr entry) {
  for (std::size_t index = size(); index-- > 0;) {
    EntryPtr there = ask(index, "replace", EntryPtr(), [&](Tier& tier) { return tier.replace(entry); });
    if (there && there->key == entry->key) entry = std::move(there);
  }
  return entry;
}

std::optional<EntryInfo> TierChain::peek(const Key& key) {
  std::optional<EntryInfo> best;
  for (std::size_t index = 0; index < size(); ++index) {
    auto info = ask(index, "peek", std::optional<EntryInfo>(), [&](Tier& tier) { return tier.peek(key); });
    if (info && (!best || coverage_of(info->attributes) > coverage_of(best->attributes))) best = std::move(info);
  }
  return best;
}

bool TierChain::erase(const Key& key) {
  // The farthest first: a look-up in between promotes what it finds there.
  bool erased = false;
  for (std::size_t index = size(); index-- > 0;) {
    erased |= ask(index, "erase", false, [&](Tier& tier) { return tier.erase(key); });
  }
  return erased;
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
