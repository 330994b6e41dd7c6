#pragma once

#include <almanac/compute/per_axis.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::compute {

/// The transforms of one axis of n points, unnormalised, with FFTW's definitions:
///   c2c        Y_k = Σ_j X_j exp(∓2πi jk/n)                     minus forward, plus backward
///   r2c, c2r   the same for real data: r2c forward, c2r backward; of the last axis the first n/2+1 values are kept
///   r2hc, hc2r as r2c and c2r along one axis, in halfcomplex order r_0 r_1 … r_{n/2} i_{(n+1)/2-1} … i_1
///   dct1       Y_k = X_0 + (-1)^k X_{n-1} + 2 Σ_{0<j<n-1} X_j cos(π jk/(n-1))            n >= 2
///   dct2       Y_k = 2 Σ X_j cos(π (j+½)k/n)              dct3  Y_k = X_0 + 2 Σ_{j>0} X_j cos(π j(k+½)/n)
///   dct4       Y_k = 2 Σ X_j cos(π (j+½)(k+½)/n)          dst1  Y_k = 2 Σ X_j sin(π (j+1)(k+1)/(n+1))
///   dst2       Y_k = 2 Σ X_j sin(π (j+½)(k+1)/n)
///   dst3       Y_k = (-1)^k X_{n-1} + 2 Σ_{j<n-1} X_j sin(π (j+1)(k+½)/n)
///   dst4       Y_k = 2 Σ X_j sin(π (j+½)(k+½)/n)
/// Source: FFTW 3.3.10 manual, "What FFTW Really Computes"
enum class Transform { c2c, r2c, c2r, r2hc, hc2r, dct1, dct2, dct3, dct4, dst1, dst2, dst3, dst4 };
enum class Direction { forward, backward };                     ///< exp(-i…) and exp(+i…); looked at for c2c only
/// How long FFTW looks for a fast plan; adaptive, which only the engine knows: the best plan so far, without waiting.
enum class Rigor { estimate, measure, patient, exhaustive, adaptive };

/// The names as they are written above, and back.
std::string_view to_string(Transform transform) noexcept;
std::string_view to_string(Direction direction) noexcept;
std::string_view to_string(Rigor rigor) noexcept;
std::optional<Transform> parse_transform(std::string_view name) noexcept;
std::optional<Direction> parse_direction(std::string_view name) noexcept;
std::optional<Rigor> parse_rigor(std::string_view name) noexcept;

/// The transform that undoes this one but for normalisation(): c2r for r2c, dct3 for dct2 …; c2c is its own (turn the direction).
Transform inverse(Transform transform) noexcept;

/// Where the elements of arrays lie that are not contiguous. Strides count elements of the side's own type (Real or
/// Complex; Real where a complex side is split), are 1 or more, and give each element a place of its own.
struct FftStrides {
  struct Axis {
    std::int64_t input, output;
    friend bool operator==(const Axis&, const Axis&) = default;
  };
  struct Batch {
    std::int64_t count, input, output;
    friend bool operator==(const Batch&, const Batch&) = default;
  };
  std::vector<Axis> axes;         ///< as many as the extent has. In place both are equal; of r2c and c2r, all but the last
                                  ///< real stride are twice the complex ones, and each row (the values along the last axis,
                                  ///< real and complex together) has places of its own
  std::vector<Batch> batches;     ///< axes along which the transform is repeated, in place with strides as above; at most
                                  ///< kMaxFftRank, and may be empty
  friend bool operator==(const FftStrides&, const FftStrides&) = default;
};

/// A transform to be planned: contiguous row-major arrays, `batch` of them one behind the other; or arrays with strides.
struct FftProblem {
  std::vector<std::int64_t> extent;                 ///< logical extents of the real-space array, slowest axis first
  PerAxis<Transform> transform = Transform::c2c;    ///< c2c, r2c, c2r for all axes; the real-to-real kinds may differ by axis
  Direction direction = Direction::forward;
  std::int64_t batch = 1;                           ///< 1 where there are strides, which have batches of their own
  std::optional<FftStrides> strides{};              ///< nullopt: contiguous
  bool split = false;                               ///< real and imaginary parts of complex sides are arrays of their own
  bool in_place = false;
  Rigor rigor = Rigor::measure;
  int threads = 1;
};

inline constexpr std::size_t kMaxFftRank = 32;
inline constexpr int kMaxFftThreads = 1024;

/// Checks a problem whose real numbers take that many bytes.
/// Errors: ArgumentError ← rank outside [1, kMaxFftRank]; an extent below 1 (dct1: 2); neither one transform nor one an axis;
///         c2c, r2c or c2r mixed with another transform; batch < 1; strides that FftStrides rules out, or of which that takes
///         too long to tell (many that go into each other); split without a complex side; Rigor::adaptive; threads outside
///         [1, kMaxFftThreads]; input and output together larger than this machine's memory
void check(const FftProblem& problem, std::size_t bytes_per_real = sizeof(double));

