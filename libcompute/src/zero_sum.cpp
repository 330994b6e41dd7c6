#include "zero_sum.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace almanac::compute {
namespace {

__extension__ using Wide = __int128;

// For divisors above zero.
std::int64_t quotient_below(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }
std::int64_t quotient_above(std::int64_t a, std::int64_t b) noexcept { return a / b + (a % b > 0 ? 1 : 0); }
std::int64_t remainder_of(std::int64_t a, std::int64_t b) noexcept { return a % b + (a % b < 0 ? b : 0); }

// The x below `modulus` with a·x = 1 (mod modulus), by Euclid's algorithm. Precondition: they have no common divisor.
std::int64_t inverse_modulo(std::int64_t a, std::int64_t modulus) noexcept {
  std::int64_t rest = modulus, divisor = remainder_of(a, modulus);
  std::int64_t before = 0, x = 1;
  while (divisor != 0) {
    const std::int64_t times = rest / divisor;
    rest = std::exchange(divisor, rest - times * divisor);
    before = std::exchange(x, before - times * x);
  }
  return remainder_of(before, modulus);
}

// The widest stride first. Two of one stride are one: whatever whole number lies between the sums of their ends is a sum.
std::vector<ZeroSumTerm> merged(std::vector<ZeroSumTerm> terms) {
  std::sort(terms.begin(), terms.end(), [](const auto& a, const auto& b) { return a.stride > b.stride; });
  std::vector<ZeroSumTerm> different;
  for (const ZeroSumTerm& term : terms) {
    if (different.empty() || different.back().stride != term.stride) {
      different.push_back(term);
    } else {
      different.back().low += term.low;
      different.back().high += term.high;
    }
  }
  return different;
}

// Term after term, the widest stride first: each x is tried that leaves what the terms behind it can make up, which is a
// multiple of their common divisor within their ends.
class ZeroSumSearch {
 public:
  ZeroSumSearch(std::vector<ZeroSumTerm> terms, std::int64_t& steps) : terms_(merged(std::move(terms))), steps_(steps) {
    rests_.resize(terms_.size() + 1);
    for (std::size_t i = terms_.size(); i-- > 0;) {
      const auto [stride, low, high] = terms_[i];
      const Rest& behind = rests_[i + 1];
      Rest& rest = rests_[i];
      rest = {behind.low + stride * low, behind.high + stride * high, std::gcd(stride, behind.divisor), 1, 0};
      if (behind.divisor == 0) continue;
      rest.step = behind.divisor / rest.divisor;
      rest.inverse = inverse_modulo(stride / rest.divisor, rest.step);
    }
  }

  /// Whether the terms from `first` on can add up to the target, a multiple of their divisor; not to be trusted once the steps
  /// are used up.
  bool reaches(std::size_t first, std::int64_t target) {
    if (first == terms_.size()) return target == 0;
    const auto [stride, lowest, highest] = terms_[first];
    const Rest& rest = rests_[first];
    const Rest& behind = rests_[first + 1];
    std::int64_t low = std::max(lowest, quotient_above(target - behind.high, stride));
    const std::int64_t high = std::min(highest, quotient_below(target - behind.low, stride));
    const Wide residue = Wide{remainder_of(target / rest.divisor, rest.step)} * rest.inverse % rest.step;
    low += remainder_of(static_cast<std::int64_t>(residue) - remainder_of(low, rest.step), rest.step);
    for (std::int64_t x = low; x <= high; x += rest.step) {
      if (--steps_ < 0) return false;
      if (reaches(first + 1, target - stride * x)) return true;
    }
    return false;
  }

 private:
  // Of a term and all behind it.
  struct Rest {
    std::int64_t low = 0, high = 0;
    std::int64_t divisor = 0;              // the greatest common one of the strides
    std::int64_t step = 1, inverse = 0;    // x is target / divisor · inverse modulo step
  };

  std::vector<ZeroSumTerm> terms_;
  std::vector<Rest> rests_;
  std::int64_t& steps_;
};

}  // namespace

std::optional<bool> can_be_zero(std::vector<ZeroSumTerm> terms, std::int64_t& steps) {
  const bool found = ZeroSumSearch(std::move(terms), steps).reaches(0, 0);
  if (steps < 0) return std::nullopt;
  return found;
}

}  // namespace almanac::compute
