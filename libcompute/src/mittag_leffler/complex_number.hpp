#pragma once

#include "extended_real.hpp"

#include <complex>

namespace almanac::compute::mlf {

/// A complex number by its plain formulas: std::complex asks every product of long doubles whether it is not a number.
template <class T>
struct Complex {
  T re = 0, im = 0;

  Complex() = default;
  constexpr Complex(T real, T imaginary = 0) : re(real), im(imaginary) {}  // a real number is one
  explicit Complex(std::complex<double> z) : re(static_cast<T>(z.real())), im(static_cast<T>(z.imag())) {}

  Complex& operator+=(Complex b) { return *this = {re + b.re, im + b.im}; }
  Complex& operator*=(Complex b) { return *this = {re * b.re - im * b.im, re * b.im + im * b.re}; }
  friend Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  friend Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
  friend Complex operator-(Complex a) { return {-a.re, -a.im}; }
  friend Complex operator*(Complex a, Complex b) { return a *= b; }
  friend Complex operator*(T a, Complex b) { return {a * b.re, a * b.im}; }
};

template <class T>
Complex<T> conjugate(Complex<T> z) {
  return {z.re, -z.im};
}

template <class T>
Complex<T> reciprocal(Complex<T> z) {
  const T scale = 1 / (z.re * z.re + z.im * z.im);
  return {z.re * scale, -z.im * scale};
}

/// max(|re|, |im|): within a factor of 1.5 of the modulus, which is enough where only sizes are compared.
template <class T>
T size_of(Complex<T> z) {
  const T a = absolute(z.re), b = absolute(z.im);
  return a > b ? a : b;
}

template <class T>
T modulus(Complex<T> z) {
  if (z.im == 0) return absolute(z.re);
  if (z.re == 0) return absolute(z.im);
  return sqrt_of(z.re * z.re + z.im * z.im);
}

template <class T>
Complex<T> exp_of(Complex<T> z) {
  T sine, cosine;
  sincos_of(z.im, sine, cosine);
  const T scale = exp_of(z.re);
  return {scale * cosine, scale * sine};
}

template <class T>
Complex<T> log_of(Complex<T> z) {
  return {log_of(z.re * z.re + z.im * z.im) / 2, atan2_of(z.im, z.re)};
}

/// z^n for n ≥ 0.
template <class T>
Complex<T> power(Complex<T> z, int n) {
  Complex<T> result(1);
  for (; n > 0; n >>= 1) {
    if (n & 1) result *= z;
    z *= z;
  }
  return result;
}

}  // namespace almanac::compute::mlf
