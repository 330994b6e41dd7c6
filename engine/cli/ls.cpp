#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"
#include "json_list.hpp"
#include "recipe_versions.hpp"
#include "table.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace almanac::cli {
namespace {

/// So many are sorted and aligned; more go by as they come, in memory that does not grow.
constexpr std::size_t kMostSorted = 10'000;

struct LsOptions {
  std::string kind;
  bool unsorted = false;
  bool versions = false;
};

std::vector<std::string> row_of(const cache::EntryInfo& entry) {
  return {entry.key.id().hex(), format_size(entry.stored_bytes), format_duration(entry.facts.cost), utc(entry.facts.created),
          entry.key.text()};
}

/// Collects entries as long as they can be sorted, then lets all go by.
class Listing {
 public:
  Listing(Context& context, std::size_t most_sorted) : context_(context), most_sorted_(most_sorted) {}

  void add(const cache::EntryInfo& entry) {
    ++count_;
    bytes_ += entry.stored_bytes;
    cost_ += entry.facts.cost;
    if (!streams_ && held_.size() < most_sorted_) {
      held_.push_back(entry);
      return;
    }
    if (!streams_) {
      streams_ = true;
      write_held();
    }
    write(entry);
  }

  void finish() {
    std::ranges::sort(held_, {}, [](const cache::EntryInfo& entry) -> const std::string& { return entry.key.text(); });
    if (streams_ || context_.json) {
      write_held();
    } else if (!held_.empty()) {
      Table table({"id", ">size", ">cost", "created", "key"});
      for (const cache::EntryInfo& entry : held_) table.add(row_of(entry));
      fmt::print("{}", table.text());
    }
    list_.reset();
    context_.note(fmt::format("{} artifact{}, {}, {} to compute, in {}{}", count_, count_ == 1 ? "" : "s", format_size(bytes_),
                              format_duration(cost_), context_.disk().root().string(),
                              streams_ ? "; listed in the order of the store" : ""));
  }

 private:
  void write_held() {
    if (context_.json && !list_) list_.emplace(context_);
    for (const cache::EntryInfo& entry : held_) write(entry);
    held_ = {};
  }

  void write(const cache::EntryInfo& entry) {
    if (list_) {
      list_->add(describe(entry));
      return;
    }
    if (!has_heading_) fmt::print("{:32}  {:>8}  {:>8}  {:20}  key\n", "id", "size", "cost", "created");
    has_heading_ = true;
    const std::vector<std::string> row = row_of(entry);
    fmt::print("{}  {:>8}  {:>8}  {}  {}\n", row[0], row[1], row[2], row[3], row[4]);
  }

  Context& context_;
  const std::size_t most_sorted_;
  std::vector<cache::EntryInfo> held_;
  std::optional<JsonList> list_;
  bool streams_ = false;
  bool has_heading_ = false;
  std::uint64_t count_ = 0, bytes_ = 0;
  std::chrono::nanoseconds cost_{0};
};

int ls(Context& context, const LsOptions& options) {
  if (options.versions) {
    print_recipe_versions(context, options.kind);
    return kDone;
  }
  Listing listing(context, options.unsorted ? 0 : kMostSorted);
  for_each_entry(context, options.kind, [&](const cache::EntryInfo& entry) {
    listing.add(entry);
    return true;
  });
  listing.finish();
  return kDone;
}

}  // namespace

void add_ls(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("ls", "The artifacts on disk, by key; more than 10000 in the order of the store");
  auto options = std::make_shared<LsOptions>();
  command->add_option("kind", options->kind, "Only this kind")->type_name("KIND");
  auto* unsorted = command->add_flag("--unsorted", options->unsorted, "As they are found: the first at once, and none held in memory");
  command->add_flag("--versions", options->versions, "The kinds instead, with the versions of their recipes side by side")->excludes(unsorted);
  command->callback([&context, &action, options] { action = [&context, options] { return ls(context, *options); }; });
}

}  // namespace almanac::cli
