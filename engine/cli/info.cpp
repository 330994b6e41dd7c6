#include "context.hpp"
#include "economics.hpp"
#include "entries.hpp"
#include "exit_code.hpp"
#include "making.hpp"

#include <almanac/cache/one_line.hpp>
#include <almanac/cache/statistics.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace almanac::cli {
namespace {

/// As whoever asks for all of it would, if anybody can make it here; else by its key alone.
cache::Request request_of(const cache::EntryInfo& entry) {
  Making making = making_of(entry.key, entry.attributes);
  return making.request ? *std::move(making.request) : cache::Request{.key = entry.key};
}

/// Requests that it has answered, as far as processes have written down.
std::uint64_t uses_of(Context& context, const cache::EntryInfo& entry) {
  const cache::Statistics counted = cache::read_statistics(context.disk().root());
  const auto used = counted.used.find(entry.key.id());
  return used == counted.used.end() || used->second.text != entry.key.text() ? 0 : used->second.uses;
}

/// What is not there has a price all the same.
int without_entry(Context& context, const NamedEntry& named, const std::string& trouble) {
  Json document = {{"stored", false}, {"id", named.id.hex()}, {"trouble", trouble}};
  if (named.request) {
    const cache::Appraisal appraisal = context.engine().cache().appraise(*named.request);
    document["key"] = named.request->key.text();
    document["economics"] = describe(appraisal);
    if (!context.json) fmt::print("key       {}\nid        {}\n{}", named.request->key.text(), named.id.hex(), text_of(appraisal));
  }
  if (context.json) context.print(document);
  return kFoundWrong;
}

int info(Context& context, const std::vector<std::string>& words) {
  const NamedEntry named = named_entry(words);
  const auto [entry, trouble] = find_entry(context, named);
  if (!entry) {
    context.note(fmt::format("almanac: {}: {}", fmt::join(words, " "), trouble));
    return without_entry(context, named, trouble);
  }
  const cache::Appraisal appraisal = context.engine().cache().appraise(request_of(*entry));
  if (context.json) {
    Json document = describe(*entry);
    document["stored"] = true;
    document["uses"] = uses_of(context, *entry);
    document["economics"] = describe(appraisal);
    context.print(document);
    return kDone;
  }
  fmt::print("key       {}\nid        {}\npath      {}\nsize      {}\ncost      {}\nproducer  {} {}\n", entry->key.text(),
             entry->key.id().hex(), cache::one_line(entry->path), format_size(entry->stored_bytes), format_duration(entry->facts.cost),
             cache::one_line(entry->facts.producer.version), cache::one_line(entry->facts.producer.instruction_set));
  if (!entry->facts.host_binding.empty()) fmt::print("host      {}\n", cache::one_line(entry->facts.host_binding));
  fmt::print("created   {}\nused      {}\nuses      {}\n", utc(entry->facts.created), utc(entry->last_used), uses_of(context, *entry));
  if (entry->facts.expires) fmt::print("expires   {}\n", utc(*entry->facts.expires));
  for (const auto& array : entry->arrays) {
    fmt::print("array     {} {} {} ({})\n", cache::one_line(array.name), cache::to_string(array.type), fmt::join(array.shape, "x"),
               format_size(array.bytes));
  }
  for (const auto& [name, value] : entry->attributes) {
    fmt::print("attribute {} = {}\n", cache::one_line(name), describe(value).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  fmt::print("{}", text_of(appraisal));
  return kDone;
}

}  // namespace

void add_info(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("info", "All that is known of one artifact, and what keeping it is worth, stored or not");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("what", *words, "KIND name=value …, or an ID")->type_name("KIND name=value … | ID")->required();
  command->callback([&context, &action, words] { action = [&context, words] { return info(context, *words); }; });
}

}  // namespace almanac::cli