/// What a transform followed by its inverse multiplies the data by: the product over the axes of n (c2c, r2c, c2r, r2hc,
/// hc2r), 2n (dct2–4, dst2–4), 2(n-1) (dct1), 2(n+1) (dst1).
/// Errors: ArgumentError ← as check for extents and transforms
double normalisation(const FftProblem& problem);

/// A plan could not be made from the wisdom given: it was refused (what() says why), or it does not hold this problem.
/// The cure is always make_wisdom of fft_wisdom.hpp.
class WisdomError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The two arrays of complex numbers that are split.
template <class Real>
struct SplitSpan {
  std::span<Real> real;
  std::span<Real> imaginary;
};

/// An executable plan for Real = float, double or long double. Move-only; one that was moved from may only be destroyed or
/// assigned to.
/// Shapes:   row-major, `batch` arrays one behind the other. With N the product of the extents, M that of all but the last
///           and h = n_last/2+1: c2c N Complex; r2c N Real → M·h Complex; c2r M·h Complex → N Real; else N Real.
///           In place r2c and c2r work on M·2h Reals an array: each row of n_last values (r2c in, c2r out) is padded to 2h.
///           With strides, a side's length is one more than the place of its last element. Split, each of the two arrays of
///           a complex side has the length that side would have; in place r2c and c2r have no split form (check refuses it)
/// Threads:  execute() may be called from many threads at once; the others one caller at a time
/// Reproducibility: the bits of a result depend on problem, wisdom and input alone, not on where the arrays lie:
///           arrays that are not aligned to 16 bytes go through aligned copies
/// Cost:     c2r and hc2r out of place, and arrays that are not aligned, cost a copy each; the plan keeps the memory for it.
///           Split arrays cost a copy where the imaginary part does not lie …_split_distance() Reals behind the real part:
///           FFTW's plans depend on that distance
template <class Real>
class FftPlan {
 public:
  using Complex = std::complex<Real>;

  /// Plans with the bundle that make_wisdom gave and nothing else, in an otherwise empty planner. For Rigor::estimate the
  /// wisdom must be empty: the planner decides by counting operations alone, always alike. FFTW's planner state of the
  /// program (its wisdom, its thread count) is afterwards as it was; only the planner's own lock orders this against other
  /// planning through this library, not against direct calls of FFTW's planner from other threads.
  /// Errors:  ArgumentError ← check, or FFTW cannot do this problem at any rigor; WisdomError ← the wisdom is refused
  ///          (refuse_wisdom), or no plan of this problem
  /// Threads: thread-safe, one at a time: the planner has one lock
  FftPlan(const FftProblem& problem, std::string_view wisdom);
  ~FftPlan();
  FftPlan(FftPlan&&) noexcept;
  FftPlan& operator=(FftPlan&&) noexcept;

  const FftProblem& problem() const noexcept;
  double normalisation() const noexcept;      ///< of the problem

  /// Elements of the whole batch, each in its own type. In place both are the one array: Complex for c2c, else Real.
  std::size_t input_size() const noexcept;
  std::size_t output_size() const noexcept;

  /// Of a split side, Reals from the start of the real part to that of the imaginary part; 0 where nothing is split.
  std::size_t input_split_distance() const noexcept;
  std::size_t output_split_distance() const noexcept;

  /// Out of place; the overload that fits the transform. The input is left as it was, also by c2r and hc2r; of arrays with
  /// strides, what lies between the elements is neither read nor written.
  /// Errors: ArgumentError ← the plan is of another transform or in place; a length that is not input_size() or
  ///         output_size(); in and out overlap, or the parts of a split out
  void execute(std::span<const Complex> in, std::span<Complex> out) const;   // c2c
  void execute(std::span<const Real> in, std::span<Complex> out) const;      // r2c
  void execute(std::span<const Complex> in, std::span<Real> out) const;      // c2r
  void execute(std::span<const Real> in, std::span<Real> out) const;         // real to real
  void execute(SplitSpan<const Real> in, SplitSpan<Real> out) const;         // c2c, split
  void execute(std::span<const Real> in, SplitSpan<Real> out) const;         // r2c, split
  void execute(SplitSpan<const Real> in, std::span<Real> out) const;         // c2r, split

  /// In place.
  /// Errors: ArgumentError ← the plan is of another transform or out of place; a length that is not input_size();
  ///         the parts of split data overlap
  void execute(std::span<Complex> data) const;                               // c2c
  void execute(std::span<Real> data) const;                                  // r2c, c2r, real to real
  void execute(SplitSpan<Real> data) const;                                  // c2c, split

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class FftPlan<float>;
extern template class FftPlan<double>;
extern template class FftPlan<long double>;

}  // namespace almanac::compute
