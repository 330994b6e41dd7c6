#include "tiers.hpp"

#include "free_memory.hpp"
#include "producer.hpp"

#include <cstdint>
#include <system_error>
#include <utility>

namespace almanac {
namespace {

std::uint64_t part_of(std::uint64_t whole, double share) { return static_cast<std::uint64_t>(static_cast<double>(whole) * share); }

/// What the tier holds already was available before it held it.
std::uint64_t memory_budget(double share, std::uint64_t held) { return part_of(free_memory() + held, share); }

cache::MemoryOptions memory_options(const Config& config, cache::Tier* compressed) {
  cache::MemoryOptions options{.budget_bytes = config.max_memory, .policy = config.policy};
  if (const double share = config.max_memory_share; share > 0) {
    options.budget = [share](std::uint64_t held) { return memory_budget(share, held); };
  }
  if (compressed != nullptr) {
    // What fails there is not held there.
    options.demoted = [compressed](const cache::EntryPtr& entry) {
      const auto there = compressed->peek(entry->key);
      const bool is_there = there && *there && cache::coverage_of((*there)->attributes) >= cache::coverage_of(entry->artifact.attributes());
      if (!is_there) (void)compressed->put(entry);
    };
  }
  return options;
}

cache::DiskOptions disk_options(const Config& config, const std::function<void(std::string_view)>& warn) {
  cache::DiskOptions options{.root = config.cache_dir, .producer = this_producer(), .durable = config.durable, .warn = warn};
  options.budget.max_bytes = config.max_disk.value_or(cache::DiskBudget::kUnlimited);
  options.budget.max_entries = config.max_entries.value_or(cache::DiskBudget::kUnlimited);
  options.budget.policy = config.policy;
  for (const auto& [kind, settings] : config.kinds) {
    if (settings.pin) options.budget.pinned_kinds.push_back(kind);
    if (settings.compression == cache::Compression::deflate) options.compressed_kinds.insert(kind);
  }
  return options;
}

}  // namespace

std::uint64_t file_system_size(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path there = std::filesystem::absolute(folder, error);
  for (;;) {
    const auto space = std::filesystem::space(there, error);
    if (!error) return space.capacity;
    if (!there.has_relative_path()) return 0;
    there = there.parent_path();
  }
}

Tiers open_tiers(Config& config, const std::function<void(std::string_view)>& warn) {
  Tiers open;
  if (!config.enabled) return open;
  if (config.max_memory_share > 0) config.max_memory = memory_budget(config.max_memory_share, 0);
  if (config.max_memory > 0) {
    auto compressed = config.compressed_memory > 0
                          ? cache::make_compressed_memory_tier({.budget_bytes = config.compressed_memory, .policy = config.policy})
                          : nullptr;
    open.tiers.push_back(cache::make_memory_tier(memory_options(config, compressed.get())));
    if (compressed) open.tiers.push_back(std::move(compressed));
  }
  if (!config.disk) return open;
  if (config.max_disk_share > 0) {
    // Where nobody knows how large it is, there is no limit that would mean anything.
    const std::uint64_t size = file_system_size(config.cache_dir);
    if (size > 0) config.max_disk = part_of(size, config.max_disk_share);
  }
  auto tier = std::make_unique<cache::DiskTier>(disk_options(config, warn));
  open.disk = tier.get();
  if (tier->problem()) {
    open.unusable_disk = std::move(tier);
  } else {
    open.tiers.push_back(std::move(tier));
  }
  return open;
}

}  // namespace almanac
