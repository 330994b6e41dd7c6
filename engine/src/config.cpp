#include <almanac/config.hpp>

#include "recipes/builtin_kinds.hpp"
#include "settings.hpp"
#include "toml_text.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace almanac {

/// What somebody said of one setting, and where.
struct Config::Given {
  std::string name, text, source;
};

namespace {

constexpr std::string_view kKinds = "kinds.";
/// Not a setting of the cache's: says that a kind is no mistake, though no recipe has its name.
constexpr std::string_view kOwn = "own";

/// A folder by the XDG variable, which must be absolute, else below the home folder.
std::filesystem::path xdg_folder(const char* variable, const char* below_home) {
  if (const char* folder = std::getenv(variable); folder != nullptr && *folder == '/') return folder;
  return home_folder() / below_home;
}

template <class Definition>
const Definition& definition_of(std::span<const Definition> all, std::string_view name, std::string_view prefix, std::string_view source) {
  const auto found = std::ranges::find(all, name, &Definition::name);
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  for (const Definition& one : all) names.push_back(fmt::format("{}{}", prefix, one.name));
  throw InputError(fmt::format("{}: unknown setting '{}{}'; settings: {}", source, prefix, name, fmt::join(names, ", ")));
}

[[noreturn]] void refuse_setting(std::string_view source, std::string_view name, std::string_view text, std::string_view range) {
  throw InputError(fmt::format("{}: {} = '{}': must be {}", source, name, text, range));
}

/// A table of the file that has settings in it: "fft" of "fft.tune_in_background".
bool has_settings_below(const std::string& table) {
  return std::ranges::any_of(all_settings(), [&](const SettingDefinition& setting) { return setting.name.starts_with(table + '.'); });
}

/// "kinds.laplacian.ttl" in its two parts.
std::pair<std::string, std::string> kind_and_setting(std::string_view name) {
  name.remove_prefix(kKinds.size());
  const std::size_t point = std::min(name.find('.'), name.size());
  return {std::string(name.substr(0, point)), std::string(name.substr(std::min(point + 1, name.size())))};
}

void check_kind(const std::string& kind, bool is_own, std::string_view source) {
  if (!is_own && std::ranges::find(recipes::kBuiltinKinds, kind) == recipes::kBuiltinKinds.end()) {
    throw InputError(fmt::format("{}: [kinds.{}]: unknown kind '{}'; known kinds: {}; for one that programs make themselves, say own = true", source,
                                 kind, kind, fmt::join(recipes::kBuiltinKinds, ", ")));
  }
  if (!cache::is_name(kind)) throw InputError(fmt::format("{}: [kinds.{}]: no kind has such a name", source, kind));
}

std::optional<std::filesystem::path> find_file(const std::optional<std::filesystem::path>& given) {
  if (given) return given;
  if (const char* file = std::getenv("ALMANAC_CONFIG"); file != nullptr && *file != '\0') return file;
  std::error_code ignored;
  for (const auto& candidate : {std::filesystem::path("almanac.toml"), xdg_folder("XDG_CONFIG_HOME", ".config") / "almanac" / "almanac.toml"}) {
    if (std::filesystem::exists(candidate, ignored)) return candidate;
  }
  return std::nullopt;
}

/// A scalar, or a list of them, as it would be written behind a flag; nullopt: neither.
std::optional<std::string> setting_text(const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return scalar_text(node);
  std::vector<std::string> texts;
  for (const toml::node& element : *list) {
    const auto text = scalar_text(element);
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// Calls `take` with name, text and place of each setting of a table.
template <class Take>
void read_table(const std::filesystem::path& file, const toml::table& table, const std::string& prefix, const Take& take) {
  for (const auto& [key, node] : table) {
    const std::string place = where(file, node), name = prefix + std::string(key.str());
    const toml::table* const inner = node.as_table();
    const bool is_of_kinds = name == "kinds" || prefix == kKinds;
    if (inner != nullptr && (is_of_kinds || has_settings_below(name))) {
      if (prefix == kKinds) take(name, std::string(), place);
      read_table(file, *inner, name + '.', take);
      continue;
    }
    if (is_of_kinds) throw InputError(fmt::format("{}: {}: must be a table, [kinds.NAME]", place, name));
    // What it is called is looked at first: a list in the place of an unknown setting is an unknown setting.
    const bool is_of_kind = prefix.starts_with(kKinds);
    const std::string_view range = is_of_kind && std::string_view(key.str()) == kOwn
                                       ? "true or false"
                                   : is_of_kind ? std::string_view(definition_of(all_kind_settings(), key.str(), prefix, place).range)
                                                : std::string_view(definition_of(all_settings(), name, {}, place).range);
    const bool may_be_list = is_of_kind && std::string_view(key.str()) == "tiers";
    const auto text = may_be_list ? setting_text(node) : scalar_text(node);
    if (!text) throw InputError(fmt::format("{}: {}: must be {}", place, name, range));
    take(name, *text, place);
  }
}

}  // namespace

std::filesystem::path default_cache_dir() {
  if (const char* folder = std::getenv("ALMANAC_DIR"); folder != nullptr && *folder != '\0') return folder;
  return xdg_folder("XDG_CACHE_HOME", ".cache") / "almanac";
}

/// Kinds last: they begin with what is said of all.
void Config::take(const std::vector<Given>& all) {
  std::vector<const Given*> of_kinds;
  for (const Given& one : all) {
    if (one.name.starts_with(kKinds)) {
      of_kinds.push_back(&one);
      continue;
    }
    const SettingDefinition& setting = definition_of(all_settings(), one.name, {}, one.source);
    if (!setting.read(*this, one.text)) refuse_setting(one.source, one.name, one.text, setting.range);
    sources_[one.name] = one.source;
  }
  std::map<std::string, bool, std::less<>> is_own;
  for (const Given* one : of_kinds) {
    const auto [kind, setting] = kind_and_setting(one->name);
    if (setting != kOwn) continue;
    if (one->text != "true" && one->text != "false") refuse_setting(one->source, one->name, one->text, "true or false");
    is_own[kind] = one->text == "true";
  }
  for (const Given* one : of_kinds) {
    const auto [kind, setting] = kind_and_setting(one->name);
    check_kind(kind, is_own[kind], one->source);
    cache::KindSettings& settings = kinds.try_emplace(kind, defaults).first->second;
    if (setting.empty() || setting == kOwn) continue;
    const KindSettingDefinition& definition = definition_of(all_kind_settings(), setting, fmt::format("{}{}.", kKinds, kind), one->source);
    if (!definition.read(settings, one->text)) refuse_setting(one->source, one->name, one->text, definition.range);
    sources_[one->name] = one->source;
  }
  for (const Given& one : all) given_.emplace_back(one.name, one.text);
}

Config Config::load(const std::optional<std::filesystem::path>& file,
                    const std::map<std::string, std::string, std::less<>>& flags) {
  std::vector<Given> all;
  if (const auto found = find_file(file)) {
    read_table(*found, read_toml(*found), {},
               [&](const std::string& name, const std::string& text, const std::string& place) { all.push_back({name, text, place}); });
  }
  for (const SettingDefinition& setting : all_settings()) {
    const char* text = std::getenv(setting.variable);
    if (text != nullptr && *text != '\0') all.push_back({std::string(setting.name), text, fmt::format("${}", setting.variable)});
  }
  for (const auto& [name, text] : flags) {
    std::string flag = "--" + name;
    std::ranges::replace(flag, '_', '-');
    all.push_back({name, text, flag});
  }
  Config config;
  config.cache_dir = xdg_folder("XDG_CACHE_HOME", ".cache") / "almanac";
  config.take(all);
  return config;
}

Config Config::of(const std::vector<std::pair<std::string, std::string>>& given) {
  std::vector<Given> all;
  for (const auto& [name, text] : given) all.push_back({name, text, "settings"});
  Config config;
  config.cache_dir = xdg_folder("XDG_CACHE_HOME", ".cache") / "almanac";
  config.take(all);
  return config;
}

std::vector<Config::Setting> Config::settings() const {
  std::vector<Setting> list;
  for (const SettingDefinition& setting : all_settings()) {
    const auto source = sources_.find(setting.name);
    list.push_back({std::string(setting.name), setting.show(*this), source == sources_.end() ? "default" : source->second,
                    std::string(setting.help)});
  }
  for (const auto& [kind, settings] : kinds) {
    for (const KindSettingDefinition& setting : all_kind_settings()) {
      const std::string name = fmt::format("{}{}.{}", kKinds, kind, setting.name);
      const auto source = sources_.find(name);
      if (source != sources_.end()) list.push_back({name, setting.show(settings), source->second, std::string(setting.help)});
    }
  }
  return list;
}

}  // namespace almanac
