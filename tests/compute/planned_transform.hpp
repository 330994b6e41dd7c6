#pragma once

#include "direct_transforms.hpp"
#include "placed_arrays.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace almanac::compute {

/// Whether two arrays hold the same numbers, NaN being NaN (long double has bytes that mean nothing).
template <class Real>
bool same_numbers(std::span<const Real> a, std::span<const Real> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](Real x, Real y) {
    return std::isnan(x) ? std::isnan(y) : x == y && std::signbit(x) == std::signbit(y);
  });
}

/// Runs an FftPlan on logical arrays (direct_transforms.hpp): packs, executes by the overload that fits, unpacks.
/// Packed are all Reals of an array; of a split one the real part and then the imaginary part, without what lies between.
template <class Real>
class PlannedTransform {
 public:
  using Complex = std::complex<Real>;

  explicit PlannedTransform(FftPlan<Real> plan) : plan_(std::move(plan)) {}

  /// The plan's input array. What is no input (padding, gaps) is NaN: it must not matter.
  std::vector<Real> pack(const std::vector<direct::Value>& values) const {
    std::vector<Real> packed(reals(false), std::numeric_limits<Real>::quiet_NaN());
    const auto where = places(problem(), false);
    for (std::size_t i = 0; i < values.size(); ++i) {
      packed[real_part(where[i], false)] = static_cast<Real>(values[i].real());
      if (!direct::real_input(problem())) packed[imaginary_part(where[i], false)] = static_cast<Real>(values[i].imag());
    }
    return packed;
  }

  /// Executes on arrays that begin `shift` Reals behind an aligned address, the parts of split ones `apart` Reals farther
  /// from each other than the plan has it best. Gives the output array, packed.
  std::vector<Real> execute(const std::vector<Real>& input, std::size_t shift = 0, std::size_t apart = 0) const {
    Memory in(input, shift, input_split() ? plan_.input_split_distance() + apart : 0);
    if (problem().in_place) {
      execute_in_place(in);
      const std::vector<Real> output = in.packed();
      see_gaps(input, output);
      return output;
    }
    const std::vector<Real> before(reals(true), kUntouched);
    Memory out(before, shift, output_split() ? plan_.output_split_distance() + apart : 0);
    execute_out_of_place(in, out);
    input_is_intact_ = input_is_intact_ && same_numbers<Real>(in.packed(), input);
    const std::vector<Real> output = out.packed();
    see_gaps(before, output);
    return output;
  }

  std::vector<direct::Value> unpack(const std::vector<Real>& packed) const {
    std::vector<direct::Value> values;
    for (const std::size_t place : places(problem(), true)) {
      const Real imaginary = direct::real_output(problem()) ? Real(0) : packed[imaginary_part(place, true)];
      values.emplace_back(packed[real_part(place, true)], imaginary);
    }
    return values;
  }

  std::vector<direct::Value> operator()(const std::vector<direct::Value>& values) const {
    return unpack(execute(pack(values)));
  }

  /// True as long as no execution out of place changed its input.
  bool input_is_intact() const noexcept { return input_is_intact_; }
  /// True as long as no execution wrote where no value of the transform lies.
  bool gaps_are_intact() const noexcept { return gaps_are_intact_; }

 private:
  static constexpr Real kUntouched = 777;

  // One array in memory of its own.
  class Memory {
   public:
    Memory(const std::vector<Real>& packed, std::size_t shift, std::size_t distance)
        : shift_(shift), distance_(distance), size_(distance == 0 ? packed.size() : packed.size() / 2),
          memory_(shift + distance + size_) {
      const auto middle = packed.begin() + static_cast<std::ptrdiff_t>(size_);
      std::copy(packed.begin(), middle, memory_.begin() + static_cast<std::ptrdiff_t>(shift));
      std::copy(middle, packed.end(), memory_.begin() + static_cast<std::ptrdiff_t>(shift + distance));
    }
    std::span<Real> reals() { return std::span(memory_).subspan(shift_, size_); }
    std::span<Complex> complex() { return {reinterpret_cast<Complex*>(reals().data()), size_ / 2}; }
    SplitSpan<Real> split() { return {reals(), std::span(memory_).subspan(shift_ + distance_, size_)}; }
    SplitSpan<const Real> const_split() { return {split().real, split().imaginary}; }
    std::vector<Real> packed() {
      std::vector<Real> all(reals().begin(), reals().end());
      if (distance_ != 0) all.insert(all.end(), split().imaginary.begin(), split().imaginary.end());
      return all;
    }

