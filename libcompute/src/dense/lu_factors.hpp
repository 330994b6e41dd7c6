#pragma once

#include <Eigen/Core>

#include <memory>

namespace almanac::compute::dense {

/// P A = L U by partial pivoting, compiled once for all who factor.
class LuFactors {
 public:
  LuFactors();  ///< of nothing
  explicit LuFactors(const Eigen::MatrixXd& matrix);
  ~LuFactors();
  LuFactors(LuFactors&&) noexcept;
  LuFactors& operator=(LuFactors&&) noexcept;

  double rcond() const;  ///< estimate of the reciprocal condition in the norm of columns
  Eigen::VectorXd solve(const Eigen::VectorXd& right) const;
  Eigen::MatrixXd solve(const Eigen::MatrixXd& right) const;

 private:
  struct Eigens;
  std::unique_ptr<Eigens> factors_;
};

}  // namespace almanac::compute::dense
