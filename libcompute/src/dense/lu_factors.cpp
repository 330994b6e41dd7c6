#include "dense/lu_factors.hpp"

#include <Eigen/LU>

namespace almanac::compute::dense {

struct LuFactors::Eigens {
  Eigen::PartialPivLU<Eigen::MatrixXd> lu;
};

LuFactors::LuFactors() = default;
LuFactors::LuFactors(const Eigen::MatrixXd& matrix) : factors_(new Eigens{Eigen::PartialPivLU<Eigen::MatrixXd>(matrix)}) {}
LuFactors::~LuFactors() = default;
LuFactors::LuFactors(LuFactors&&) noexcept = default;
LuFactors& LuFactors::operator=(LuFactors&&) noexcept = default;

double LuFactors::rcond() const { return factors_->lu.rcond(); }
Eigen::VectorXd LuFactors::solve(const Eigen::VectorXd& right) const { return factors_->lu.solve(right); }
Eigen::MatrixXd LuFactors::solve(const Eigen::MatrixXd& right) const { return factors_->lu.solve(right); }

}  // namespace almanac::compute::dense
