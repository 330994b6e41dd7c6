#include "mission_text.hpp"

#include "toml_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace almanac::mission {
namespace {

constexpr std::size_t kLongestText = 200;
constexpr std::int64_t kExactReals = std::int64_t{1} << 53;  // whole numbers up to here are reals without rounding

std::optional<double> as_real(const toml::node& node) {
  if (const auto real = node.value_exact<double>()) return *real;
  const auto whole = node.value_exact<std::int64_t>();
  if (whole && *whole >= -kExactReals && *whole <= kExactReals) return static_cast<double>(*whole);
  return std::nullopt;
}

bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= kLongestText &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string one_of(std::span<const std::string_view> choices) {
  return choices.size() == 1 ? fmt::format("be {}", choices.front()) : fmt::format("be one of {}", fmt::join(choices, ", "));
}

std::string whole_range(std::int64_t low, std::int64_t high) { return fmt::format("be a whole number in [{}, {}]", low, high); }

constexpr std::string_view kPlainText = "be text of 1 to 200 bytes without control characters";

/// Every value of a list, or the one that stands for a list of one.
template <class Visit>
bool for_each_value(const toml::node& node, Visit visit) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return visit(node);
  return !list->empty() && std::ranges::all_of(*list, [&](const toml::node& value) { return visit(value); });
}

/// How many letters must be put in, left out, replaced or swapped with their neighbour to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool Range::holds(double value) const noexcept {
  if (!std::isfinite(value)) return false;
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Range::text() const {
  if (std::isinf(low) && std::isinf(high)) return "be a finite number";
  if (std::isinf(high)) return fmt::format("be a finite number{} {}", low_open ? " above" : ", at least", low);
  if (std::isinf(low)) return fmt::format("be a finite number{} {}", high_open ? " below" : ", at most", high);
  return fmt::format("lie in {}{}, {}{}", low_open ? '(' : '[', low, high, high_open ? ')' : ']');
}

std::string value_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) {
    return text->size() <= 60 ? fmt::format("\"{}\"", *text) : fmt::format("\"{}…\"", text->substr(0, 57));
  }
  if (const auto text = scalar_text(node)) return *text;
  if (const toml::array* list = node.as_array()) {
    std::vector<std::string> values;
    for (const toml::node& value : *list) {
      if (values.size() == 8) {
        values.emplace_back("…");
        break;
      }
      values.push_back(value_text(value));
    }
    return fmt::format("[{}]", fmt::join(values, ", "));
  }
  return node.is_table() ? "a table" : "a date or time";
}

std::string suggestion(std::string_view name, const std::set<std::string, std::less<>>& names) {
  if (name.size() > 40) return "";
  const auto nearest =
      std::ranges::min_element(names, {}, [&](const std::string& known) { return distance(name, known); });
  if (nearest == names.end() || distance(name, *nearest) > std::max<std::size_t>(1, name.size() / 3)) return "";
  return fmt::format(" (did you mean {}?)", *nearest);
}

MissionText::MissionText(std::filesystem::path file, const toml::table& root, std::vector<Choice> choices)
    : file_(std::move(file)), root_(root), choices_(std::move(choices)) {}

std::filesystem::path MissionText::resolve(std::string_view path) const {
  return (file_.parent_path() / std::filesystem::path(path)).lexically_normal();
}

Section MissionText::section(std::string_view name) {
  known_.try_emplace(std::string(name));
  const toml::node* node = root_.get(name);
  if (node != nullptr && !node->is_table()) {
    throw InputError(fmt::format("{}: {} = {}: must be a table, [{}]", where(file_, *node), name, value_text(*node), name));
  }
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  tables_[std::string(name)] = table;
  return {*this, std::string(name), table, name == "model" || name == "time"};
}

