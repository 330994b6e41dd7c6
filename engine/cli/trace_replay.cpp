// almanac trace replay

#include "exit_code.hpp"
#include "interrupt.hpp"
#include "table.hpp"
#include "trace_choice.hpp"

#include <almanac/cache/replay.hpp>
#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace almanac::cli {
namespace {

struct ReplayChoice : SyntheticChoice {
  std::string file;
  std::vector<std::string> policies;
  std::string budget;
  std::uint64_t entries = 0;
  std::vector<std::uint64_t> seeds;
};

/// A size, or a part of a synthetic trace's objects.
struct Budget {
  std::optional<std::uint64_t> bytes;
  double share = 0;

  std::uint64_t of(std::uint64_t object_bytes) const { return bytes ? *bytes : static_cast<std::uint64_t>(share * static_cast<double>(object_bytes)); }
};

/// Errors: InputError.
Budget budget_of(const ReplayChoice& choice) {
  if (choice.budget.ends_with('%')) {
    const auto percent = parse_real(std::string_view(choice.budget).substr(0, choice.budget.size() - 1));
    if (!percent || *percent < 0 || *percent > 1000) throw InputError(fmt::format("--budget = '{}': must be from 0% to 1000%", choice.budget));
    if (!choice.file.empty()) throw InputError(fmt::format("--budget = '{}': a part is that of a synthetic trace's objects; name a size such as 64MB for a file", choice.budget));
    return {std::nullopt, *percent / 100};
  }
  const auto size = parse_size(choice.budget);
  if (!size) throw InputError(fmt::format("--budget = '{}': must be a size such as 64MB, or 5% of a synthetic trace's objects", choice.budget));
  return {size, 0};
}

/// Errors: InputError ← an unknown policy, with the choices.
std::vector<cache::Policy> policies_of(const ReplayChoice& choice) {
  std::vector<cache::Policy> policies;
  for (const std::string& name : choice.policies) {
    const auto policy = cache::parse_policy(name);
    if (!policy) throw InputError("--policy: " + policy.error().message);
    if (std::ranges::find(policies, *policy) == policies.end()) policies.push_back(*policy);
  }
  if (policies.empty()) policies.assign(cache::all_policies().begin(), cache::all_policies().end());
  return policies;
}

/// All policies over one trace, side by side: it is read once.
struct Played {
  std::string trace;            ///< the file, or the seed
  std::uint64_t budget = 0;
  std::uint64_t damaged = 0;
  std::vector<cache::Replay> replays;
};

class Player {
 public:
  Player(const std::vector<cache::Policy>& policies, cache::ReplayBudget budget, Played& played) : played_(played) {
    for (const cache::Policy policy : policies) played_.replays.emplace_back(policy, budget);
  }
  void operator()(const cache::TraceRequest& request) {
    if (++count_ % 1024 == 0 && interrupt_requested()) throw Interrupted();
    for (cache::Replay& replay : played_.replays) replay.request(request);
  }

