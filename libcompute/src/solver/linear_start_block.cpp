// First steps that starting weights couple, for an equation that brings its linear solve: A V - B L V = right, V (m, unknowns),
// where a matrix of all of them together cannot be factored. B^-1 A = U T U* leaves m systems (mu - L) w = q one after the other, mu
// complex; the solve at hand shifts by real numbers only, so it stands before Chebyshev's iteration.
#include "start_block.hpp"

#include "dense/eigen_forms.hpp"
#include "dense/lu_factors.hpp"
#include "written.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <optional>

namespace almanac::compute::stepping {
namespace {

constexpr double kErrorOfARound = 1e-9;  ///< what an iteration is to leave; rounds of refinement do the rest
constexpr int kMostChebyshevSteps = 2000;
constexpr int kMostRounds = 8;

/// Complex fields as two real ones, as the solve takes them.
struct ComplexRow {
  std::vector<double> re, im;
  explicit ComplexRow(std::size_t n) : re(n), im(n) {}

  void add(std::complex<double> factor, const ComplexRow& other) {
    for (std::size_t i = 0; i < re.size(); ++i) {
      re[i] += factor.real() * other.re[i] - factor.imag() * other.im[i];
      im[i] += factor.real() * other.im[i] + factor.imag() * other.re[i];
    }
  }
  void scale(std::complex<double> factor) {
    for (std::size_t i = 0; i < re.size(); ++i) {
      const std::complex<double> value = factor * std::complex<double>(re[i], im[i]);
      re[i] = value.real();
      im[i] = value.imag();
    }
  }
};

/// (mu - L) w = q for one mu after the other.
class ShiftedSystem {
 public:
  explicit ShiftedSystem(const Run& run)
      : solve_(run.equation.linear_solve),
        residual_(static_cast<std::size_t>(run.unknowns)),
        p_(residual_),
        solved_(residual_) {}

  /// The steps of the iteration that take kErrorOfARound; more than kMostChebyshevSteps: too near an eigenvalue of L, or 0
  static double steps_for(std::complex<double> mu) {
    if (!(std::abs(mu) > 0 && std::isfinite(std::abs(mu)))) return std::numeric_limits<double>::infinity();
    const double rate = std::max(1e-300, std::tan(std::abs(std::arg(mu)) / 4));
    if (rate >= 1) return std::numeric_limits<double>::infinity();
    return 1 + std::ceil(std::log(kErrorOfARound) / std::log(rate));
  }

  /// q is lost.
  void solve(std::complex<double> mu, ComplexRow& q, ComplexRow& w) {
    const double size = std::abs(mu);
    const auto steps = static_cast<int>(steps_for(mu));
    shifted_inverse(size, q, residual_);
    if (std::arg(mu) == 0) {
      std::swap(w, residual_);
      return;
    }
    // the segment from 1 to mu / size
    const std::complex<double> turn = mu / size, centre = (1.0 + turn) / 2.0, half = (turn - 1.0) / 2.0, sigma = centre / half;
    std::complex<double> rho = 1.0 / sigma;
    std::swap(p_, residual_);
    residual_ = p_;
    p_.scale(1.0 / centre);
    std::fill(w.re.begin(), w.re.end(), 0.0);
    std::fill(w.im.begin(), w.im.end(), 0.0);
    for (int step = 1;; ++step) {
      w.add(1.0, p_);
      if (step == steps) return;
      shifted_inverse(size, p_, solved_);
      residual_.add(-1.0, p_);
      residual_.add(size - mu, solved_);
      const std::complex<double> next = 1.0 / (2.0 * sigma - rho);
      p_.scale(next * rho);
      p_.add(2.0 * next / half, residual_);
      rho = next;
    }
  }

 private:
  void shifted_inverse(double shift, const ComplexRow& in, ComplexRow& out) const {
    std::fill(out.re.begin(), out.re.end(), 0.0);
    std::fill(out.im.begin(), out.im.end(), 0.0);
    solve_(shift, 1.0, in.re, out.re);
    solve_(shift, 1.0, in.im, out.im);
  }

