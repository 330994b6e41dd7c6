#include <almanac/warmup.hpp>

#include "toml_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The texts one field stands for: those of a list, or its own.
std::vector<std::string> swept_texts(const std::filesystem::path& file, std::string_view name, const toml::node& node) {
  std::vector<std::string> texts;
  const auto take = [&](const toml::node& element) {
    auto text = scalar_text(element);
    if (!text) {
      throw InputError(fmt::format("{}: {}: must be a number, a text, or a list of them", where(file, element), name));
    }
    texts.push_back(std::move(*text));
  };
  if (const toml::array* list = node.as_array()) {
    if (list->empty()) throw InputError(fmt::format("{}: {}: an empty list asks for nothing", where(file, node), name));
    for (const toml::node& element : *list) take(element);
  } else {
    take(node);
  }
  return texts;
}

void add_combinations(Catalog& catalog, const Recipe& recipe, const std::filesystem::path& file, const toml::table& table) {
  std::vector<ParameterTexts> combinations{{}};
  for (const auto& [key, node] : table) {
    std::vector<ParameterTexts> longer;
    for (const std::string& text : swept_texts(file, key.str(), node)) {
      for (const ParameterTexts& shorter : combinations) {
        longer.push_back(shorter);
        longer.back().emplace_back(key.str(), text);
      }
    }
    combinations = std::move(longer);
  }
  const std::string place = where(file, table);
  for (const ParameterTexts& texts : combinations) {
    try {
      ParameterValues values = recipe.parse(texts);
      recipe.request(values);  // whatever is out of range is told before anything is made
      std::string label(recipe.kind());
      for (const auto& [name, text] : texts) label += fmt::format(" {}={}", name, text);
      catalog.items.push_back({&recipe, std::move(values), std::move(label), place});
    } catch (const std::invalid_argument& problem) {
      throw InputError(fmt::format("{}: {}", place, problem.what()));
    }
  }
}

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
    ++need.requests;
    if (request.coverage > need.request.coverage) need.request = std::move(request);
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

WarmupReport::KindCount& count_of(WarmupReport& report, std::string_view kind) {
  const auto found = std::ranges::find(report.kinds, kind, &WarmupReport::KindCount::kind);
  if (found != report.kinds.end()) return *found;
  report.kinds.push_back({.kind = std::string(kind)});
  return report.kinds.back();
}

}  // namespace

Catalog Catalog::load(const std::filesystem::path& file) {
  Catalog catalog;
  const toml::table root = read_toml(file);
  for (const auto& [key, node] : root) {
    const Recipe* recipe = nullptr;
    try {
      recipe = &RecipeRegistry::builtin().at(key.str());
    } catch (const InputError& problem) {
      throw InputError(fmt::format("{}: {}", where(file, node), problem.what()));
    }
    const toml::array* tables = node.as_array();
    const bool well_formed = tables != nullptr && std::ranges::all_of(*tables, [](const toml::node& element) {
      return element.is_table();
    });
    if (!well_formed) throw InputError(fmt::format("{}: write [[{}]], one table a sweep", where(file, node), key.str()));
    for (const toml::node& table : *tables) add_combinations(catalog, *recipe, file, *table.as_table());
  }
  return catalog;
}

WarmupReport warm_up(Engine& engine, const Catalog& catalog, const WarmupOptions& options) {
  const auto start = Clock::now();
  WarmupReport report;
  const std::vector<Need> needs = gather(catalog);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (options.stop && options.stop()) {
      report.interrupted = true;
      break;
    }
    const Need& need = needs[i];
    WarmupReport::KindCount& count = count_of(report, need.request.key.kind());
    count.requests += need.requests;
    ++count.artifacts;
    if (!options.recompute && is_ready(engine, need.request)) {
      ++count.found;
      continue;
    }
    if (options.progress) options.progress({need.label, i, needs.size()});
    const auto began = Clock::now();
    try {
      cache::Request request = need.request;
      request.recompute = options.recompute;
      engine.get(request);
      is_ready(engine, need.request) ? ++count.made : ++count.not_stored;
    } catch (const std::exception& problem) {
      ++count.failed;
      report.failures.push_back(fmt::format("{}: {}: {}", need.where, need.label, problem.what()));
    }
    count.seconds += seconds_since(began);
  }
  report.seconds = seconds_since(start);
  return report;
}

}  // namespace almanac
