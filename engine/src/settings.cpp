#include "settings.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

namespace almanac {
namespace {

bool read_bool(bool& target, const std::string& text) {
  if (text != "true" && text != "false" && text != "1" && text != "0") return false;
  target = text == "true" || text == "1";
  return true;
}

std::string show_bool(bool value) { return value ? "true" : "false"; }

template <class T>
bool accept(T& target, const std::optional<T>& value) {
  if (value) target = *value;
  return value.has_value();
}

template <class T>
bool accept(T& target, const cache::Result<T>& value) {
  if (value) target = *value;
  return value.ok();
}

/// "20%" as 0.2; nullopt: no share of something.
std::optional<double> parse_share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto percent = parse_real(text.substr(0, text.size() - 1));
  return percent && *percent > 0 && *percent <= 100 ? std::optional(*percent / 100) : std::nullopt;
}

std::string show_share(double share) { return fmt::format("{:g}%", 100 * share); }

/// A size, or a share of something that is not known here.
bool read_budget(std::uint64_t& bytes, double& share, const std::string& text) {
  if (const auto part = parse_share(text)) {
    share = *part;
    return true;
  }
  share = 0;
  return accept(bytes, parse_size(text));
}

bool read_ttl(std::optional<std::chrono::nanoseconds>& ttl, const std::string& text) {
  const auto duration = parse_duration(text);
  if (text != "none" && (!duration || duration->count() <= 0)) return false;
  ttl = duration;
  return true;
}

std::string show_ttl(const std::optional<std::chrono::nanoseconds>& ttl) { return ttl ? format_duration(*ttl) : "none"; }

/// "memory, disk", or both.
bool read_tiers(std::set<std::string, std::less<>>& tiers, const std::string& text) {
  std::set<std::string, std::less<>> chosen;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string_view name = std::string_view(text).substr(at, end - at);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name != "memory" && name != "disk") return false;
    chosen.emplace(name);
    at = end + 1;
  }
  tiers = std::move(chosen);
  return true;
}

std::string show_tiers(const std::set<std::string, std::less<>>& tiers) {
  std::string text;
  for (const std::string& tier : tiers) text.append(text.empty() ? "" : ", ").append(tier);
  return tiers.empty() ? "all" : text;
}

template <class Enum>
std::string one_name_of(std::span<const Enum> all) {
  std::string names = "one of ";
  for (const Enum one : all) names.append(one == all.front() ? "" : ", ").append(cache::to_string(one));
  return names;
}

constexpr std::string_view kAdmissionHelp = "what is stored of what is computed by the way, and how long it lasts";
constexpr std::string_view kTtlHelp = "what is computed expires so long after";
constexpr std::string_view kWriteHelp = "when what is computed gets to disk";
constexpr const char* kDurationOrNone = "a duration above 0 such as 30d, or none";
constexpr const char* kTrueOrFalse = "true or false";

