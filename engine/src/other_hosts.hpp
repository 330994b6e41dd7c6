#pragma once

#include <almanac/cache/tier.hpp>

#include <array>
#include <string>

namespace almanac {

/// Tells what is bound to this host from what is bound to another, or to what this one was before: another processor, instruction
/// set or FFTW than this program's. What is bound to nothing is everybody's, and of what user programs bind nobody can tell.
/// Threads: immutable
/// Cost: making it looks into each planner once
class OtherHosts {
 public:
  OtherHosts();
  bool have(const cache::Key& key, const cache::EntryFacts& facts) const;

 private:
  std::array<std::string, 3> ours_;  // of FFTW in its precisions
};

}  // namespace almanac