void MissionText::refuse_the_unknown() const {
  std::set<std::string, std::less<>> sections;
  for (const auto& [name, fields] : known_) {
    if (name.find('.') == std::string::npos) sections.insert(name);
  }
  for (const auto& [key, node] : root_) {
    if (sections.contains(key.str())) continue;
    throw InputError(fmt::format("{}: [{}] is not a table this mission has{}; it has {}", where(file_, node), key.str(),
                                 suggestion(key.str(), sections), fmt::join(sections, ", ")));
  }
  for (const auto& [name, fields] : known_) {
    const toml::table* table = tables_.at(name);
    if (table == nullptr) continue;
    for (const auto& [key, node] : *table) {
      if (fields.contains(key.str())) continue;
      throw InputError(fmt::format("{}: [{}] {} = {}: there is no such field{}; [{}] has {}", where(file_, node), name, key.str(),
                                   value_text(node), suggestion(key.str(), fields), name, fmt::join(fields, ", ")));
    }
  }
  for (const Choice& choice : choices_) {
    if (used_choices_.contains(choice.name)) continue;
    throw InputError(fmt::format("{}: [sweep] {}: no field of [model] or [time] that can be swept has this name{}; there are {}",
                                 where(file_, *choice.node), choice.name, suggestion(choice.name, sweepable_),
                                 fmt::join(sweepable_, ", ")));
  }
}

Section::Found Section::find(std::string_view field, bool scalar) {
  text_->known_[name_].emplace(field);
  if (sweepable_ && scalar) {
    text_->sweepable_.emplace(field);
    for (const Choice& choice : text_->choices_) {
      if (choice.name != field) continue;
      text_->used_choices_.emplace(field);
      return {choice.node, &choice};
    }
  }
  return {table_ == nullptr ? nullptr : table_->get(field), nullptr};
}

std::string Section::place(const Found& found, std::string_view field) const {
  if (found.node != nullptr) {
    const std::string line = where(text_->file_, *found.node);
    return found.choice != nullptr ? fmt::format("{}: {}", line, found.choice->place) : fmt::format("{}: [{}] {}", line, name_, field);
  }
  if (table_ != nullptr) return fmt::format("{}: [{}] {}", where(text_->file_, *table_), name_, field);
  return fmt::format("{}: [{}] {}", text_->file_.string(), name_, field);
}

void Section::refuse(const Found& found, std::string_view field, std::string_view allowed) const {
  if (found.node == nullptr) missing(field, allowed);
  throw InputError(fmt::format("{} = {}: must {}", place(found, field), value_text(*found.node), allowed));
}

void Section::missing(std::string_view field, std::string_view allowed) const {
  std::string hint;
  const toml::table& around = table_ == nullptr ? text_->root_ : *table_;
  const std::string_view wanted = table_ == nullptr ? std::string_view(name_) : field;
  for (const auto& [key, node] : around) {
    const auto known = text_->known_.find(name_);
    const bool asked = table_ != nullptr && known != text_->known_.end() && known->second.contains(key.str());
    if (!asked && key.str() != wanted && !suggestion(key.str(), {std::string(wanted)}).empty()) {
      hint = fmt::format(" (line {} has {})", node.source().begin.line, key.str());
    }
  }
  throw InputError(fmt::format("{} is missing{}: it must {}", place({}, field), hint, allowed));
}

void Section::refuse(std::string_view field, std::string_view allowed) { refuse(find(field), field, allowed); }

void Section::complain(std::string_view field, std::string_view what) {
  const Found found = find(field);
  const std::string value = found.node == nullptr || found.node->is_table() ? "" : " = " + value_text(*found.node);
  throw InputError(fmt::format("{}{}: {}", place(found, field), value, what));
}

void Section::allow(std::string_view field) { text_->known_[name_].emplace(field); }

void Section::allow_all() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) allow(key.str());
}

bool Section::has(std::string_view field) { return find(field).node != nullptr; }

bool Section::is_table(std::string_view field) {
  const Found found = find(field);
  return found.node != nullptr && found.node->is_table();
}

double Section::real(std::string_view field, const Range& range, std::optional<double> fallback) {
  const Found found = find(field);
  if (found.node == nullptr && fallback) return *fallback;
  const auto value = found.node == nullptr ? std::nullopt : as_real(*found.node);
  if (!value || !range.holds(*value)) refuse(found, field, range.text());
  return *value;
}