  const FractionalLinearSolve& solve_;
  ComplexRow residual_, p_, solved_;
};

double largest_of(std::span<const double> x) {
  double most = 0;
  for (const double value : x) most = std::max(most, std::abs(value));
  return most;
}

/// What the block's equations lack at v: right + B f(t_j, v_j + P_j) - A v, (m, n).
Eigen::MatrixXd lacking(Run& run, const StartBlock& block, const std::vector<double>& v) {
  const Eigen::Index m = block.a.rows();
  const auto n = static_cast<std::size_t>(run.unknowns);
  std::vector<double> f(v.size()), y(n);
  for (Eigen::Index j = 0; j < m; ++j) {
    const auto at = static_cast<std::size_t>(j) * n;
    run.initial.value(run.time(j + 1), y);
    for (std::size_t i = 0; i < n; ++i) y[i] += v[at + i];
    run.evaluate(j + 1, run.time(j + 1), y, std::span(f).subspan(at, n));
  }
  const std::vector<double> residual = residual_of(block, v, f);
  Eigen::MatrixXd missing(m, static_cast<Eigen::Index>(n));
  for (Eigen::Index j = 0; j < m; ++j)
    for (std::size_t i = 0; i < n; ++i)
      missing(j, static_cast<Eigen::Index>(i)) = -residual[static_cast<std::size_t>(j) * n + i];
  return missing;
}

}  // namespace

std::vector<double> solve_linear_start_block(Run& run, const StartBlock& block) {
  const Eigen::Index m = block.a.rows();
  const auto n = static_cast<std::size_t>(run.unknowns), rows = static_cast<std::size_t>(m);
  run.reserve(run.unknowns, 6 * static_cast<std::int64_t>(m) + 8, "the " + written(m) + " first steps that starting weights couple",
              "other start corrections couple none");
  const dense::LuFactors b(block.b);
  if (!(b.rcond() > std::numeric_limits<double>::epsilon()))
    stop(SolverStop::singular_jacobian, 1, run.time(1), 0, b.rcond(),
         "the reciprocal condition of the weights of the first " + written(m) + " steps");
  const std::optional<dense::SchurForm> schur = dense::schur_form(b.solve(block.a).cast<std::complex<double>>());
  if (!schur)
    stop(SolverStop::singular_jacobian, 1, run.time(1), 0, b.rcond(),
         "the reciprocal condition of the weights of the first " + written(m) + " steps, whose Schur form was not found,");
  for (Eigen::Index r = 0; r < m; ++r)
    if (const std::complex<double> mu = schur->t(r, r); !(ShiftedSystem::steps_for(mu) <= kMostChebyshevSteps))
      stop(SolverStop::singular_jacobian, 1, run.time(1), 0, mu.real(),
           "an eigenvalue of the weights of the first " + written(m) + " steps, too near the negative axis");

  std::vector<double> v(rows * n);
  ShiftedSystem shifted(run);
  double before = 0, size = 0, initial_size = 0;  // not that of y_0, which may be infinite
  std::vector<double> initial(n);
  for (std::int64_t step = 1; step <= m; ++step) {
    run.initial.value(run.time(step), initial);
    initial_size = std::max(initial_size, largest_of(initial));
  }
  for (int round = 1; round <= kMostRounds; ++round) {
    ++run.work.iterations;
    const Eigen::MatrixXd q = b.solve(lacking(run, block, v));
    std::vector<ComplexRow> w(rows, ComplexRow(n));
    for (Eigen::Index r = m; r-- > 0;) {
      ComplexRow side(n);
      for (Eigen::Index j = 0; j < m; ++j) {
        const std::complex<double> factor = std::conj(schur->u(j, r));
        for (std::size_t i = 0; i < n; ++i) {
          side.re[i] += factor.real() * q(j, static_cast<Eigen::Index>(i));
          side.im[i] += factor.imag() * q(j, static_cast<Eigen::Index>(i));
        }
      }
      for (Eigen::Index j = r + 1; j < m; ++j) side.add(-schur->t(r, j), w[static_cast<std::size_t>(j)]);
      shifted.solve(schur->t(r, r), side, w[static_cast<std::size_t>(r)]);
    }
    size = 0;
    for (Eigen::Index r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) {
        double change = 0;
        for (Eigen::Index j = 0; j < m; ++j) {
          const ComplexRow& part = w[static_cast<std::size_t>(j)];
          change += schur->u(r, j).real() * part.re[i] - schur->u(r, j).imag() * part.im[i];
        }
        v[static_cast<std::size_t>(r) * n + i] += change;
        size = std::max(size, std::abs(change));
        if (!std::isfinite(change))
          stop(SolverStop::not_finite, r + 1, run.time(r + 1), static_cast<std::int64_t>(i), change,
               "the change of y in the first steps");
      }
    const double scale = std::max(largest_of(v), initial_size);
    const double allowed = run.options.newton_tolerance * scale;
    const double rate = round > 1 ? size / before : 1.0;
    const bool done = size <= allowed || (rate < 0.1 && size * rate / (1 - rate) <= 0.1 * allowed);
    // what rounding leaves of a badly conditioned system shrinks no more; it is reported
    const bool rounding = !done && round > 2 && rate > 0.25 && size <= run.most_starting_error * scale;
    if (rounding) run.starting_error = std::max(run.starting_error, size / scale);
    before = size;
    if (!done && !rounding) continue;
    for (std::size_t r = 0; r < rows; ++r) run.keep(static_cast<std::int64_t>(r) + 1, std::span(v).subspan(r * n, n));
    return v;
  }
  stop(SolverStop::not_converged, 1, run.time(1), 0, size,
       "the first " + written(m) +
           " steps together have not converged: badly conditioned, or L has an eigenvalue above 0; the last change of y");
}

}  // namespace almanac::compute::stepping
