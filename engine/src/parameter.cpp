#include <almanac/parameter.hpp>

#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace almanac {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t cut = text.find_first_of(separators);
    parts.emplace_back(text.substr(0, cut));
    if (cut == std::string_view::npos) return parts;
    text.remove_prefix(cut + 1);
  }
}

template <class T, class Parse>
std::optional<std::vector<T>> parse_list(std::string_view text, std::string_view separators, Parse parse) {
  std::vector<T> values;
  for (const std::string& part : split(text, separators)) {
    const auto value = parse(part);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true" || text == "yes" || text == "1") return true;
  if (text == "false" || text == "no" || text == "0") return false;
  return std::nullopt;
}

bool is_choice(const Parameter& parameter, const std::string& word) {
  return parameter.choices.empty() || std::ranges::find(parameter.choices, word) != parameter.choices.end();
}

template <class T>
std::optional<ParameterValue> wrap(std::optional<T> value) {
  return value ? std::optional<ParameterValue>(std::move(*value)) : std::nullopt;
}

std::optional<ParameterValue> parse_value(const Parameter& parameter, const std::string& text) {
  switch (parameter.type) {
    case ParameterType::real: return wrap(parse_real(text));
    case ParameterType::integer: return wrap(parse_integer(text));
    case ParameterType::flag: return wrap(parse_flag(text));
    case ParameterType::word: return is_choice(parameter, text) ? wrap(std::optional(text)) : std::nullopt;
    case ParameterType::integers: return wrap(parse_list<std::int64_t>(text, "x,", parse_integer));
    case ParameterType::reals: return wrap(parse_list<double>(text, ",", parse_real));
    case ParameterType::complexes: return wrap(parse_list<std::complex<double>>(text, ",", parse_complex));
    case ParameterType::words: {
      std::vector<std::string> words = split(text, ",");
      const bool good = std::ranges::all_of(words, [&](const std::string& word) { return is_choice(parameter, word); });
      return good ? std::optional<ParameterValue>(std::move(words)) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ParameterType type) noexcept {
  switch (type) {
    case ParameterType::real: return "real";
    case ParameterType::integer: return "integer";
    case ParameterType::flag: return "true or false";
    case ParameterType::word: return "word";
    case ParameterType::integers: return "integers, as 64x64";
    case ParameterType::reals: return "reals, as 0.1,0.2";
    case ParameterType::words: return "words, as a,b";
    case ParameterType::complexes: return "numbers, as -3 or -3+4i,2i";
  }
  return "";
}

ParameterValues parse_parameters(std::string_view owner, std::span<const Parameter> parameters, const ParameterTexts& texts) {
  ParameterValues values;
  for (const auto& [name, text] : texts) {
    const auto known = std::ranges::find(parameters, name, &Parameter::name);
    if (known == parameters.end()) {
      std::vector<std::string_view> names;
      for (const Parameter& parameter : parameters) names.push_back(parameter.name);
      throw InputError(fmt::format("{} has no parameter '{}'; it has: {}", owner, name, fmt::join(names, ", ")));
    }
    auto value = parse_value(*known, text);
    if (!value) {
      const std::string allowed = known->choices.empty() ? std::string(to_string(known->type))
                                                         : fmt::format("one of {}", fmt::join(known->choices, ", "));
      throw InputError(fmt::format("{}: {} = '{}': must be {}{}", owner, name, text, allowed,
                                   known->range.empty() ? "" : fmt::format(" ({})", known->range)));
    }
    if (!values.emplace(name, std::move(*value)).second) {
      throw InputError(fmt::format("{}: {} is given twice", owner, name));
    }
  }
  for (const Parameter& parameter : parameters) {
    if (values.contains(parameter.name) || !parameter.otherwise.empty()) continue;
    if (parameter.default_text.empty()) {
      throw InputError(fmt::format("{}: {} is missing: {} ({})", owner, parameter.name, parameter.help, parameter.range));
    }
    values.emplace(parameter.name, parse_value(parameter, parameter.default_text).value());
  }
  return values;
}

}  // namespace almanac
