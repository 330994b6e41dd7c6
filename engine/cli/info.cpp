#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"

#include <almanac/cache/one_line.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace almanac::cli {
namespace {

int info(Context& context, const std::vector<std::string>& words) {
  const auto [entry, trouble] = find_entry(context, named_entry(words));
  if (!entry) {
    if (context.json) context.print(Json());
    context.note(fmt::format("almanac: {}: {}", fmt::join(words, " "), trouble));
    return kFoundWrong;
  }
  if (context.json) {
    context.print(describe(*entry));
    return kDone;
  }
  fmt::print("key       {}\nid        {}\npath      {}\nsize      {}\ncost      {}\nproducer  {} {}\n", entry->key.text(),
             entry->key.id().hex(), cache::one_line(entry->path), format_size(entry->stored_bytes), format_duration(entry->facts.cost),
             cache::one_line(entry->facts.producer.version), cache::one_line(entry->facts.producer.instruction_set));
  if (!entry->facts.host_binding.empty()) fmt::print("host      {}\n", cache::one_line(entry->facts.host_binding));
  fmt::print("created   {}\nused      {}\n", utc(entry->facts.created), utc(entry->last_used));
  if (entry->facts.expires) fmt::print("expires   {}\n", utc(*entry->facts.expires));
  for (const auto& array : entry->arrays) {
    fmt::print("array     {} {} {} ({})\n", cache::one_line(array.name), cache::to_string(array.type), fmt::join(array.shape, "x"),
               format_size(array.bytes));
  }
  for (const auto& [name, value] : entry->attributes) {
    fmt::print("attribute {} = {}\n", cache::one_line(name), describe(value).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return kDone;
}

}  // namespace

void add_info(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("info", "All that is known of one stored artifact");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("what", *words, "KIND name=value …, or an ID")->type_name("KIND name=value … | ID")->required();
  command->callback([&context, &action, words] { action = [&context, words] { return info(context, *words); }; });
}

}  // namespace almanac::cli
