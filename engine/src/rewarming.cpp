#include "rewarming.hpp"

#include "making.hpp"

#include <utility>

namespace almanac {

void Rewarming::add(const cache::EntryInfo& removed) {
  Making making = making_of(removed.key, removed.attributes);
  if (!making.request) {
    ++unknown_;
    return;
  }
  catalog_.items.push_back({making.recipe, std::move(making.values), removed.key.text(), "removed"});
}

}  // namespace almanac
