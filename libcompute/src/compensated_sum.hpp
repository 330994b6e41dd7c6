#pragma once

namespace almanac::compute {

/// A running sum that carries the rounding errors of its additions along: after n of them its error is at most
/// u |sum| + 2 n u² Σ|value|. Source: Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen"
template <class Float>
class CompensatedSum {
 public:
  void add(Float value) noexcept {
    // Knuth's two-sum: the error is exact whichever of the two is larger.
    const Float next = sum_ + value;
    const Float part = next - sum_;
    error_ += (sum_ - (next - part)) + (value - part);
    sum_ = next;
  }
  Float value() const noexcept { return sum_ + error_; }

 private:
  Float sum_ = 0;
  Float error_ = 0;
};

}  // namespace almanac::compute
