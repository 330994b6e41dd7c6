#pragma once

#include "grid.hpp"
#include "mission/input_files.hpp"

#include <memory>
#include <span>
#include <vector>

namespace almanac::models {

/// A field to begin with.
/// Threads: immutable
class InitialProfile {
 public:
  virtual ~InitialProfile() = default;
  /// Shapes: out (extent…)
  virtual void fill(std::span<double> out, const Grid& grid, const SpaceTransform& space) const = 0;
  virtual output::Facts facts() const = 0;
};

/// Reads the field `profile` of a section and what belongs to it:
///   zero      nothing
///   gaussian  centre (default: the middle), width (one, or one an axis), amplitude (1):
///             amplitude · exp(-Σ (x_i - centre_i)² / (2 width_i²)); along periodic axes to the nearest image of the centre
///   sine      mode (default 1; one, or one an axis), amplitude (1): amplitude · Π f_i, with f the boundary's own eigenfunction:
///             sin(2π k x/L) periodic, k < n/2; sin(π k x/L) dirichlet, 1 <= k <= n; cos(π k x/L) neumann, k < n;
///             sin(π (k+½) x/L) dirichlet_neumann, cos(π (k+½) x/L) neumann_dirichlet, k < n.
///             k = 0 is constant along a periodic or neumann axis
///   random    seed (0), smoothness (0), amplitude (1): white noise, each mode of the Laplacian's eigenvalue λ damped by
///             exp(λ smoothness²/2), scaled to the root mean square `amplitude`. The noise at point i, counted row-major, is
///             the sum of twelve uniforms minus 6, each (g >> 11)·2^-53 of the next g of std::mt19937_64(seed)
///   hdf5      file, dataset: numbers of exactly the domain's shape
/// Errors: InputError
std::shared_ptr<const InitialProfile> read_profile(mission::Section& section, const mission::MissionText& text, const Grid& grid,
                                                   mission::InputFiles& files);

/// Reads a profile that may be missing: zero.
std::shared_ptr<const InitialProfile> read_optional_profile(mission::Section& section, const mission::MissionText& text,
                                                            const Grid& grid, mission::InputFiles& files);

}  // namespace almanac::models
