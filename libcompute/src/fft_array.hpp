#pragma once

#include "fft_elements.hpp"
#include "fftw_memory.hpp"

#include <almanac/compute/fft.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>

namespace almanac::compute {

/// The array of one side of a transform, as its memory is: one part, or the two parts of split complex numbers.
template <class Real>
struct FftArray {
  Real* real = nullptr;         ///< of interleaved complex numbers the first real part
  Real* imaginary = nullptr;    ///< where split
  std::size_t size = 0;         ///< elements, of each part
  std::size_t imaginary_size = 0;
  std::size_t reals_per_element = 1;
  bool split = false;

  std::span<const Real> real_part() const noexcept { return {real, size * reals_per_element}; }
  std::span<const Real> imaginary_part() const noexcept { return {imaginary, imaginary_size}; }

  /// Whether a plan can run on it: aligned, and the parts as far from each other as those it was made for.
  bool fits(const FftSide& side) const noexcept {
    const auto address = [](const Real* memory) { return reinterpret_cast<std::uintptr_t>(memory); };
    return Fftw<Real>::alignment_of(real) == 0 &&
           (!split || address(imaginary) == address(real) + side.split_distance * sizeof(Real));
  }
};

// What a caller gave. FFTW takes all arrays as non-const; which ones it writes to is the executing plan's care.
template <class Real>
FftArray<std::remove_const_t<Real>> given(std::span<Real> reals) {
  using Value = std::remove_const_t<Real>;
  return {.real = const_cast<Value*>(reals.data()), .size = reals.size()};
}
template <class Real>
FftArray<Real> given(std::span<std::complex<Real>> values) {
  return {.real = reinterpret_cast<Real*>(values.data()), .size = values.size(), .reals_per_element = 2};
}
template <class Real>
FftArray<Real> given(std::span<const std::complex<Real>> values) {
  auto* const reals = const_cast<Real*>(reinterpret_cast<const Real*>(values.data()));
  return {.real = reals, .size = values.size(), .reals_per_element = 2};
}
template <class Real>
FftArray<std::remove_const_t<Real>> given(SplitSpan<Real> parts) {
  using Value = std::remove_const_t<Real>;
  return {.real = const_cast<Value*>(parts.real.data()),
          .imaginary = const_cast<Value*>(parts.imaginary.data()),
          .size = parts.real.size(),
          .imaginary_size = parts.imaginary.size(),
          .split = true};
}

/// The array of a side in memory of one's own.
template <class Real>
FftArray<Real> array_in(Real* memory, const FftSide& side) {
  const bool split = side.split_distance != 0;
  return {.real = memory,
          .imaginary = split ? memory + side.split_distance : nullptr,
          .size = side.size,
          .imaginary_size = split ? side.size : 0,
          .reals_per_element = side.reals_per_element,
          .split = split};
}

/// The elements of the side, and nothing that lies between them.
template <class Real>
void copy_array(const FftSide& side, const FftArray<Real>& from, const FftArray<Real>& to) {
  copy_elements(side, static_cast<const Real*>(from.real), to.real);
  if (side.split_distance != 0) copy_elements(side, static_cast<const Real*>(from.imaginary), to.imaginary);
}

template <class Real>
bool overlap(std::span<const Real> a, std::span<const Real> b) noexcept {
  const std::less<> before;
  return before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

template <class Real>
bool overlap(const FftArray<Real>& a, const FftArray<Real>& b) noexcept {
  return overlap(a.real_part(), b.real_part()) || overlap(a.real_part(), b.imaginary_part()) ||
         overlap(a.imaginary_part(), b.real_part()) || overlap(a.imaginary_part(), b.imaginary_part());
}

}  // namespace almanac::compute
