#include "context.hpp"
#include "exit_code.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>

namespace almanac::cli {
namespace {

int validate(Context& context) {
  std::uint64_t checked = 0;
  Progress progress(!context.quiet);
  const auto findings = context.disk().validate(false, [&](std::uint64_t done, std::uint64_t all) {
    checked = done;
    progress.at(all == 0 ? 1 : static_cast<double>(done) / static_cast<double>(all), "checking every byte");
  });
  progress.clear();
  if (!findings) throw EnvironmentError(findings.error().message);
  if (context.json) {
    Json list = Json::array();
    for (const cache::Finding& finding : *findings) {
      list.push_back({{"path", finding.path.string()}, {"reason", cache::to_string(finding.code)}, {"message", finding.message}});
    }
    context.print({{"checked", checked}, {"wrong", list}});
  } else {
    Table table({"reason", "file", "what"});
    for (const cache::Finding& finding : *findings) {
      table.add({std::string(cache::to_string(finding.code)), finding.path.string(), finding.message});
    }
    if (!table.empty()) fmt::print("{}", table.text());
    context.note(fmt::format("{} files checked, {} wrong", checked, findings->size()));
  }
  return findings->empty() ? kDone : kFoundWrong;
}

}  // namespace

void add_validate(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("validate", "Verify every byte of every artifact on disk; exit code 1 if one is wrong");
  command->callback([&context, &action] { action = [&context] { return validate(context); }; });
}

}  // namespace almanac::cli