std::int64_t Section::integer(std::string_view field, std::int64_t low, std::int64_t high, std::optional<std::int64_t> fallback) {
  const Found found = find(field);
  if (found.node == nullptr && fallback) return *fallback;
  const auto value = found.node == nullptr ? std::nullopt : found.node->value_exact<std::int64_t>();
  if (!value || *value < low || *value > high) refuse(found, field, whole_range(low, high));
  return *value;
}

std::string Section::word(std::string_view field, std::span<const std::string_view> choices,
                          std::optional<std::string_view> fallback) {
  const Found found = find(field);
  if (found.node == nullptr && fallback) return std::string(*fallback);
  const bool scalar = found.node != nullptr && (found.node->is_string() || found.node->is_integer());
  const auto value = scalar ? scalar_text(*found.node) : std::nullopt;
  if (!value || std::ranges::find(choices, *value) == choices.end()) refuse(found, field, one_of(choices));
  return *value;
}

std::string Section::text(std::string_view field, std::optional<std::string_view> fallback) {
  const Found found = find(field, false);
  if (found.node == nullptr && fallback) return std::string(*fallback);
  const auto value = found.node == nullptr ? std::nullopt : found.node->value_exact<std::string>();
  if (!value || !is_plain(*value)) refuse(found, field, kPlainText);
  return *value;
}

std::string Section::label(std::string_view field) {
  const Found found = find(field, false);
  if (found.node == nullptr) return "";
  const auto number = found.node->value_exact<std::int64_t>();
  if (number && *number >= 0) return std::to_string(*number);
  const auto name = found.node->value_exact<std::string>();
  if (!name || !is_plain(*name)) refuse(found, field, "be a name, or a number from 0");
  return *name;
}

std::vector<double> Section::reals(std::string_view field, const Range& range) {
  const Found found = find(field, false);
  std::vector<double> values;
  const bool good = found.node != nullptr && for_each_value(*found.node, [&](const toml::node& node) {
    const auto value = as_real(node);
    if (value) values.push_back(*value);
    return value && range.holds(*value);
  });
  if (!good) refuse(found, field, range.text() + ", or be a list of such numbers");
  return values;
}

std::vector<std::int64_t> Section::integers(std::string_view field, std::int64_t low, std::int64_t high) {
  const Found found = find(field, false);
  std::vector<std::int64_t> values;
  const bool good = found.node != nullptr && for_each_value(*found.node, [&](const toml::node& node) {
    const auto value = node.value_exact<std::int64_t>();
    if (value) values.push_back(*value);
    return value && *value >= low && *value <= high;
  });
  if (!good) refuse(found, field, whole_range(low, high) + ", or a list of such numbers");
  return values;
}

std::vector<std::string> Section::words(std::string_view field, std::span<const std::string_view> choices) {
  const Found found = find(field, false);
  std::vector<std::string> values;
  const bool good = found.node != nullptr && for_each_value(*found.node, [&](const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    if (value) values.push_back(*value);
    return value && std::ranges::find(choices, *value) != choices.end();
  });
  if (!good) refuse(found, field, one_of(choices) + ", or be a list of them");
  return values;
}

std::vector<std::string> Section::texts(std::string_view field) {
  const Found found = find(field, false);
  std::vector<std::string> values;
  const bool good = found.node != nullptr && for_each_value(*found.node, [&](const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    if (value) values.push_back(*value);
    return value && is_plain(*value);
  });
  if (!good) refuse(found, field, std::string(kPlainText) + ", or a list of such texts");
  return values;
}

Section Section::section(std::string_view field) {
  const Found found = find(field, false);
  if (found.node != nullptr && !found.node->is_table()) refuse(found, field, fmt::format("be a table, [{}.{}]", name_, field));
  const std::string full = fmt::format("{}.{}", name_, field);
  const toml::table* table = found.node == nullptr ? nullptr : found.node->as_table();
  text_->known_.try_emplace(full);
  text_->tables_[full] = table;
  return {*text_, full, table, false};
}

}  // namespace almanac::mission
