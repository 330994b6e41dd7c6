#include "context.hpp"
#include "entries.hpp"
#include "other_hosts.hpp"
#include "removing.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace almanac::cli {
namespace {

struct InvalidateOptions {
  std::vector<std::string> words;  // KIND, KIND name=value … or ID
  std::string kind, tag, glob, producer, recipe_version, older_than, unused_for, reason;
  bool expired = false, other_hosts = false;
  bool dry_run = false, yes = false, rewarm = false;
};

/// What a person writes down as the cause, rather than what the choice itself says.
cache::RemovalReason reason_of(const InvalidateOptions& options) {
  if (!options.reason.empty()) return *cache::parse_removal_reason(options.reason);  // one of the choices
  if (options.expired) return cache::RemovalReason::ttl_expired;
  if (options.other_hosts) return cache::RemovalReason::data_changed;
  const bool is_pattern = !(options.tag.empty() && options.glob.empty() && options.producer.empty() && options.older_than.empty() &&
                            options.unused_for.empty());
  return is_pattern ? cache::RemovalReason::pattern : cache::RemovalReason::manual;
}

cache::Selection selection_of(const InvalidateOptions& options) {
  cache::Selection selection;
  selection.kind = options.kind;
  if (options.words.size() == 1 && !cache::Id::parse(options.words.front()).ok()) {
    if (!selection.kind.empty()) throw InputError("invalidate: KIND and --kind are the same: give one of them");
    selection.kind = options.words.front();
  } else if (!options.words.empty()) {
    selection.ids = {named_entry(options.words).id};
  }
  if (!options.recipe_version.empty()) {
    const auto version = parse_integer(options.recipe_version);
    if (!version || *version < 1 || *version > 1'000'000'000) {
      throw InputError(fmt::format("--recipe-version = '{}': must be a whole number from 1 on", options.recipe_version));
    }
    selection.version = static_cast<int>(*version);
  }
  selection.tag = options.tag;
  selection.glob = options.glob;
  selection.producer = options.producer;
  if (!options.older_than.empty()) selection.older_than = age_of("--older-than", options.older_than);
  if (!options.unused_for.empty()) selection.unused_for = age_of("--unused-for", options.unused_for);
  selection.expired = options.expired;
  if (options.other_hosts) {
    selection.also = [hosts = std::make_shared<const OtherHosts>()](const cache::Key& key, const cache::EntryFacts& facts) {
      return hosts->have(key, facts);
    };
  }
  if (selection.is_everything()) {
    throw InputError("invalidate: say what: KIND name=value …, ID, --kind, --tag, --glob, --producer, --recipe-version, --older-than, "
                     "--unused-for, --expired or --other-hosts; everything goes by almanac clear --all");
  }
  return selection;
}

int invalidate(Context& context, const InvalidateOptions& options) {
  return remove_chosen(context, {.command = "invalidate",
                                 .selection = selection_of(options),
                                 .reason = reason_of(options),
                                 .yes = options.yes,
                                 .dry_run = options.dry_run,
                                 .rewarm = options.rewarm});
}

}  // namespace

void add_invalidate(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand(
      "invalidate", "Remove artifacts of which all holds that is said here, and what was made from them; almanac log tells of it");
  auto options = std::make_shared<InvalidateOptions>();
  // An empty text says nothing, and what says nothing means everything: a variable that is not set must not clear a cache.
  const CLI::Validator not_empty([](std::string& text) { return text.empty() ? std::string("must not be empty") : std::string(); }, "");
  const auto text = [&](const char* name, std::string& value, const char* help, const char* type) {
    return command->add_option(name, value, help)->type_name(type)->check(not_empty);
  };
  command->add_option("words", options->words, "One kind, or one artifact: KIND, KIND name=value …, or ID")->type_name("WHAT")->check(not_empty);
  text("--kind", options->kind, "Of this kind", "KIND");
  text("--tag", options->tag, "With this tag", "TAG");
  text("--glob", options->glob, "Whose key text is like this, as 'laplacian@*{*extent=512x512*}': * ? [a-z] [!a-z]", "PATTERN");
  text("--producer", options->producer, "Made by a program and version like this, as 'almanac/0.1.*'", "PATTERN");
  text("--recipe-version", options->recipe_version, "Of this version of their recipe: see ls --versions", "N");
  text("--older-than", options->older_than, "Made longer ago than this: 30d, 12h …", "AGE");
  text("--unused-for", options->unused_for, "Last used longer ago than this", "AGE");
  command->add_flag("--expired", options->expired, "Past their time");
  command->add_flag("--other-hosts", options->other_hosts, "Bound to another processor, instruction set or FFTW than this program's");
  text("--reason", options->reason, "What the log is to say instead of what the choice itself says", "REASON")
      ->check(CLI::IsMember({"manual", "data_changed"}));
  command->add_flag("--dry-run", options->dry_run, "List what would go, and remove nothing");
  command->add_flag("--yes,-y", options->yes, "Do not ask; else it is asked where more than one artifact goes");
  command->add_flag("--rewarm", options->rewarm, "Make anew what went");
  command->callback([&context, &action, options] { action = [&context, options] { return invalidate(context, *options); }; });
}

}  // namespace almanac::cli
