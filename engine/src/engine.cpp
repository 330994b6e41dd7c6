#include <almanac/engine.hpp>

#include <almanac/cache/statistics.hpp>

#include "fft/background_tuner.hpp"
#include "fft/fft_plans.hpp"
#include "fft/planned_log.hpp"
#include "producer.hpp"
#include "recipes/fractional_kernel.hpp"
#include "recipes/known_kernels.hpp"
#include "recipes/laplacian.hpp"
#include "tiers.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace almanac {
namespace {

/// The default place for warnings: a logger of its own on standard error, shared by all engines.
void warn_on_standard_error(std::string_view line) {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("almanac", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%n: %l: %v");
    return made;
  }();
  logger->warn("{}", line);
}

/// A user's table may cost anything: it is taken to be worth computing once, and to be worth keeping.
constexpr std::chrono::seconds kUnknownCost{1};

/// Making the smallest kernel takes 8 µs, and 0.1 ms where a process does nothing else; so does loading it (bench/worth).
constexpr std::chrono::microseconds kColdStart{200};

}  // namespace

struct Engine::State {
  State(Config chosen, std::function<void(std::string_view)> warning)
      : config(std::move(chosen)), warn(warning ? std::move(warning) : warn_on_standard_error) {
    if (config.cache_dir.empty()) config.cache_dir = default_cache_dir();
    cache::CacheOptions options{.producer = this_producer(), .lease_folder = {}, .warn = warn};
    options.lease_wait = config.lease_wait;
    options.trace_file = config.trace;
    options.cold_start = kColdStart;
    options.settings = config.defaults;
    options.kinds = config.kinds;
    Tiers places = open_tiers(config, warn);
    disk = places.disk;
    unusable_disk = std::move(places.unusable_disk);
    if (disk != nullptr && unusable_disk == nullptr) options.lease_folder = disk->root() / "leases";
    if (!options.lease_folder.empty()) {
      options.statistics_root = disk->root();
      cache::Learned learned = cache::read_learned(disk->root());
      options.speeds = std::move(learned.speeds);
      options.past = std::move(learned.past);
    }
    cache.emplace(std::move(places.tiers), std::move(options));
    planned.emplace(disk != nullptr && !disk->problem() ? disk->root() / PlannedLog::kFolder : std::filesystem::path());
    plans.emplace(*cache, disk, [this](const cache::Request& request) { return get(request); }, warn, *planned);
  }

  ~State() {
    cache->flush();  // who comes next, and the tuner, finds what this one has made
    planned->flush();
    const bool can_tune = config.tune_in_background && disk != nullptr && !disk->problem();
    if (!can_tune || !plans->wants_tuning()) return;
    try {
      start_background_tuner(disk->root(), warn);
    } catch (const std::exception&) {  // no memory for it: the next engine's turn
    }
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// The request, given up when this engine's owner says so, or by what it asks itself.
  cache::Request with_give_up(cache::Request request) const {
    if (request.give_up) {
      request.give_up = [ours = give_up, own = std::move(request.give_up)] { return ours() || own(); };
    } else {
      request.give_up = give_up;
    }
    return request;
  }

  /// Errors: Interrupted ← given up; what `make` throws.
  cache::Answer get(const cache::Request& request) {
    cache::Answer answer = give_up ? cache->get_or_compute(with_give_up(request)) : cache->get_or_compute(request);
    if (!answer.entry) throw Interrupted();
    return answer;
  }

  Config config;
  std::function<bool()> give_up;
  std::function<void(std::string_view)> warn;
  cache::DiskTier* disk = nullptr;
  std::unique_ptr<cache::DiskTier> unusable_disk;
  std::optional<cache::Cache> cache;
  recipes::KnownKernels kernels;
  std::optional<PlannedLog> planned;
  std::optional<FftPlans> plans;
};

Engine::Engine() : Engine(Config::load()) {}
Engine::Engine(Config config, std::function<void(std::string_view)> warn)
    : state_(std::make_unique<State>(std::move(config), std::move(warn))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

FractionalKernel Engine::fractional_kernel(const FractionalKernelSpec& spec) {
  const auto kernel = [&spec](cache::Answer answer, double scale) -> FractionalKernel {
    const auto table = answer.entry->artifact.arrays().front().as<double>();
    return {std::move(answer), table.first(static_cast<std::size_t>(spec.n)), scale};
  };
  if (const auto* known = state_->kernels.find(spec)) return kernel(get(known->request), known->scale);
  recipes::KnownKernel asked{spec, recipes::fractional_kernel_request(spec.alpha, spec.n),
                             recipes::fractional_scale(spec.alpha, spec.dt)};
  cache::Answer answer = get(asked.request);
  const double scale = asked.scale;
  state_->kernels.remember(std::move(asked));
  return kernel(std::move(answer), scale);
}

Laplacian Engine::laplacian(const LaplacianSpec& spec) { return {get(recipes::laplacian_request(spec)), spec}; }

template <class Real>
FftPlan<Real> Engine::fft_plan(const FftSpec& spec) {
  return state_->plans->plan<Real>(spec);
}

template FftPlan<float> Engine::fft_plan<float>(const FftSpec&);
template FftPlan<double> Engine::fft_plan<double>(const FftSpec&);
template FftPlan<long double> Engine::fft_plan<long double>(const FftSpec&);

cache::Answer Engine::get_or_compute(const Key& key, std::function<Artifact()> make) {
  return get(cache::Request{.key = key,
                            .coverage = 0,
                            .make = [make = std::move(make)](const Artifact*) { return make(); },
                            .estimate = kUnknownCost,
                            .host_binding = {},
                            .dependencies = {}});
}

cache::Answer Engine::get(const Recipe& recipe, const ParameterValues& values) { return get(recipe.request(values)); }

cache::Answer Engine::get(const cache::Request& request) { return state_->get(request); }

std::vector<cache::Cache::Outcome> Engine::get_many(std::span<const cache::Request> requests,
                                                    const std::function<void(std::size_t, cache::Cache::Outcome&)>& arrived) {
  std::vector<cache::Request> with;
  if (state_->give_up) {
    for (const cache::Request& request : requests) with.push_back(state_->with_give_up(request));
    requests = with;
  }
  bool given_up = false;
  auto outcomes = state_->cache->get_many(requests, [&](std::size_t place, cache::Cache::Outcome& outcome) {
    if (!outcome.answer.entry && !outcome.failure) {
      given_up = true;
    } else if (arrived) {
      arrived(place, outcome);
    }
  });
  if (given_up) throw Interrupted();
  return outcomes;
}

void Engine::set_give_up(std::function<bool()> give_up) { state_->give_up = std::move(give_up); }

cache::Metrics Engine::stats() const {
  cache::Metrics metrics = state_->cache->metrics();
  const std::uint64_t live = state_->plans->hits();
  if (live > 0) metrics.kinds["fft_wisdom"].hits += live;
  return metrics;
}
const Config& Engine::config() const noexcept { return state_->config; }
cache::Cache& Engine::cache() noexcept { return *state_->cache; }
cache::DiskTier* Engine::disk() noexcept { return state_->disk; }

}  // namespace almanac
