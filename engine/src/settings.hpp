#pragma once

#include <almanac/config.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace almanac {

/// One setting: its name in files and flags, its variable, how it is read and shown.
struct SettingDefinition {
  std::string_view name;
  const char* variable;
  std::string_view help;
  std::string range;                                       ///< what is allowed, behind "must be"
  bool (*read)(Config&, const std::string& text);          ///< false: it is not allowed
  std::string (*show)(const Config&);
};

/// One setting of a kind: its name behind kinds.NAME.
struct KindSettingDefinition {
  std::string_view name;
  std::string_view help;
  std::string range;
  bool (*read)(cache::KindSettings&, const std::string& text);
  std::string (*show)(const cache::KindSettings&);
};

/// All of them, in the order of the documentation.
std::span<const SettingDefinition> all_settings();
std::span<const KindSettingDefinition> all_kind_settings();

/// "~/x" as the shell would have read it, and $HOME, else what the password file says.
std::filesystem::path home_folder();
std::filesystem::path expanded(const std::string& text);

}  // namespace almanac
