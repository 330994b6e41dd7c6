#pragma once

#include <almanac/compute/solve_fractional.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace almanac::bench {

// Two nonlinear equations, Caputo's derivative from 0 on: what all solve. Each is asked for y(end) with the error that the plain
// predictor–corrector leaves after `plain_steps` steps, so that times are of equal accuracy.

inline constexpr int kMostUnknowns = 3;
using State = std::array<double, kMostUnknowns>;

struct Problem {
  std::string_view name;
  double alpha, end;
  int unknowns;
  State initial;
  void (*side)(const double* y, double* out);
  std::int64_t plain_steps;
  double most_error;  ///< in the largest norm, at the end
};

/// D^0.7 y = y (1 - y), y(0) = 0.1: growth that saturates.
extern const Problem kLogistic;
/// Lorenz's system with sigma = 10, rho = 28, beta = 8/3 and order 0.995, once round its attractor.
extern const Problem kLorenz;

compute::FractionalEquation equation_of(const Problem& problem);

/// Ends the program with a message where y(end) is off by more than most_error. Gives the error; reference: bdf4 at
/// two step sizes that agree to a hundredth of most_error.
double verify(std::string_view competitor, const Problem& problem, std::span<const double> y);

}  // namespace almanac::bench
