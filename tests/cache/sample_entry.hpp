#pragma once

#include <almanac/cache/tier.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::cache {

inline Key sample_key(std::int64_t number, std::string_view kind = "sample") { return Key(kind, 1, {{"number", number}}); }

/// n doubles that all say `value`; with coverage where it is above 0.
inline Artifact sample_artifact(double value, std::int64_t n = 4, std::int64_t coverage = 0) {
  Attributes attributes;
  if (coverage > 0) attributes.emplace(kCoverage, coverage);
  std::vector<Array> arrays;
  arrays.push_back(Array::of("values", {n}, std::vector<double>(static_cast<std::size_t>(n), value)));
  return Artifact(std::move(arrays), std::move(attributes));
}

inline EntryPtr sample_entry(const Key& key, double value, std::int64_t n = 4, std::int64_t coverage = 0) {
  return std::make_shared<const Entry>(Entry{key, sample_artifact(value, n, coverage), {}});
}

inline double value_of(const Artifact& artifact) { return artifact.at("values").as<double>()[0]; }

}  // namespace almanac::cache
