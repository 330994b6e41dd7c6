#pragma once

#include <almanac/cache/tier.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::cache {

/// Tables whose every element tells which it is: of which key, of which generation, at which place. A mixture of two is
/// neither of them.
struct NumberedTable {
  std::int64_t number = 0;      ///< below 2^8
  std::int64_t generation = 1;  ///< below 2^28
  std::int64_t size = 16;       ///< elements, below 2^17
  bool grows = false;           ///< the generation is its coverage: a later one replaces an earlier one by put()

  Key key() const { return Key(grows ? "growing" : "table", 1, {{"number", number}}); }
  /// Exact in a double.
  double at(std::int64_t place) const { return static_cast<double>((number << 45) | (generation << 17) | place); }

  Artifact artifact() const {
    std::vector<double> values(static_cast<std::size_t>(size));
    for (std::int64_t place = 0; place < size; ++place) values[static_cast<std::size_t>(place)] = at(place);
    std::vector<Array> arrays;
    arrays.push_back(Array::of("values", {size}, std::move(values)));
    return Artifact(std::move(arrays), {{std::string(grows ? kCoverage : kGeneration), generation}});
  }
  EntryPtr entry() const { return std::make_shared<const Entry>(Entry{key(), artifact(), {}}); }

  /// The same table in the generation that an artifact says it is of.
  NumberedTable as_in(const Artifact& found) const {
    const auto* said = found.attribute<std::int64_t>(grows ? kCoverage : kGeneration);
    return {number, said ? *said : -1, size, grows};
  }
  /// True when the artifact is this table, bit for bit, in whichever generation it says.
  bool is(const EntryPtr& found) const { return found && found->key == key() && identical(found->artifact, as_in(found->artifact).artifact()); }

 private:
  static constexpr std::string_view kGeneration = "generation";
};

}  // namespace almanac::cache
