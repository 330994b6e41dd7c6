// Looks values up in the table of a MittagLefflerSpectrum.
#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include "asymptotic_series.hpp"
#include "evaluate.hpp"
#include "loop_failure.hpp"
#include "parameters.hpp"
#include "spectrum_table.hpp"
#include "written.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace almanac::compute {
namespace {

using mlf::Extended;

constexpr std::int64_t kLookedUpAtOnce = 64;  ///< values that are looked up in one go

/// A number of the table that must be whole and in [low, high].
std::size_t table_index(const std::vector<double>& table, std::size_t at, double low, double high) {
  const double value = table[at];
  if (!(value >= low && value <= high && value == std::rint(value)))
    throw ArgumentError("table", written(value),
                        "be one that table() gave: number " + written(static_cast<std::int64_t>(at)) + " is outside its range");
  return static_cast<std::size_t>(value);
}

void check_table(const MittagLeffler& f, const std::vector<double>& t) {
  const auto refuse = [](const std::string& value, const char* range) { throw ArgumentError("table", value, range); };
  if (t.size() < mlf::kHeader) refuse(written(t.size()) + " numbers", "be one that table() gave");
  if (t[mlf::kVersionAt] != mlf::kSpectrumVersion) refuse("version " + written(t[mlf::kVersionAt]), "be of version 1");
  if (t[mlf::kAlphaAt] != f.alpha || t[mlf::kBetaAt] != f.beta || t[mlf::kGammaAt] != f.gamma ||
      t[mlf::kDerivativeAt] != f.derivative)
    refuse("alpha " + written(t[mlf::kAlphaAt]), "be of the function that is asked for");
  const auto size = static_cast<double>(t.size());
  for (std::size_t side = 0; side < 2; ++side) {
    const std::size_t header = mlf::kSidesAt + side * mlf::kSide;
    const double exponent = t[header + mlf::kFirstExponent];
    if (!(exponent >= -60 && exponent < 0 && exponent == t[mlf::kSidesAt + mlf::kFirstExponent]))
      refuse(written(exponent), "have exponents from -60");
    const std::size_t octaves = table_index(t, header + mlf::kOctaves, 0, 1100);
    const std::size_t list = table_index(t, header + mlf::kOctaveList, mlf::kHeader, size - 2.0 * static_cast<double>(octaves));
    for (std::size_t o = 0; o < octaves; ++o) {
      const std::size_t intervals = table_index(t, list + 2 * o, 0, 1 << mlf::kMaxIntervalBits);
      table_index(t, list + 2 * o + 1, mlf::kHeader, size - static_cast<double>(intervals * mlf::kCoefficients));
    }
    const std::size_t terms = table_index(t, header + mlf::kSeriesTerms, 0, 60);
    table_index(t, header + mlf::kSeriesAt, mlf::kHeader, size - static_cast<double>(terms));
  }
  const std::size_t count = table_index(t, mlf::kExponentialAt + 1, 1, 64);
  table_index(t, mlf::kExponentialAt, mlf::kHeader, size - static_cast<double>(count));
}

double polynomial_at(const double* coefficients, std::size_t count, double x) {
  double sum = 0.0;
  for (std::size_t i = count; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

MittagLefflerSpectrum::MittagLefflerSpectrum(const MittagLeffler& f, std::vector<double> table)
    : function_(f), table_(std::move(table)) {
  mlf::check_parameters(f);
  check_table(f, table_);
  const mlf::Problem<Extended> problem(f.alpha, f.beta, f.gamma, f.derivative);
  for (int side = 0; side < 2; ++side)
    mlf::for_each_branch(problem, mlf::Complex<Extended>(side == 0 ? -1.0L : 1.0L),
                         [&](const mlf::Branch<Extended>& b, Extended weight) {
                           if (side == 0 || b.angle == 0 || f.alpha > 2)
                             turns_[side].push_back({b.angle, b.sine, b.cosine, weight});
                         });
}

double MittagLefflerSpectrum::beyond(double x, const double* side) const {
  const mlf::Problem<Extended> problem(function_.alpha, function_.beta, function_.gamma, function_.derivative);
  const double size = std::abs(x);
  const auto terms = static_cast<std::size_t>(side[mlf::kSeriesTerms]);
  double algebraic = 0.0;
  if (terms > 0) {
    const double inverse = 1.0 / size;
    algebraic = polynomial_at(table_.data() + static_cast<std::size_t>(side[mlf::kSeriesAt]), terms, inverse);
    if (problem.poles > 0) {
      for (int i = 0; i < problem.poles; ++i) algebraic *= inverse;
    } else {
      algebraic *= std::pow(inverse, static_cast<double>(problem.order));
    }
  }
  const auto& turns = turns_[x > 0.0 ? 1 : 0];
  if (turns.empty()) return algebraic;
  const double* const c = table_.data() + static_cast<std::size_t>(table_[mlf::kExponentialAt]);
  const auto count = static_cast<std::size_t>(table_[mlf::kExponentialAt + 1]);
  const Extended log_radius = std::min(std::log(static_cast<Extended>(size)) / problem.alpha, mlf::kMaxLogRadius<Extended> * 4);
  const Extended radius = function_.alpha == 2.0 ? std::sqrt(static_cast<Extended>(size)) : std::exp(log_radius);
  const Extended exponent_of_s = problem.order - problem.beta_k;
  Extended exponential = 0;
  for (const Turn& turn : turns) {
    const Extended real = radius * turn.cosine + exponent_of_s * log_radius;
    if (real < -760) continue;
    mlf::Complex<Extended> sum;
    if (count == 1) {
      sum = mlf::Complex<Extended>(c[0]);
    } else {
      // 1/s, cut where its powers no longer matter: the coefficients of orders that are not whole grow in the end.
      const mlf::Complex<Extended> inverse{turn.cosine / radius, -turn.sine / radius};
      mlf::Complex<Extended> power(1);
      Extended least = std::numeric_limits<Extended>::max(), largest = 0;
      for (std::size_t m = 0; m < count; ++m) {
        const mlf::Complex<Extended> term = static_cast<Extended>(c[m]) * power;
        const Extended amount = mlf::size_of(term);
        if (problem.poles == 0 && m > 8 && (amount > 4 * least || amount < 1e-18L * largest)) break;
        least = std::min(least, amount);
        largest = std::max(largest, amount);
        sum += term;
        power *= inverse;
      }
    }
    Extended sine, cosine;
    mlf::sincos_of(radius * turn.sine + exponent_of_s * turn.angle, sine, cosine);
    exponential += turn.weight * std::exp(std::min(real, mlf::kMaxExponent<Extended>)) * (cosine * sum.re - sine * sum.im);
  }
  return static_cast<double>(exponential + static_cast<Extended>(algebraic));
}

double MittagLefflerSpectrum::value_at(double x) const {
  const double* const side = table_.data() + mlf::kSidesAt + (x > 0.0 ? mlf::kSide : 0);
  const double size = std::abs(x);
  const int first = static_cast<int>(side[mlf::kFirstExponent]);
  if (size < std::numeric_limits<double>::min()) return table_[mlf::kTaylorAt];
  const auto bits = std::bit_cast<std::uint64_t>(size);
  const int exponent = static_cast<int>(bits >> 52) - 1023;
  if (exponent < first) return polynomial_at(table_.data() + mlf::kTaylorAt, mlf::kTaylor, x);
  const int octave = exponent - first;
  if (octave >= static_cast<int>(side[mlf::kOctaves])) {
    return std::isinf(x) ? mittag_leffler(function_, x) : beyond(x, side);
  }
  const double* const entry =
      table_.data() + static_cast<std::size_t>(side[mlf::kOctaveList]) + 2 * static_cast<std::size_t>(octave);
  if (entry[0] == 0.0) return mittag_leffler(function_, x);
  // The mantissa's place among the intervals and within its own, both exactly.
  const double fraction = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffu) | 0x3ff0'0000'0000'0000u) - 1.0;
  const double place = fraction * entry[0], interval = std::floor(place);
  return polynomial_at(
      table_.data() + static_cast<std::size_t>(entry[1]) + static_cast<std::size_t>(interval) * mlf::kCoefficients,
      mlf::kCoefficients, 2.0 * (place - interval) - 1.0);
}

void MittagLefflerSpectrum::evaluate(std::span<const double> x, std::span<double> out, int threads) const {
  if (out.size() != x.size()) throw ArgumentError("out", written(out.size()) + " values", "hold as many values as x");
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
  for (const double value : x) {
    if (std::isnan(value)) throw ArgumentError("x", written(value), "be a number");
    if (std::isinf(value)) mittag_leffler(function_, value);  // refuses where there is no limit
  }
  const auto count = static_cast<std::int64_t>(x.size());
  const std::int64_t parts = (count + kLookedUpAtOnce - 1) / kLookedUpAtOnce;
  LoopFailure failure;  // where a value is not in the table, what computes it takes memory
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (std::int64_t part = 0; part < parts; ++part)
    failure.run([&] {
      for (std::int64_t i = part * kLookedUpAtOnce; i < std::min((part + 1) * kLookedUpAtOnce, count); ++i)
        out[static_cast<std::size_t>(i)] = value_at(x[static_cast<std::size_t>(i)]);
    });
  failure.rethrow();
}

}  // namespace almanac::compute
