#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace almanac::compute {

/// stride · x for any whole x from low to high.
struct ZeroSumTerm {
  std::int64_t stride;    ///< 1 or more
  std::int64_t low, high;
};

/// Whether the terms can add up to zero; nullopt where that is not found out within `steps`, of which the ones taken are
/// taken off. Terms of one stride count as one; two need one or two steps, three as many as the middle stride goes into what
/// the smallest term spans.
/// Precondition: sums of the terms' ends fit into 62 bits
std::optional<bool> can_be_zero(std::vector<ZeroSumTerm> terms, std::int64_t& steps);

}  // namespace almanac::compute
