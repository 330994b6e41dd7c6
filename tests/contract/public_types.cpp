// What the public types promise about copying, moving and throwing. Nothing runs: it compiles or it does not.
#include <almanac/engine.hpp>

#include <complex>
#include <concepts>
#include <span>
#include <type_traits>

namespace {

template <class T>
constexpr bool kMoveOnly = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                           !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

template <class T>
constexpr bool kCheapToCopy = std::copyable<T> && std::is_nothrow_move_constructible_v<T>;

// What owns a planner's plan, or threads and files, has one owner.
static_assert(kMoveOnly<almanac::Engine>);
static_assert(kMoveOnly<almanac::compute::FftPlan<double>>);
static_assert(kMoveOnly<almanac::compute::FftPlan<float>>);

// What is shared with the cache is a value.
static_assert(kCheapToCopy<almanac::Artifact>);
static_assert(kCheapToCopy<almanac::FractionalKernel>);
static_assert(kCheapToCopy<almanac::Laplacian>);
static_assert(kCheapToCopy<almanac::FftPlan<double>>);
static_assert(std::copyable<almanac::Array>);
static_assert(std::copyable<almanac::Key>);

// Nobody writes to what others read.
static_assert(std::same_as<decltype(std::declval<const almanac::FractionalKernel&>().weights()), std::span<const double>>);
static_assert(std::same_as<decltype(std::declval<const almanac::Array&>().as<double>()), std::span<const double>>);
static_assert(std::same_as<decltype(std::declval<const almanac::Array&>().data()), const std::byte*>);

template <class Plan, class... Spans>
concept Executes = requires(const Plan& plan, Spans... spans) { plan.execute(spans...); };

using Reals = std::span<double>;
using Complexes = std::span<std::complex<double>>;
using Plan = almanac::compute::FftPlan<double>;
static_assert(Executes<Plan, Complexes, Complexes> && Executes<Plan, Reals, Complexes> && Executes<Plan, Reals>);
static_assert(!Executes<Plan, Complexes, std::span<const std::complex<double>>>, "an output cannot be read-only");
static_assert(!Executes<Plan, std::span<const double>>, "in place cannot be read-only");
static_assert(!Executes<Plan, std::span<float>>, "one precision does not pass for another");

}  // namespace
