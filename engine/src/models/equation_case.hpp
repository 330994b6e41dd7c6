#pragma once

#include "case_settings.hpp"
#include "forcing.hpp"
#include "model.hpp"
#include "stepping_settings.hpp"

#include <almanac/compute/solve_fractional.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace almanac::models {

/// An equation in time alone, Σ_i c_i D^(alpha_i) y = f(t, y), for one unknown or a few, as a mission has it. What the missions of
/// such equations share; each model fills in what is its own.
struct EquationSetup {
  std::string name;                      ///< [model] equation
  std::string order_field = "alpha";     ///< the field of [model] its orders come from
  output::Facts parameters = {};         ///< the equation's own: alpha, lambda …
  compute::FractionalEquation equation;
  std::vector<std::string> components = {};  ///< names of the unknowns of a system; empty: there is one, y
  SteppingSettings stepping;
  TimeSettings time;
  std::int64_t every = 1;
  std::string units = "1";
  TemporalForcing forcing = {};                  ///< to be shown; it is in f already
  std::function<double(double t)> exact = {};  ///< of one unknown; empty: not known
  FftSettings fft = {};                  ///< of the history's blocks
};

/// Reads what all equations have: scheme and history, times, units of time, [output] every, [forcing] of one unknown, [fft]. `order` is
/// the largest, and has been read; `rows` are written about, where every is not given.
/// Errors: InputError ← a field outside its range, or none that the scheme has
void read_frame(EquationSetup& setup, mission::MissionText& text, double order, std::int64_t rows);

/// The case, after everything has been refused that the solver would refuse: it is asked, for the first steps and without f.
/// Errors: InputError ← what it refuses, at the field it comes from; a case that does not fit memory
std::unique_ptr<const Case> make_equation_case(EquationSetup setup, mission::MissionText& text);

/// [initial] value, and velocity where alpha is above 1 (default 0): y(0), y'(0), as many as an order asks for; and units.
/// Errors: InputError ← not finite; a velocity for an order up to 1
struct InitialValues {
  double value = 0, velocity = 0;
  std::vector<double> rows;              ///< for FractionalEquation::initial
  std::string units;
};
InitialValues read_initial(mission::MissionText& text, double order, double default_value);

inline constexpr std::int64_t kRowsOfASignal = 2000;
inline constexpr std::int64_t kRowsOfAPortrait = 20'000;

}  // namespace almanac::models
