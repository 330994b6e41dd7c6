#pragma once

#include "context.hpp"

#include <almanac/cache/tier.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cli {

/// Calls `visit` with each entry on disk of one kind, or of all (empty), as the store has them and one at a time, until it
/// returns false. Entries that are removed meanwhile may or may not be among them. False: some folders could not be listed,
/// which was warned of.
/// Errors: InputError ← a kind that neither a recipe nor an entry has; EnvironmentError ← the store cannot be listed at all.
bool for_each_entry(Context& context, std::string_view kind, const std::function<bool(const cache::EntryInfo&)>& visit);

/// What the command line names: a kind with its parameters, or an id.
struct NamedEntry {
  const Recipe* recipe = nullptr;  ///< nullptr: named by its id
  ParameterValues values;
  std::optional<cache::Request> request;
  cache::Id id;
};

/// Reads KIND name=value … or ID. Errors: InputError, compute::ArgumentError ← neither.
NamedEntry named_entry(const std::vector<std::string>& words);

/// What is in the place of an entry.
struct FoundEntry {
  std::optional<cache::EntryInfo> entry;   ///< by its header
  std::string trouble;                     ///< why there is none, as it is said; a finding, as those of validate
};

/// Errors: EnvironmentError ← the place cannot be looked at.
FoundEntry find_entry(Context& context, const NamedEntry& named);

}  // namespace almanac::cli
