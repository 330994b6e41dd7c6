#pragma once

#include "wisdom_configurations.hpp"

#include <string>

namespace almanac::compute {

/// What a program that calls FFTW itself gets: a plan measured now by the plain interface, the wisdom that FFTW then
/// exports, and the bits that this very plan computes (in the form of bits_with_wisdom). Double precision only.
struct PlannedByHand {
  std::string wisdom;
  std::string bits;
};

PlannedByHand plan_by_hand(const FftProblem& problem);

/// FFTW's planner state as its user sees it: the records of its wisdom, sorted, and the number of threads.
std::string planner_state();

void import_wisdom(const std::string& wisdom);
void forget_wisdom();
void plan_with_threads(int threads);
void set_time_limit(double seconds);    ///< below zero: none
void clean_up();                        ///< fftw_cleanup: no plan may live
void clean_up_threads();

}  // namespace almanac::compute
