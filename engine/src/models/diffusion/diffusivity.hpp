#pragma once

#include "mission/input_files.hpp"
#include "models/grid.hpp"

#include <memory>
#include <span>
#include <vector>

namespace almanac::models {

/// kappa: one number, or a field of its own.
/// Threads: immutable
class Diffusivity {
 public:
  /// Reads [model] kappa: a number ≥ 0, or the table [model.kappa], which all have values > 0:
  ///   ball    value inside, |x - centre| ≤ radius, and background outside; centre (default: the middle), along periodic axes to
  ///           the nearest image of the centre
  ///   layers  axis (0), at (positions, increasing), values (one more than those): values[i] before at[i], the last one behind all
  ///   hdf5    file, dataset: numbers of exactly the domain's shape
  /// Errors: InputError
  static Diffusivity read(mission::Section& model, const mission::MissionText& text, const Grid& grid, mission::InputFiles& files);

  bool varies() const noexcept { return field_ != nullptr; }
  double constant() const noexcept { return largest_; }  ///< where it does not vary
  double largest() const noexcept { return largest_; }

  /// Shapes: out (extent…)
  void fill(std::span<double> out, const Grid& grid) const;
  output::Facts facts() const;

  /// One way to vary.
  class Field {
   public:
    virtual ~Field() = default;
    virtual void fill(std::span<double> out, const Grid& grid) const = 0;
    virtual double largest() const = 0;
    virtual output::Facts facts() const = 0;
  };

 private:
  double largest_ = 1;
  std::shared_ptr<const Field> field_;
};

}  // namespace almanac::models
