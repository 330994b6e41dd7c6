#pragma once

#include "direct_transforms.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace almanac::compute {

/// Runs an FftPlan on logical arrays (direct_transforms.hpp): packs, executes by the overload that fits, unpacks.
template <class Real>
class PlannedTransform {
 public:
  using Complex = std::complex<Real>;

  explicit PlannedTransform(FftPlan<Real> plan) : plan_(std::move(plan)) {}

  /// The Reals of the plan's input array, in-place padding included (filled with NaN: it must not matter).
  std::vector<Real> pack(const std::vector<direct::Value>& values) const {
    const auto& problem = plan_.problem();
    std::vector<Real> packed;
    const bool padded = problem.in_place && problem.transform[0] == Transform::r2c;
    const auto row = static_cast<std::size_t>(problem.extent.back());
    for (std::size_t i = 0; i < values.size(); ++i) {
      packed.push_back(static_cast<Real>(values[i].real()));
      if (!direct::real_input(problem)) packed.push_back(static_cast<Real>(values[i].imag()));
      if (padded && (i + 1) % row == 0) {
        packed.resize(packed.size() + 2 * (row / 2 + 1) - row, std::numeric_limits<Real>::quiet_NaN());
      }
    }
    return packed;
  }

  /// Executes on arrays that begin `shift` Reals behind an aligned address. Gives the Reals of the output array.
  std::vector<Real> execute(const std::vector<Real>& input, std::size_t shift = 0) const {
    std::vector<Real> in(shift);
    in.insert(in.end(), input.begin(), input.end());
    const std::span<Real> data = std::span(in).subspan(shift);
    if (plan_.problem().in_place) {
      execute_in_place(data);
      return {data.begin(), data.end()};
    }
    const bool complex_output = !direct::real_output(plan_.problem());
    std::vector<Real> out(shift + plan_.output_size() * (complex_output ? 2 : 1), std::numeric_limits<Real>::quiet_NaN());
    execute_out_of_place(data, std::span(out).subspan(shift));
    input_is_intact_ = input_is_intact_ && std::equal(input.begin(), input.end(), data.begin());
    return {out.begin() + static_cast<std::ptrdiff_t>(shift), out.end()};
  }

  std::vector<direct::Value> unpack(const std::vector<Real>& packed) const {
    const auto& problem = plan_.problem();
    const auto row = static_cast<std::size_t>(problem.extent.back());
    const bool padded = problem.in_place && problem.transform[0] == Transform::c2r;
    std::vector<direct::Value> values;
    if (!direct::real_output(problem)) {
      for (std::size_t i = 0; i < packed.size(); i += 2) values.emplace_back(packed[i], packed[i + 1]);
    } else {
      for (std::size_t i = 0; i < packed.size(); ++i) {
        if (!padded || i % (2 * (row / 2 + 1)) < row) values.emplace_back(packed[i], 0);
      }
    }
    return values;
  }

  std::vector<direct::Value> operator()(const std::vector<direct::Value>& values) const {
    return unpack(execute(pack(values)));
  }

  /// True as long as no execution out of place changed its input.
  bool input_is_intact() const noexcept { return input_is_intact_; }

 private:
  static std::span<Complex> as_complex(std::span<Real> reals) {
    return {reinterpret_cast<Complex*>(reals.data()), reals.size() / 2};
  }
  static std::span<const Complex> as_const_complex(std::span<Real> reals) { return as_complex(reals); }

  void execute_in_place(std::span<Real> data) const {
    if (plan_.problem().transform[0] == Transform::c2c) {
      plan_.execute(as_complex(data));
    } else {
      plan_.execute(data);
    }
  }

  void execute_out_of_place(std::span<Real> in, std::span<Real> out) const {
    switch (plan_.problem().transform[0]) {
      case Transform::c2c: plan_.execute(as_const_complex(in), as_complex(out)); break;
      case Transform::r2c: plan_.execute(std::span<const Real>(in), as_complex(out)); break;
      case Transform::c2r: plan_.execute(as_const_complex(in), out); break;
      default: plan_.execute(std::span<const Real>(in), out); break;
    }
  }

  FftPlan<Real> plan_;
  mutable bool input_is_intact_ = true;
};

/// A plan at the problem's rigor, with wisdom made for it where it needs some.
template <class Real>
PlannedTransform<Real> planned(const FftProblem& problem) {
  return PlannedTransform<Real>(FftPlan<Real>(problem, make_wisdom<Real>(problem)));
}

inline double norm(const std::vector<direct::Value>& values) {
  long double sum = 0;
  for (const auto& value : values) sum += std::norm(value);
  return static_cast<double>(std::sqrt(sum));
}

inline double distance(const std::vector<direct::Value>& a, const std::vector<direct::Value>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  long double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::norm(a[i] - b[i]);
  return static_cast<double>(std::sqrt(sum));
}

}  // namespace almanac::compute
