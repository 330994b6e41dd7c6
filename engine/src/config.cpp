#include <almanac/config.hpp>

#include "toml_text.hpp"

#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <system_error>

namespace almanac {
namespace {

/// $HOME, else what the password file says; "." where nobody knows.
std::filesystem::path home() {
  if (const char* folder = std::getenv("HOME"); folder != nullptr && *folder != '\0') return folder;
  if (const passwd* user = getpwuid(getuid()); user != nullptr && user->pw_dir != nullptr) return user->pw_dir;
  return ".";
}

/// A folder by the XDG variable, which must be absolute, else below the home folder.
std::filesystem::path home_folder(const char* variable, const char* below_home) {
  if (const char* folder = std::getenv(variable); folder != nullptr && *folder == '/') return folder;
  return home() / below_home;
}

/// "~/x" as the shell would have read it.
std::filesystem::path expanded(const std::string& text) {
  return text == "~" || text.starts_with("~/") ? home() / text.substr(std::min<std::size_t>(2, text.size())) : std::filesystem::path(text);
}

/// One setting: its name in files and flags, its variable, how it is read and shown.
struct SettingDefinition {
  std::string_view name;
  const char* variable;
  std::string_view help;
  std::string_view range;
  bool (*read)(Config&, const std::string& text);
  std::string (*show)(const Config&);
};

bool read_bool(bool& target, const std::string& text) {
  if (text != "true" && text != "false" && text != "1" && text != "0") return false;
  target = text == "true" || text == "1";
  return true;
}

std::string show_bool(bool value) { return value ? "true" : "false"; }

const std::array<SettingDefinition, 8> kSettings{{
    {"cache_dir", "ALMANAC_DIR", "folder of the disk tier", "a folder's path",
     [](Config& config, const std::string& text) { config.cache_dir = expanded(text); return !text.empty(); },
     [](const Config& config) { return config.cache_dir.string(); }},
    {"enabled", "ALMANAC_ENABLED", "false: compute everything, keep nothing", "true or false",
     [](Config& config, const std::string& text) { return read_bool(config.enabled, text); },
     [](const Config& config) { return show_bool(config.enabled); }},
    {"disk", "ALMANAC_DISK", "keep artifacts on disk", "true or false",
     [](Config& config, const std::string& text) { return read_bool(config.disk, text); },
     [](const Config& config) { return show_bool(config.disk); }},
    {"max_memory", "ALMANAC_MAX_MEMORY", "what the memory tier may hold; 0: no memory tier", "a size such as 500MB",
     [](Config& config, const std::string& text) {
       const auto size = parse_size(text);
       if (size) config.max_memory = *size;
       return size.has_value();
     },
     [](const Config& config) { return format_size(config.max_memory); }},
    {"durable", "ALMANAC_DURABLE", "force every commit to the disk before going on", "true or false",
     [](Config& config, const std::string& text) { return read_bool(config.durable, text); },
     [](const Config& config) { return show_bool(config.durable); }},
    {"lease_wait", "ALMANAC_LEASE_WAIT", "longest wait for another process's computation", "a duration such as 10min",
     [](Config& config, const std::string& text) {
       const auto duration = parse_duration(text);
       if (duration) config.lease_wait = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
       return duration.has_value();
     },
     [](const Config& config) { return format_duration(config.lease_wait); }},
    {"trace", "ALMANAC_TRACE", "append what is asked for to this file, for almanac trace replay; empty: nothing is recorded", "a file's path",
     [](Config& config, const std::string& text) { config.trace = text.empty() ? std::filesystem::path() : expanded(text); return true; },
     [](const Config& config) { return config.trace.string(); }},
    {"fft.tune_in_background", "ALMANAC_FFT_TUNE_IN_BACKGROUND", "after a program with adaptive FFT plans, tune them for the next",
     "true or false",
     [](Config& config, const std::string& text) { return read_bool(config.tune_in_background, text); },
     [](const Config& config) { return show_bool(config.tune_in_background); }},
}};

const SettingDefinition& definition_of(std::string_view name, std::string_view where) {
  const auto found = std::ranges::find(kSettings, name, &SettingDefinition::name);
  if (found != kSettings.end()) return *found;
  std::vector<std::string_view> names;
  for (const SettingDefinition& setting : kSettings) names.push_back(setting.name);
  throw InputError(fmt::format("{}: unknown setting '{}'; settings: {}", where, name, fmt::join(names, ", ")));
}

/// A table of the file that has settings in it: "fft" of "fft.tune_in_background".
bool has_settings_below(const std::string& table) {
  return std::ranges::any_of(kSettings, [&](const SettingDefinition& setting) { return setting.name.starts_with(table + '.'); });
}

void apply(Config& config, const SettingDefinition& setting, const std::string& text, std::string_view where) {
  Config changed = config;
  if (!setting.read(changed, text)) {
    throw InputError(fmt::format("{}: {} = '{}': must be {}", where, setting.name, text, setting.range));
  }
  config = std::move(changed);
}

std::optional<std::filesystem::path> find_file(const std::optional<std::filesystem::path>& given) {
  if (given) return given;
  if (const char* file = std::getenv("ALMANAC_CONFIG"); file != nullptr && *file != '\0') return file;
  std::error_code ignored;
  for (const auto& candidate : {std::filesystem::path("almanac.toml"),
                                home_folder("XDG_CONFIG_HOME", ".config") / "almanac" / "almanac.toml"}) {
    if (std::filesystem::exists(candidate, ignored)) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::filesystem::path default_cache_dir() {
  if (const char* folder = std::getenv("ALMANAC_DIR"); folder != nullptr && *folder != '\0') return folder;
  return home_folder("XDG_CACHE_HOME", ".cache") / "almanac";
}

Config Config::load(const std::optional<std::filesystem::path>& file,
                    const std::map<std::string, std::string, std::less<>>& flags) {
  Config config;
  std::map<std::string, std::string, std::less<>> sources;
  config.cache_dir = home_folder("XDG_CACHE_HOME", ".cache") / "almanac";

  if (const auto found = find_file(file)) {
    const auto read_table = [&](const toml::table& table, const std::string& prefix, const auto& read_inner) -> void {
      for (const auto& [key, node] : table) {
        const std::string place = where(*found, node), name = prefix + std::string(key.str());
        if (const toml::table* inner = node.as_table(); inner != nullptr && has_settings_below(name)) {
          read_inner(*inner, name + '.', read_inner);
          continue;
        }
        const SettingDefinition& setting = definition_of(name, place);
        const auto text = scalar_text(node);
        if (!text) throw InputError(fmt::format("{}: {}: must be {}", place, setting.name, setting.range));
        apply(config, setting, *text, place);
        sources[std::string(setting.name)] = place;
      }
    };
    read_table(read_toml(*found), {}, read_table);
  }
  for (const SettingDefinition& setting : kSettings) {
    const char* text = std::getenv(setting.variable);
    if (text == nullptr || *text == '\0') continue;
    apply(config, setting, text, fmt::format("${}", setting.variable));
    sources[std::string(setting.name)] = fmt::format("${}", setting.variable);
  }
  for (const auto& [name, text] : flags) {
    std::string flag = "--" + name;
    std::ranges::replace(flag, '_', '-');
    apply(config, definition_of(name, flag), text, flag);
    sources[name] = flag;
  }
  config.sources_ = std::move(sources);
  return config;
}

std::vector<Config::Setting> Config::settings() const {
  std::vector<Setting> list;
  for (const SettingDefinition& setting : kSettings) {
    const auto source = sources_.find(setting.name);
    list.push_back({std::string(setting.name), setting.show(*this), source == sources_.end() ? "default" : source->second,
                    std::string(setting.help)});
  }
  return list;
}

}  // namespace almanac
