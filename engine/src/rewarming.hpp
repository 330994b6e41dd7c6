#pragma once

#include <almanac/warmup.hpp>

#include <cstddef>

namespace almanac {

/// Gathers what is removed from a cache, to make it ready again.
/// Threads: one caller at a time
class Rewarming {
 public:
  /// What nobody here knows how to make is counted.
  void add(const cache::EntryInfo& removed);

  /// Each in the length it had.
  const Catalog& catalog() const noexcept { return catalog_; }
  std::size_t unknown() const noexcept { return unknown_; }

 private:
  Catalog catalog_;
  std::size_t unknown_ = 0;  // user tables, other versions, other hosts
};

}  // namespace almanac
