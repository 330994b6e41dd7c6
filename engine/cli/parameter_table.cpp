#include "parameter_table.hpp"

#include "table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace almanac::cli {

std::string parameter_table(std::span<const Parameter> parameters) {
  Table table({"  parameter", "type", "default", "allowed", "meaning"});
  for (const Parameter& parameter : parameters) {
    table.add({"  " + parameter.name, std::string(to_string(parameter.type)),
               !parameter.otherwise.empty()      ? fmt::format("({})", parameter.otherwise)
               : parameter.default_text.empty() ? "(needed)"
                                                : parameter.default_text,
               parameter.choices.empty() ? parameter.range : fmt::format("{}", fmt::join(parameter.choices, " ")),
               parameter.help});
  }
  return table.text();
}

Json describe(std::span<const Parameter> parameters) {
  Json list = Json::array();
  for (const Parameter& parameter : parameters) {
    Json described = {{"name", parameter.name},
                      {"type", to_string(parameter.type)},
                      {"default", parameter.default_text.empty() ? Json() : Json(parameter.default_text)},
                      {"range", parameter.range},
                      {"choices", parameter.choices},
                      {"help", parameter.help}};
    if (!parameter.otherwise.empty()) described["otherwise"] = parameter.otherwise;
    list.push_back(std::move(described));
  }
  return list;
}

}  // namespace almanac::cli
