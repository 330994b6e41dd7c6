#pragma once

#include <almanac/fft.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace almanac {

struct ProblemHash {
  std::size_t operator()(const FftSpec& spec) const noexcept {
    std::uint64_t hash = 0;
    const auto mix = [&hash](std::int64_t value) {
      hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15U;  // 2^64 over the golden ratio
      hash ^= hash >> 32;
    };
    for (const std::int64_t n : spec.extent) mix(n);
    for (const Transform kind : spec.transform.values()) mix(static_cast<std::int64_t>(kind));
    mix(spec.batch);
    mix(static_cast<std::int64_t>(spec.rigor) * 8 + static_cast<std::int64_t>(spec.direction) * 4 + (spec.split ? 2 : 0) +
        (spec.in_place ? 1 : 0));
    mix(spec.threads);
    if (spec.strides) {
      for (const auto& axis : spec.strides->axes) mix(axis.input), mix(axis.output);
      for (const auto& batch : spec.strides->batches) mix(batch.count), mix(batch.input), mix(batch.output);
    }
    return hash;
  }
};

struct ProblemEqual {
  bool operator()(const FftSpec& a, const FftSpec& b) const noexcept {
    const auto all = [](const FftSpec& spec) {
      return std::tie(spec.extent, spec.transform.values(), spec.direction, spec.batch, spec.strides, spec.split, spec.in_place,
                      spec.rigor, spec.threads);
    };
    return all(a) == all(b);
  }
};

/// One live plan a problem, made by who asks first while the others wait for it, and kept as long as the engine: what a run
/// uses never changes in its middle.
/// Threads: thread-safe. Plans are made without the lock.
/// Cost:    of a plan that is there: one lock, one look-up by the problem's own numbers; no text is written
template <class Real>
class LivePlans {
 public:
  using Plan = std::pair<cache::Answer, std::shared_ptr<const compute::FftPlan<Real>>>;

  /// `key_of()` names the problem; `make()` plans it. Both are called only where the plan is not there.
  /// Errors: what they throw, for all who wait; the next one tries again.
  template <class KeyOf, class Make>
  FftPlan<Real> get(const FftSpec& spec, KeyOf key_of, Make make) {
    {
      const std::scoped_lock guard(mutex_);
      if (const auto found = by_problem_.find(spec); found != by_problem_.end()) return hit(found->second);
    }
    // One problem may be written in several ways; its key is the same.
    const std::string name = key_of();
    std::promise<Plan> promise;
    std::shared_future<Plan> known;
    {
      const std::scoped_lock guard(mutex_);
      std::shared_future<Plan>& slot = by_name_[name];
      known = slot;
      if (!known.valid()) slot = promise.get_future().share();
    }
    if (known.valid()) {
      const Plan& plan = known.get();
      remember(spec, plan);
      return hit(plan);
    }
    try {
      Plan plan = make();
      remember(spec, plan);
      promise.set_value(plan);
      return {std::move(plan.first), std::move(plan.second)};
    } catch (...) {
      {
        const std::scoped_lock guard(mutex_);
        by_name_.erase(name);
      }
      promise.set_exception(std::current_exception());
      throw;
    }
  }

  /// Requests that were answered with a plan that was there already, or on its way.
  std::uint64_t hits() const noexcept { return hits_.load(std::memory_order_relaxed); }

 private:
  FftPlan<Real> hit(const Plan& plan) {
    hits_.fetch_add(1, std::memory_order_relaxed);
    return {cache::Answer{plan.first.entry, "memory", {}}, plan.second};
  }

  void remember(const FftSpec& spec, const Plan& plan) {
    const std::scoped_lock guard(mutex_);
    by_problem_.try_emplace(spec, plan);
  }

  std::mutex mutex_;
  std::unordered_map<FftSpec, Plan, ProblemHash, ProblemEqual> by_problem_;
  std::unordered_map<std::string, std::shared_future<Plan>> by_name_;
  std::atomic<std::uint64_t> hits_{0};
};

}  // namespace almanac
