#pragma once

#include <almanac/cache/error.hpp>
#include <almanac/cache/trace.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace almanac::cache {

/// What a synthetic trace is like. The defaults are those of the figure that bench and tests ask for.
struct SyntheticOptions {
  std::uint64_t seed = 1;
  std::uint32_t objects = 20'000;             ///< 1 … 10'000'000, asked for again and again
  std::uint64_t requests = 400'000;
  double exponent = 0.9;                      ///< 0 … 5: the object of rank k is asked for in proportion to k^-exponent
  double one_off = 0.2;                       ///< 0 … 1: the share of requests for what is never asked for again
  double median_bytes = 65'536;               ///< 1 … 1e12, of every size
  double bytes_sigma = 2;                     ///< 0 … 4: standard deviation of its logarithm
  double median_cost = 0.05;                  ///< 1e-9 … 1e6 s, of every cost
  double cost_sigma = 2;                      ///< 0 … 4
  /// After each so many requests the most popular object becomes the least popular one, and all others gain a rank;
  /// 0: popularity never changes.
  std::uint32_t drift_every = 0;
};

/// Requests for objects of lognormal size and cost, independent of each other and of how popular they are (Zipf), mixed with
/// requests that never come again. The same options give the same requests on every machine: only operations that IEEE 754
/// rounds exactly are used. A request comes every millisecond.
/// Threads: one caller at a time. Cost: some 100 ns a request; 32 bytes an object
class SyntheticTrace {
 public:
  /// Errors: invalid_argument ← an option out of its range, named.
  static Result<SyntheticTrace> make(const SyntheticOptions& options);

  /// True while there are requests.
  bool next(TraceRequest& request);

  /// Of all objects that are asked for again: what budgets are a part of.
  std::uint64_t object_bytes() const noexcept { return object_bytes_; }

 private:
  explicit SyntheticTrace(const SyntheticOptions& options);

  struct Object {
    std::uint64_t bytes;
    std::chrono::nanoseconds cost;
  };

  std::uint64_t random();
  double uniform();
  double normal();
  Object any_object();

  SyntheticOptions options_;
  std::uint64_t state_;
  std::uint64_t done_ = 0;
  std::uint64_t object_bytes_ = 0;
  double spare_normal_ = 0;
  bool has_spare_ = false;
  std::vector<Object> objects_;
  std::vector<double> weight_up_to_;  // of the ranks up to and with each
};

}  // namespace almanac::cache