 private:
  Played& played_;
  std::uint64_t count_ = 0;
};

Played play_file(const ReplayChoice& choice, const std::vector<cache::Policy>& policies, cache::ReplayBudget budget) {
  Played played{choice.file, budget.bytes, 0, {}};
  Player player(policies, budget, played);
  const auto count = cache::read_trace(choice.file, [&](const cache::TraceRequest& request) {
    player(request);
    return true;
  });
  if (!count) {
    const bool is_content = count.error().code == cache::ErrorCode::foreign || count.error().code == cache::ErrorCode::newer_format;
    if (is_content) throw InputError(count.error().message);
    throw EnvironmentError(count.error().message);
  }
  played.damaged = count->damaged;
  return played;
}

Played play_synthetic(const ReplayChoice& choice, std::uint64_t seed, const std::vector<cache::Policy>& policies, const Budget& budget,
                      std::uint64_t entries) {
  cache::SyntheticTrace trace = choice.trace(seed);
  Played played{fmt::format("seed {}", seed), budget.of(trace.object_bytes()), 0, {}};
  Player player(policies, {played.budget, entries}, played);
  for (cache::TraceRequest request; trace.next(request);) player(request);
  return played;
}

/// Paid seconds against those of lru in the same trace, mean of all traces; nothing without lru, or where it pays nothing.
std::optional<double> against_lru(const std::vector<Played>& all, std::size_t place) {
  double sum = 0;
  for (const Played& one : all) {
    const auto lru = std::ranges::find(one.replays, cache::Policy::lru, &cache::Replay::policy);
    if (lru == one.replays.end() || lru->report().seconds_paid() <= 0) return std::nullopt;
    sum += one.replays[place].report().seconds_paid() / lru->report().seconds_paid();
  }
  return sum / static_cast<double>(all.size());
}

Json describe(const cache::Replay& replay) {
  const cache::ReplayReport& report = replay.report();
  return {{"policy", cache::to_string(replay.policy())},
          {"requests", report.requests},
          {"hits", report.hits},
          {"hit_ratio", report.hit_ratio()},
          {"byte_hit_ratio", report.byte_hit_ratio()},
          {"recompute_seconds", report.seconds_paid()},
          {"recompute_seconds_without_cache", seconds(report.cost_asked)},
          {"evictions", report.evictions},
          {"passed_by", report.passed_by},
          {"most_bytes", report.most_bytes},
          {"most_entries", report.most_entries}};
}

void print_json(Context& context, const std::vector<Played>& all, std::uint64_t entries) {
  Json traces = Json::array(), means = Json::array();
  for (const Played& one : all) {
    Json rows = Json::array();
    for (const cache::Replay& replay : one.replays) rows.push_back(describe(replay));
    traces.push_back({{"trace", one.trace}, {"budget_bytes", one.budget}, {"damaged_lines", one.damaged}, {"policies", rows}});
  }
  for (std::size_t place = 0; place < all.front().replays.size(); ++place) {
    const auto ratio = against_lru(all, place);
    means.push_back({{"policy", cache::to_string(all.front().replays[place].policy())}, {"recompute_against_lru", ratio ? Json(*ratio) : Json()}});
  }
  context.print({{"entries", entries == 0 ? Json() : Json(entries)}, {"traces", traces}, {"mean", means}});
}

void print_table(const std::vector<Played>& all) {
  Table table({"trace", "policy", ">requests", ">hit ratio", ">byte hit ratio", ">recompute s", ">evictions", ">passed by"});
  for (const Played& one : all) {
    for (const cache::Replay& replay : one.replays) {
      const cache::ReplayReport& report = replay.report();
      table.add({one.trace, std::string(cache::to_string(replay.policy())), fmt::format("{}", report.requests),
                 fmt::format("{:.4f}", report.hit_ratio()), fmt::format("{:.4f}", report.byte_hit_ratio()),
                 fmt::format("{:.3f}", report.seconds_paid()), fmt::format("{}", report.evictions), fmt::format("{}", report.passed_by)});
    }
  }
  fmt::print("{}", table.text());
  std::string line;
  for (std::size_t place = 0; place < all.front().replays.size(); ++place) {
    const auto ratio = against_lru(all, place);
    const cache::Policy policy = all.front().replays[place].policy();
    if (ratio && policy != cache::Policy::lru) line += fmt::format("{}{} {:.3f}", line.empty() ? "" : ", ", cache::to_string(policy), *ratio);
  }
  if (!line.empty()) fmt::print("recompute seconds against those of lru{}: {}\n", all.size() > 1 ? ", mean" : "", line);
}

int replay(Context& context, const ReplayChoice& choice) {
  const std::vector<cache::Policy> policies = policies_of(choice);
  const Budget budget = budget_of(choice);
  const std::uint64_t entries = choice.entries == 0 ? cache::ReplayBudget{}.entries : choice.entries;
  std::vector<Played> all;
  if (choice.file.empty()) {
    for (const std::uint64_t seed : choice.seeds) all.push_back(play_synthetic(choice, seed, policies, budget, entries));
  } else {
    all.push_back(play_file(choice, policies, {*budget.bytes, entries}));
  }
  if (context.json) {
    print_json(context, all, choice.entries);
  } else {
    print_table(all);
  }
  for (const Played& one : all) {
    if (one.damaged > 0) context.warn(fmt::format("{}: {} damaged line{} passed over", one.trace, one.damaged, one.damaged == 1 ? "" : "s"));
  }
  return kDone;
}

}  // namespace

void add_replay_command(CLI::App& trace, Context& context, Action& action) {
  CLI::App* command = trace.add_subcommand(
      "replay",
      "What policies would make of a trace under a budget: hits, evictions, and the recompute time still paid.\n"
      "Without a file, of synthetic traces: almanac trace replay --budget 5% --seeds 1,2,3,4,5");
  auto choice = std::make_shared<ReplayChoice>();
  choice->seeds = {1};
  CLI::Option* file = command->add_option("file", choice->file, "Trace, as almanac trace record writes it")->type_name("FILE");
  std::string names;
  for (const cache::Policy policy : cache::all_policies()) names += (names.empty() ? "" : ", ") + std::string(cache::to_string(policy));
  command->add_option("--policy", choice->policies, fmt::format("Of {} (default: all)", names))->delimiter(',')->type_name("POLICY,…");
  command->add_option("--budget", choice->budget, "Bytes that may be held: 64MB; 5% of a synthetic trace's objects")->type_name("SIZE")->required();
  command->add_option("--entries", choice->entries, "Entries that may be held besides (default: any number)")->type_name("N")->check(CLI::PositiveNumber);
  command->add_option("--seeds,--seed", choice->seeds, "Of the synthetic traces (default: 1)")->delimiter(',')->type_name("N,…")->excludes(file);
  add_synthetic_options(*command, *choice);
  for (const CLI::Option* option : command->get_options()) {
    if (option->get_group() == kSyntheticGroup) file->excludes(const_cast<CLI::Option*>(option));
  }
  command->callback([&context, &action, choice] {
    action = [&context, choice] {
      watch_for_interrupt();
      return replay(context, *choice);
    };
  });
}

}  // namespace almanac::cli
