#include "context.hpp"
#include "exit_code.hpp"
#include "json_list.hpp"
#include "removing.hpp"
#include "table.hpp"

#include <almanac/cache/removal.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <deque>
#include <optional>

namespace almanac::cli {
namespace {

struct LogOptions {
  std::string reason, since;
  std::int64_t limit = 100;
};

std::vector<std::string> reason_names() {
  std::vector<std::string> names;
  for (const cache::RemovalReason reason : cache::all_removal_reasons()) names.emplace_back(to_string(reason));
  return names;
}

Json describe_removal(const cache::Removal& one) {
  return {{"when", utc(one.when)}, {"reason", to_string(one.reason)}, {"id", one.id.hex()},        {"key", one.key.empty() ? Json() : Json(one.key)},
          {"bytes", one.bytes},    {"cost", seconds(one.cost)},       {"who", one.who}};
}

int log(Context& context, const LogOptions& options) {
  std::optional<std::chrono::system_clock::time_point> since;
  if (!options.since.empty()) since = std::chrono::system_clock::now() - age_of("--since", options.since);
  std::deque<cache::Removal> last;
  std::uint64_t found = 0;
  const auto count = cache::RemovalLog::read(context.disk().root(), [&](const cache::Removal& one) {
    if (!options.reason.empty() && to_string(one.reason) != options.reason) return true;
    if (since && one.when < *since) return true;
    ++found;
    last.push_back(one);
    if (options.limit > 0 && last.size() > static_cast<std::size_t>(options.limit)) last.pop_front();
    return true;
  });
  if (!count) throw EnvironmentError(count.error().message);
  if (context.json) {
    JsonList list(context);
    for (const cache::Removal& one : last) list.add(describe_removal(one));
  } else if (!last.empty()) {
    Table table({"when", "reason", ">size", ">cost", "who", "key"});
    for (const cache::Removal& one : last) {
      table.add({utc(one.when), std::string(to_string(one.reason)), format_size(one.bytes), format_duration(one.cost), one.who,
                 one.key.empty() ? one.id.hex() : one.key});
    }
    fmt::print("{}", table.text());
  }
  std::string line = fmt::format("{} removal{}", found, found == 1 ? "" : "s");
  if (last.size() < found) line += fmt::format(", of which the last {}; --limit 0 shows all", last.size());
  if (count->damaged > 0) line += fmt::format("; {} damaged line{} passed over", count->damaged, count->damaged == 1 ? "" : "s");
  context.note(line);
  return kDone;
}

}  // namespace

void add_log(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("log", "What was removed from the cache, when, why, and who asked for it; the last at the end");
  auto options = std::make_shared<LogOptions>();
  command->add_option("--reason", options->reason, "Only for this reason")->type_name("REASON")->check(CLI::IsMember(reason_names()));
  command->add_option("--since", options->since, "Only what went since then: 1h, 30d …")->type_name("AGE");
  command->add_option("--limit", options->limit, "So many at most, the last; 0: all")->type_name("N")->capture_default_str()->check(CLI::NonNegativeNumber);
  command->callback([&context, &action, options] { action = [&context, options] { return log(context, *options); }; });
}

}  // namespace almanac::cli
