#include "trace_choice.hpp"

#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <utility>

namespace almanac::cli {

cache::SyntheticTrace SyntheticChoice::trace(std::uint64_t seed) const {
  cache::SyntheticOptions all = options;
  all.seed = seed;
  const auto size = parse_size(median_size);
  if (!size) throw InputError(fmt::format("--median-size = '{}': must be a size such as 64KiB", median_size));
  const auto cost = parse_duration(median_cost);
  if (!cost) throw InputError(fmt::format("--median-cost = '{}': must be a duration such as 50ms", median_cost));
  all.median_bytes = static_cast<double>(*size);
  all.median_cost = seconds(*cost);
  auto made = cache::SyntheticTrace::make(all);
  if (!made) throw InputError(made.error().message);
  return *std::move(made);
}

void add_synthetic_options(CLI::App& command, SyntheticChoice& choice) {
  const auto group = [&](CLI::Option* option) { return option->group(kSyntheticGroup)->capture_default_str(); };
  group(command.add_option("--objects", choice.options.objects, "Objects that are asked for again and again"))->type_name("N");
  group(command.add_option("--requests", choice.options.requests, "Requests"))->type_name("N");
  group(command.add_option("--exponent", choice.options.exponent, "Zipf: the object of rank k is asked for in proportion to k^-S"))->type_name("S");
  group(command.add_option("--one-off", choice.options.one_off, "Share of requests for what is never asked for again"))->type_name("SHARE");
  group(command.add_option("--median-size", choice.median_size, "Median of the sizes, which are lognormal"))->type_name("SIZE");
  group(command.add_option("--size-sigma", choice.options.bytes_sigma, "Standard deviation of their logarithm"))->type_name("SIGMA");
  group(command.add_option("--median-cost", choice.median_cost, "Median of the costs, lognormal as well"))->type_name("DURATION");
  group(command.add_option("--cost-sigma", choice.options.cost_sigma, "Standard deviation of their logarithm"))->type_name("SIGMA");
  group(command.add_option("--drift", choice.options.drift_every,
                           "After each N requests the most popular object becomes the least popular one; 0: never"))->type_name("N");
}

}  // namespace almanac::cli
