#include <almanac/cache/synthetic_trace.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace almanac::cache {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kMostBytes = 1e15, kMostNanoseconds = 1e17;

/// exp and log to some ulps out of exactly rounded operations alone: those of C libraries differ in last bits.
double portable_exp(double x) {
  const double power = std::nearbyint(x / kLn2);
  const double rest = x - power * kLn2;  // |rest| <= ln 2 / 2: 18 terms leave 1e-23
  double sum = 1;
  for (int term = 18; term > 0; --term) sum = 1 + rest * sum / term;
  return std::ldexp(sum, static_cast<int>(power));
}

double portable_log(double x) {
  int power = 0;
  double mantissa = std::frexp(x, &power);
  if (mantissa < 0x1.6a09e667f3bcdp-1) {
    mantissa *= 2;
    --power;
  }
  const double s = (mantissa - 1) / (mantissa + 1), square = s * s;  // |s| <= 0.172: 12 terms leave 1e-19
  double sum = 0;
  for (int term = 23; term > 0; term -= 2) sum = sum * square + 1.0 / term;
  return 2 * s * sum + power * kLn2;
}

Error out_of_range(const char* name, double value, const char* range) {
  return {ErrorCode::invalid_argument, std::string("synthetic trace: ") + name + " = " + std::to_string(value) + ": must be " + range};
}

}  // namespace

Result<SyntheticTrace> SyntheticTrace::make(const SyntheticOptions& options) {
  const auto is_within = [](double value, double least, double most) { return value >= least && value <= most; };  // NaN is not
  if (!is_within(options.objects, 1, 1e7)) return out_of_range("objects", options.objects, "1 … 10000000");
  if (!is_within(options.exponent, 0, 5)) return out_of_range("exponent", options.exponent, "0 … 5");
  if (!is_within(options.one_off, 0, 1)) return out_of_range("one_off", options.one_off, "0 … 1");
  if (!is_within(options.median_bytes, 1, 1e12)) return out_of_range("median_bytes", options.median_bytes, "1 … 1e12");
  if (!is_within(options.bytes_sigma, 0, 4)) return out_of_range("bytes_sigma", options.bytes_sigma, "0 … 4");
  if (!is_within(options.median_cost, 1e-9, 1e6)) return out_of_range("median_cost", options.median_cost, "1e-9 … 1e6");
  if (!is_within(options.cost_sigma, 0, 4)) return out_of_range("cost_sigma", options.cost_sigma, "0 … 4");
  return SyntheticTrace(options);
}

SyntheticTrace::SyntheticTrace(const SyntheticOptions& options) : options_(options), state_(options.seed) {
  random();  // neighbouring seeds part here
  state_ = random();
  double sum = 0;
  objects_.reserve(options.objects);
  weight_up_to_.reserve(options.objects);
  for (std::uint32_t rank = 1; rank <= options.objects; ++rank) {
    objects_.push_back(any_object());
    object_bytes_ += objects_.back().bytes;
    sum += portable_exp(-options.exponent * portable_log(rank));
    weight_up_to_.push_back(sum);
  }
}

/// splitmix64 (Steele, Lea and Flood 2014).
std::uint64_t SyntheticTrace::random() {
  std::uint64_t value = state_ += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

/// Between 0 and 1, neither of them.
double SyntheticTrace::uniform() { return (static_cast<double>(random() >> 12) + 0.5) * 0x1p-52; }

/// Two at a time, by the polar method (Marsaglia and Bray 1964): it needs no sine.
double SyntheticTrace::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  double x = 0, y = 0, square = 0;
  do {
    x = 2 * uniform() - 1;
    y = 2 * uniform() - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * portable_log(square) / square);
  spare_normal_ = y * factor;
  has_spare_ = true;
  return x * factor;
}

SyntheticTrace::Object SyntheticTrace::any_object() {
  const double bytes = options_.median_bytes * portable_exp(options_.bytes_sigma * normal());
  const double cost = 1e9 * options_.median_cost * portable_exp(options_.cost_sigma * normal());
  return {static_cast<std::uint64_t>(std::clamp(bytes, 1.0, kMostBytes)),
          std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(cost, 1.0, kMostNanoseconds)))};
}

bool SyntheticTrace::next(TraceRequest& request) {
  if (done_ == options_.requests) return false;
  Object object{};
  if (uniform() < options_.one_off) {
    object = any_object();
    request.wanted.id = {1, done_};
  } else {
    const auto place = std::ranges::lower_bound(weight_up_to_, uniform() * weight_up_to_.back());
    const auto rank = static_cast<std::size_t>(std::min(place - weight_up_to_.begin(), std::ptrdiff_t(objects_.size()) - 1));
    const std::size_t shift = options_.drift_every == 0 ? 0 : static_cast<std::size_t>(done_ / options_.drift_every);
    const std::size_t number = (rank + shift) % objects_.size();
    object = objects_[number];
    request.wanted.id = {0, number};
  }
  request.when = std::chrono::system_clock::time_point(std::chrono::milliseconds(done_));
  request.wanted.bytes = object.bytes;
  request.wanted.cost = object.cost;
  request.wanted.expires.reset();
  ++done_;
  return true;
}

}  // namespace almanac::cache
