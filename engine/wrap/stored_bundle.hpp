#pragma once

#include "parent_link.hpp"

namespace almanac::wrap {

/// The bundle under this key in the cache's folder, by the fast door: verified, nothing else of it is believed.
/// nullopt ← there is none that could be used; the parent sees to what is wrong with it.
std::optional<FoundBundle> stored_bundle(const std::string& root, const cache::Key& key);

}  // namespace almanac::wrap