   private:
    std::size_t shift_, distance_, size_;
    std::vector<Real> memory_;
  };

  const FftProblem& problem() const { return plan_.problem(); }
  bool input_split() const { return problem().split && !direct::real_input(problem()); }
  bool output_split() const { return problem().split && !direct::real_output(problem()); }

  // In place r2c and c2r count Reals.
  std::size_t reals(bool output) const {
    const std::size_t size = output ? plan_.output_size() : plan_.input_size();
    const bool halves = problem().transform[0] == Transform::r2c || problem().transform[0] == Transform::c2r;
    if (problem().in_place && halves) return size;
    return size * ((output ? direct::real_output(problem()) : direct::real_input(problem())) ? 1 : 2);
  }

  std::size_t real_part(std::size_t place, bool output) const {
    const bool real = output ? direct::real_output(problem()) : direct::real_input(problem());
    return real || problem().split ? place : 2 * place;
  }
  std::size_t imaginary_part(std::size_t place, bool output) const {
    return problem().split ? reals(output) / 2 + place : 2 * place + 1;
  }

  // In place a gap is neither input nor output.
  void see_gaps(const std::vector<Real>& before, const std::vector<Real>& after) const {
    std::vector<bool> gap(after.size(), true);
    for (const bool output : {false, true}) {
      if (!output && !problem().in_place) continue;
      for (const std::size_t place : places(problem(), output)) {
        gap[real_part(place, output)] = false;
        if (!(output ? direct::real_output(problem()) : direct::real_input(problem()))) {
          gap[imaginary_part(place, output)] = false;
        }
      }
    }
    for (std::size_t i = 0; i < gap.size(); ++i) {
      if (gap[i] && !same_numbers<Real>({&before[i], 1}, {&after[i], 1})) gaps_are_intact_ = false;
    }
  }

  void execute_in_place(Memory& data) const {
    if (problem().transform[0] != Transform::c2c) {
      plan_.execute(data.reals());
    } else if (problem().split) {
      plan_.execute(data.split());
    } else {
      plan_.execute(data.complex());
    }
  }

  void execute_out_of_place(Memory& in, Memory& out) const {
    const std::span<const Real> real_in = in.reals();
    const std::span<const Complex> complex_in = in.complex();
    switch (problem().transform[0]) {
      case Transform::c2c:
        problem().split ? plan_.execute(in.const_split(), out.split()) : plan_.execute(complex_in, out.complex());
        break;
      case Transform::r2c:
        problem().split ? plan_.execute(real_in, out.split()) : plan_.execute(real_in, out.complex());
        break;
      case Transform::c2r:
        problem().split ? plan_.execute(in.const_split(), out.reals()) : plan_.execute(complex_in, out.reals());
        break;
      default: plan_.execute(real_in, out.reals()); break;
    }
  }

  FftPlan<Real> plan_;
  mutable bool input_is_intact_ = true;
  mutable bool gaps_are_intact_ = true;
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

/// What a failing test says of a problem.
inline std::string describe(const FftProblem& problem) {
  std::ostringstream text;
  for (Transform transform : problem.transform.values()) text << to_string(transform) << ' ';
  for (std::int64_t n : problem.extent) text << n << ' ';
  text << to_string(problem.direction) << " batch " << problem.batch << (problem.split ? " split" : "")
       << (problem.in_place ? " in place " : " out of place ") << to_string(problem.rigor) << " threads " << problem.threads;
  if (!problem.strides) return text.str();
  text << " strides";
  for (const auto& axis : problem.strides->axes) text << ' ' << axis.input << '/' << axis.output;
  for (const auto& batch : problem.strides->batches) text << ", " << batch.count << " at " << batch.input << '/' << batch.output;
  return text.str();
}

}  // namespace almanac::compute
