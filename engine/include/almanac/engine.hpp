#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/cache/invalidation.hpp>
#include <almanac/cache/tiers.hpp>
#include <almanac/config.hpp>
#include <almanac/error.hpp>
#include <almanac/fft.hpp>
#include <almanac/fractional_kernel.hpp>
#include <almanac/laplacian.hpp>
#include <almanac/recipe.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace almanac {

using cache::Array;
using cache::Artifact;
using cache::Attributes;
using cache::Key;

/// Recipes and cache behind one door.
/// Threads: thread-safe.
/// Errors: of every call: compute::ArgumentError ← an argument out of its range. A cache that is broken, full,
///         read-only or missing is a warning (once a cause) and a computation, never an exception.
///         Interrupted ← set_give_up() said so.
class Engine {
 public:
  /// With Config::load(). Errors: InputError ← as Config::load.
  Engine();
  /// `warn` receives one line for each cause of trouble; by default they go to the logger "almanac" on standard error.
  explicit Engine(Config config, std::function<void(std::string_view)> warn = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Weights of a fractional derivative: one stored table an alpha serves every dt and n.
  FractionalKernel fractional_kernel(const FractionalKernelSpec& spec);

  /// A finite-difference Laplacian as matrix, symbol and matrix-free operator.
  Laplacian laplacian(const LaplacianSpec& spec);

  /// A plan, from cached wisdom where there is some; Real is float, double or long double. The same problem planned twice in
  /// one process is one plan; in every later process the same bits come out.
  /// Rigor::adaptive waits for nobody: it is the best plan that anybody has stored, or an estimated one, and stays what it is
  /// until the engine ends; a later process has the better one that `almanac tune` made meanwhile (see tune.hpp).
  template <class Real>
  FftPlan<Real> fft_plan(const FftSpec& spec);

  /// A table of the user's own. `make` returns an Artifact; it runs when nobody has it, once for all who ask.
  cache::Answer get_or_compute(const Key& key, std::function<Artifact()> make);

  /// Any kind by its recipe, as the command line and warm-ups ask for it.
  cache::Answer get(const Recipe& recipe, const ParameterValues& values);
  /// Any request, e.g. one of a recipe with `recompute` set.
  cache::Answer get(const cache::Request& request);

  /// Many requests at once: what nobody holds is made before anything is waited for. See cache::Cache::get_many.
  std::vector<cache::Cache::Outcome> get_many(std::span<const cache::Request> requests,
                                              const std::function<void(std::size_t, cache::Cache::Outcome&)>& arrived = {});

  /// Removes what is meant from the disk, and what was made from it, and both from this process's memory; see cache/invalidation.hpp.
  /// Tables and plans that were handed out stay what they are. Without a disk, memory alone.
  /// Errors: InputError ← not a tag; EnvironmentError ← the disk's entries cannot be listed
  cache::Invalidated invalidate(const cache::Selection& selection, cache::InvalidationOptions options = {});

  /// Asked while a call waits for another thread or process, and before it computes; true: the call ends with
  /// Interrupted, as it does where the request's own give_up says so. Set before the engine is shared between
  /// threads; must be thread-safe and not throw.
  void set_give_up(std::function<bool()> give_up);

  cache::Metrics stats() const;
  const Config& config() const noexcept;

  /// The tiers, for tools that look into them; the disk tier is nullptr when there is none.
  cache::Cache& cache() noexcept;
  cache::DiskTier* disk() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace almanac
