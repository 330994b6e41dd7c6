#pragma once

#include "context.hpp"

#include <almanac/cache/tier.hpp>

#include <string_view>
#include <vector>

namespace almanac::cli {

/// The entries on disk of one kind, or of all (empty), in the order of their keys.
/// A kind that neither a recipe nor an entry has is an InputError.
std::vector<cache::EntryInfo> entries_of(Context& context, std::string_view kind);

}  // namespace almanac::cli
