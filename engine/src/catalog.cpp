#include <almanac/warmup.hpp>

#include "data_folder.hpp"
#include "making.hpp"
#include "toml_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <istream>
#include <sstream>
#include <system_error>

namespace almanac {
namespace {

/// Errors: InputError ← a parameter or value that the recipe refuses: whatever is out of range is told before anything is made
Catalog::Item read_item(const Recipe& recipe, const ParameterTexts& texts, const std::string& place) {
  try {
    ParameterValues values = recipe.parse(texts);
    recipe.request(values);
    std::string label(recipe.kind());
    for (const auto& [name, text] : texts) label += fmt::format(" {}={}", name, text);
    return {&recipe, std::move(values), std::move(label), place};
  } catch (const std::invalid_argument& problem) {
    throw InputError(fmt::format("{}: {}", place, problem.what()));
  }
}

/// Errors: InputError ← no recipe has this name
const Recipe& recipe_of(std::string_view kind, const std::string& place) {
  try {
    return RecipeRegistry::builtin().at(kind);
  } catch (const InputError& problem) {
    throw InputError(fmt::format("{}: {}", place, problem.what()));
  }
}

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
  for (const ParameterTexts& texts : combinations) catalog.items.push_back(read_item(recipe, texts, where(file, table)));
}

}  // namespace

Catalog Catalog::load(const std::filesystem::path& file) {
  Catalog catalog;
  const toml::table root = read_toml(file);
  for (const auto& [key, node] : root) {
    const Recipe& recipe = recipe_of(key.str(), where(file, node));
    const toml::array* tables = node.as_array();
    const bool well_formed = tables != nullptr && std::ranges::all_of(*tables, [](const toml::node& element) {
      return element.is_table();
    });
    if (!well_formed) throw InputError(fmt::format("{}: write [[{}]], one table a sweep", where(file, node), key.str()));
    for (const toml::node& table : *tables) add_combinations(catalog, recipe, file, *table.as_table());
  }
  return catalog;
}

Catalog Catalog::standard() { return load(data_file("catalogs/standard.toml")); }

Catalog Catalog::named(const std::string& name, const std::filesystem::path& folder) {
  return name == "standard" ? standard() : load((folder / name).lexically_normal());
}

Catalog Catalog::read_list(std::istream& text, const std::string& name) {
  Catalog catalog;
  std::string line;
  for (std::size_t number = 1; std::getline(text, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind, word;
    if (!(words >> kind)) continue;
    const std::string place = fmt::format("{}:{}", name, number);
    const Recipe& recipe = recipe_of(kind, place);
    ParameterTexts texts;
    while (words >> word) {
      const std::size_t sign = word.find('=');
      if (sign == std::string::npos || sign == 0) throw InputError(fmt::format("{}: {}: '{}': write name=value", place, kind, word));
      texts.emplace_back(word.substr(0, sign), word.substr(sign + 1));
    }
    catalog.items.push_back(read_item(recipe, texts, place));
  }
  if (text.bad()) throw EnvironmentError(fmt::format("cannot read {} to its end", name));
  return catalog;
}

Catalog Catalog::most_used(const cache::Statistics& counted, std::size_t most, std::size_t* passed_over) {
  Catalog catalog;
  for (const cache::UsedKey* used : counted.by_worth()) {
    if (catalog.items.size() == most) break;
    const auto key = cache::Key::parse(used->text);
    cache::Attributes attributes;
    if (used->coverage > 0) attributes.emplace(cache::kCoverage, used->coverage);
    Making making = key.ok() ? making_of(*key, attributes) : Making{};
    if (making.request) {
      catalog.items.push_back({making.recipe, std::move(making.values), used->text, "what was used"});
    } else if (passed_over != nullptr) {
      ++*passed_over;
    }
  }
  return catalog;
}

Catalog Catalog::load_list(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) throw InputError(fmt::format("{}: it is a folder", file.string()));
  errno = 0;
  std::ifstream stream(file);
  if (!stream && errno == ENOENT) throw InputError(fmt::format("{}: there is no such file", file.string()));
  if (!stream) throw EnvironmentError(fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(errno)));
  return read_list(stream, file.string());
}

}  // namespace almanac
