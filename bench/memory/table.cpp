#include "table.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace almanac::bench {

const std::vector<cache::EntryPtr>& entries() {
  static const std::vector<cache::EntryPtr> made = [] {
    std::vector<cache::EntryPtr> all;
    for (std::size_t number = 0; number < kKeys; ++number) {
      cache::Key key("table", 1, {{"alpha", 0.001 * static_cast<double>(number)}, {"n", 64}});
      all.push_back(std::make_shared<const cache::Entry>(cache::Entry{
          std::move(key), cache::Artifact({cache::Array::of("values", {64}, std::vector<double>(64, static_cast<double>(number)))}), {}}));
    }
    return all;
  }();
  return made;
}

void verify(const char* competitor, const cache::EntryPtr& found, std::size_t number) {
  if (found && found->key == entries()[number]->key && found->artifact.at("values").as<double>()[63] == static_cast<double>(number)) return;
  fmt::print(stderr, "{} gave another entry than was put in\n", competitor);
  std::exit(1);
}

}  // namespace almanac::bench
