#include <almanac/warmup.hpp>

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <new>
#include <utility>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One artifact to make ready, and how many requests of the catalog it serves.
struct Need {
  cache::Request request;
  std::string label;
  std::string where;
  std::size_t requests = 0;
};

/// The catalog's requests by key, each with the greatest coverage asked for.
std::vector<Need> gather(const Catalog& catalog) {
  std::vector<Need> needs;
  std::map<std::string, std::size_t, std::less<>> index;
  for (const Catalog::Item& item : catalog.items) {
    cache::Request request = item.recipe->request(item.values);
    const auto [place, fresh] = index.try_emplace(request.key.text(), needs.size());
    if (fresh) {
      needs.push_back({std::move(request), item.label, item.where, 1});
      continue;
    }
    Need& need = needs[place->second];
    const std::size_t requests = need.requests + 1;
    if (request.coverage > need.request.coverage) need = {std::move(request), item.label, item.where, 0};
    need.requests = requests;
  }
  return needs;
}

bool is_ready(Engine& engine, const cache::Request& request) {
  if (cache::DiskTier* disk = engine.disk()) {
    const auto info = disk->peek(request.key);
    return info.ok() && *info && cache::coverage_of((*info)->attributes) >= request.coverage;
  }
  const auto info = engine.cache().peek(request.key);
  return info && cache::coverage_of(info->attributes) >= request.coverage;
}

/// One round: what is missing, asked for together.
class Round {
 public:
  Round(Engine& engine, const Catalog& catalog, const WarmupOptions& options)
      : engine_(engine), options_(options), needs_(gather(catalog)) {}

  WarmupReport run() {
    const auto start = Clock::now();
    for (const Need& need : needs_) {
      WarmupReport::KindCount& count = count_of(need);
      count.requests += need.requests;
      ++count.artifacts;
    }
    find_missing();
    if (!report_.interrupted) make_missing();
    report_.seconds = seconds_since(start);
    return std::move(report_);
  }

 private:
  WarmupReport::KindCount& count_of(const Need& need) {
    const std::string_view kind = need.request.key.kind();
    const auto found = std::ranges::find(report_.kinds, kind, &WarmupReport::KindCount::kind);
    if (found != report_.kinds.end()) return *found;
    report_.kinds.push_back({.kind = std::string(kind)});
    return report_.kinds.back();
  }

  void find_missing() {
    for (const Need& need : needs_) {
      if (options_.stop && options_.stop()) {
        report_.interrupted = true;
        return;
      }
      if (!options_.recompute && is_ready(engine_, need.request)) {
        ++count_of(need).found;
        ++done_;
      } else {
        missing_.push_back(&need);
      }
    }
  }

  cache::Request request_for(const Need& need) {
    cache::Request request = need.request;
    request.recompute = options_.recompute;
    request.keep = true;
    request.give_up = options_.stop;
    request.make = [this, &need, make = need.request.make](const Artifact* prior) {
      if (options_.progress) options_.progress({need.label, done_, needs_.size()});
      struct Watch {
        double& seconds;
        Clock::time_point start = Clock::now();
        ~Watch() { seconds += seconds_since(start); }
      } const watch{count_of(need).seconds};
      return make(prior);
    };
    return request;
  }

  void take(const Need& need, cache::Cache::Outcome& outcome) {
    WarmupReport::KindCount& count = count_of(need);
    ++done_;
    if (outcome.failure) {
      ++count.failed;
      report_.failures.push_back(fmt::format("{}: {}: {}", need.where, need.label, message_of(outcome.failure)));
      return;
    }
    const cache::EntryPtr entry = std::exchange(outcome.answer.entry, nullptr);  // what is ready is not held until the last is
    if (!entry) return;
    const bool is_computed = outcome.answer.source == "computed";
    bool is_kept = is_ready(engine_, need.request);
    if (!is_kept && !is_computed) {
      // This process has it in memory, but it is no longer where the next one looks.
      engine_.cache().put_many({&entry, 1});
      is_kept = is_ready(engine_, need.request);
    }
    ++(!is_kept ? count.not_stored : is_computed ? count.made : count.found);
  }

  static std::string message_of(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::bad_alloc&) {
      return "out of memory";
    } catch (const std::exception& problem) {
      return problem.what();
    } catch (...) {
      return "an exception that says nothing";
    }
  }

  void make_missing() {
    std::vector<cache::Request> requests;
    for (const Need* need : missing_) requests.push_back(request_for(*need));
    try {
      engine_.get_many(requests, [this](std::size_t place, cache::Cache::Outcome& outcome) { take(*missing_[place], outcome); });
    } catch (const Interrupted&) {
      report_.interrupted = true;
    }
  }

  Engine& engine_;
  const WarmupOptions& options_;
  const std::vector<Need> needs_;
  std::vector<const Need*> missing_;
  std::size_t done_ = 0;
  WarmupReport report_;
};

}  // namespace

WarmupReport warm_up(Engine& engine, const Catalog& catalog, const WarmupOptions& options) {
  return Round(engine, catalog, options).run();
}

}  // namespace almanac
