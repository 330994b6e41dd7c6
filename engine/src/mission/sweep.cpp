#include "sweep.hpp"

#include "toml_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace almanac::mission {
namespace {

struct SweptField {
  std::string name;
  const toml::array* values;
  std::string place;
};

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+' || c == '_';
  });
}

const toml::array& read_list(const std::filesystem::path& file, std::string_view section, std::string_view name, const toml::node& node) {
  const auto refuse = [&](const toml::node& at, std::string_view allowed) {
    throw InputError(fmt::format("{}: [{}] {} = {}: must {}", where(file, at), section, name, value_text(at), allowed));
  };
  const toml::array* values = node.as_array();
  if (values == nullptr || values->empty()) refuse(node, "be a list of values, [a, b …]");
  std::set<std::string> seen;
  for (const toml::node& value : *values) {
    const auto text = scalar_text(value);
    if (!text || value.is_boolean() || !is_file_name(*text)) refuse(value, "be a number or a word");
    if (!seen.insert(*text).second) refuse(value, "be in the list only once");
  }
  return *values;
}

const toml::table* find_table(const toml::table& root, std::string_view name) {
  const toml::node* node = root.get(name);
  return node == nullptr ? nullptr : node->as_table();
}

std::vector<SweptField> read_fields(const std::filesystem::path& file, const toml::table& root,
                                    const models::Model::ImpliedSweep& implied) {
  std::vector<SweptField> fields;
  if (const toml::table* sweep = find_table(root, "sweep")) {
    for (const auto& [key, node] : *sweep) {
      fields.push_back({std::string(key.str()), &read_list(file, "sweep", key.str(), node), fmt::format("[sweep] {}", key.str())});
    }
  }
  const toml::table* model = find_table(root, "model");
  if (!implied.list.empty() && model != nullptr) {
    if (const toml::node* list = model->get(implied.list)) {
      const bool twice = std::ranges::find(fields, implied.one, &SweptField::name) != fields.end();
      if (twice || model->get(implied.one) != nullptr) {
        throw InputError(fmt::format("{}: [model] {}: give either {} or {}", where(file, *list), implied.list, implied.list, implied.one));
      }
      fields.push_back({std::string(implied.one), &read_list(file, "model", implied.list, *list), fmt::format("[model] {}", implied.list)});
    }
  }
  std::ranges::sort(fields, {}, [](const SweptField& field) {
    const auto& place = field.values->source().begin;
    return std::tuple(place.line, place.column);
  });
  return fields;
}

}  // namespace

std::vector<Combination> read_sweep(const std::filesystem::path& file, const toml::table& root,
                                    const models::Model::ImpliedSweep& implied) {
  std::vector<Combination> all(1);
  for (const SweptField& field : read_fields(file, root, implied)) {
    if (all.size() > kMostCases / field.values->size()) {
      throw InputError(fmt::format("{}: {}: with {} values there are more than {} cases", where(file, *field.values), field.place,
                                   field.values->size(), kMostCases));
    }
    std::vector<Combination> more;
    for (const Combination& before : all) {
      for (const toml::node& value : *field.values) {
        Combination one = before;
        one.name += fmt::format("{}{}={}", one.name.empty() ? "" : ",", field.name, *scalar_text(value));
        one.choices.push_back({field.name, &value, field.place});
        more.push_back(std::move(one));
      }
    }
    all = std::move(more);
  }
  for (const Combination& one : all) {
    if (one.name.size() > 200) throw InputError(fmt::format("{}: [sweep]: {}: the name of a case must have at most 200 characters", file.string(), one.name));
  }
  return all;
}

}  // namespace almanac::mission