std::vector<SettingDefinition> define_settings() {
  return {
      {"cache_dir", "ALMANAC_DIR", "folder of the disk tier", "a folder's path",
       [](Config& config, const std::string& text) { config.cache_dir = expanded(text); return !text.empty(); },
       [](const Config& config) { return config.cache_dir.string(); }},
      {"enabled", "ALMANAC_ENABLED", "false: compute everything, keep nothing", kTrueOrFalse,
       [](Config& config, const std::string& text) { return read_bool(config.enabled, text); },
       [](const Config& config) { return show_bool(config.enabled); }},
      {"disk", "ALMANAC_DISK", "keep artifacts on disk", kTrueOrFalse,
       [](Config& config, const std::string& text) { return read_bool(config.disk, text); },
       [](const Config& config) { return show_bool(config.disk); }},
      {"max_memory", "ALMANAC_MAX_MEMORY", "what the memory tier may hold; 0: no memory tier",
       "a size such as 500MB, or a share of the available memory such as 20%",
       [](Config& config, const std::string& text) { return read_budget(config.max_memory, config.max_memory_share, text); },
       [](const Config& config) {
         return config.max_memory_share > 0 ? show_share(config.max_memory_share) : format_size(config.max_memory);
       }},
      {"compressed_memory", "ALMANAC_COMPRESSED_MEMORY", "what may be held compressed of what the memory tier lets go of; 0: nothing",
       "a size such as 500MB",
       [](Config& config, const std::string& text) { return accept(config.compressed_memory, parse_size(text)); },
       [](const Config& config) { return format_size(config.compressed_memory); }},
      {"max_disk", "ALMANAC_MAX_DISK", "what the disk tier may hold",
       "a size above 0 such as 20GB, a share of the file system such as 10%, or none",
       [](Config& config, const std::string& text) {
         std::uint64_t bytes = 0;
         if (text == "none") {
           config.max_disk.reset();
           config.max_disk_share = 0;
           return true;
         }
         if (!read_budget(bytes, config.max_disk_share, text) || (config.max_disk_share <= 0 && bytes == 0)) return false;
         config.max_disk = bytes;
         if (config.max_disk_share > 0) config.max_disk.reset();
         return true;
       },
       [](const Config& config) {
         return config.max_disk_share > 0 ? show_share(config.max_disk_share) : config.max_disk ? format_size(*config.max_disk) : "none";
       }},
      {"max_entries", "ALMANAC_MAX_ENTRIES", "how many artifacts the disk tier may hold", "a number above 0 such as 100000, or none",
       [](Config& config, const std::string& text) {
         const auto number = parse_integer(text);
         if (text != "none" && (!number || *number <= 0)) return false;
         config.max_entries.reset();
         if (number) config.max_entries = static_cast<std::uint64_t>(*number);
         return true;
       },
       [](const Config& config) { return config.max_entries ? std::to_string(*config.max_entries) : "none"; }},
      {"policy", "ALMANAC_POLICY", "who leaves first where there is no room for all", one_name_of(cache::all_policies()),
       [](Config& config, const std::string& text) { return accept(config.policy, cache::parse_policy(text)); },
       [](const Config& config) { return std::string(cache::to_string(config.policy)); }},
      {"admission", "ALMANAC_ADMISSION", kAdmissionHelp, one_name_of(cache::all_admissions()),
       [](Config& config, const std::string& text) { return accept(config.defaults.admission, cache::parse_admission(text)); },
       [](const Config& config) { return std::string(cache::to_string(config.defaults.admission)); }},
      {"ttl", "ALMANAC_TTL", kTtlHelp, kDurationOrNone,
       [](Config& config, const std::string& text) { return read_ttl(config.defaults.ttl, text); },
       [](const Config& config) { return show_ttl(config.defaults.ttl); }},
      {"write", "ALMANAC_WRITE", kWriteHelp, one_name_of(cache::all_write_modes()),
       [](Config& config, const std::string& text) { return accept(config.defaults.write, cache::parse_write_mode(text)); },
       [](const Config& config) { return std::string(cache::to_string(config.defaults.write)); }},
      {"durable", "ALMANAC_DURABLE", "force every commit to the disk before going on", kTrueOrFalse,
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
       kTrueOrFalse,
       [](Config& config, const std::string& text) { return read_bool(config.tune_in_background, text); },
       [](const Config& config) { return show_bool(config.tune_in_background); }},
  };
}

std::vector<KindSettingDefinition> define_kind_settings() {
  using cache::KindSettings;
  return {
      {"admission", kAdmissionHelp, one_name_of(cache::all_admissions()),
       [](KindSettings& kind, const std::string& text) { return accept(kind.admission, cache::parse_admission(text)); },
       [](const KindSettings& kind) { return std::string(cache::to_string(kind.admission)); }},
      {"write", kWriteHelp, one_name_of(cache::all_write_modes()),
       [](KindSettings& kind, const std::string& text) { return accept(kind.write, cache::parse_write_mode(text)); },
       [](const KindSettings& kind) { return std::string(cache::to_string(kind.write)); }},
      {"ttl", kTtlHelp, kDurationOrNone,
       [](KindSettings& kind, const std::string& text) { return read_ttl(kind.ttl, text); },
       [](const KindSettings& kind) { return show_ttl(kind.ttl); }},
      {"tiers", "where it is kept", "memory, disk or both",
       [](KindSettings& kind, const std::string& text) { return read_tiers(kind.tiers, text); },
       [](const KindSettings& kind) { return show_tiers(kind.tiers); }},
      {"pin", "true: on disk never evicted to make room", kTrueOrFalse,
       [](KindSettings& kind, const std::string& text) { return read_bool(kind.pin, text); },
       [](const KindSettings& kind) { return show_bool(kind.pin); }},
      {"compression", "on disk, where it saves a fifth or more", one_name_of(cache::all_compressions()),
       [](KindSettings& kind, const std::string& text) { return accept(kind.compression, cache::parse_compression(text)); },
       [](const KindSettings& kind) { return std::string(cache::to_string(kind.compression)); }},
  };
}

}  // namespace

std::filesystem::path home_folder() {
  if (const char* folder = std::getenv("HOME"); folder != nullptr && *folder != '\0') return folder;
  if (const passwd* user = getpwuid(getuid()); user != nullptr && user->pw_dir != nullptr) return user->pw_dir;
  return ".";
}

std::filesystem::path expanded(const std::string& text) {
  const bool is_at_home = text == "~" || text.starts_with("~/");
  return is_at_home ? home_folder() / text.substr(std::min<std::size_t>(2, text.size())) : std::filesystem::path(text);
}

std::span<const SettingDefinition> all_settings() {
  static const std::vector<SettingDefinition> settings = define_settings();
  return settings;
}

std::span<const KindSettingDefinition> all_kind_settings() {
  static const std::vector<KindSettingDefinition> settings = define_kind_settings();
  return settings;
}

}  // namespace almanac
