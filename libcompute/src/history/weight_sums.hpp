#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute {

/// Sums over the weights of a history that bounds are made of; each from above.
class WeightSums {
 public:
  /// Grünwald–Letnikov weights of alpha in (0, 2], in closed form.
  explicit WeightSums(double alpha) : alpha_(alpha) {}
  /// Any weights w_0 … w_steps, which must outlive this; a pass over them.
  explicit WeightSums(std::span<const double> weights);

  double all(std::int64_t last) const;                         ///< Σ_{k=1}^{last} |w_k|
  double by_lag(std::int64_t last) const;                      ///< Σ_{k=1}^{last} k |w_k|
  double behind(std::int64_t terms, std::int64_t last) const;  ///< Σ_{k=terms+1}^{last} |w_k|
  double norm(std::int64_t first, std::int64_t last) const;    ///< (Σ_{k=first}^{last} w_k²)^½, first ≥ 1

  /// The fewest terms behind which at most `tolerance` is left.
  std::int64_t terms_for(double tolerance, std::int64_t last) const;
  /// The last weight that is not zero, if it is known to be before `last`; else `last`.
  std::int64_t support(std::int64_t last) const;

 private:
  double alpha_ = 0;
  std::span<const double> weights_;
  std::vector<double> behind_;  // behind_[k] = Σ_{j>k} |w_j| over all given
};

}  // namespace almanac::compute
