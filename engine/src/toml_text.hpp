#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <optional>
#include <string>

namespace almanac {

/// A TOML scalar as a person would write it on the command line; nullopt: not a scalar.
std::optional<std::string> scalar_text(const toml::node& node);

/// "file:line" of a node.
std::string where(const std::filesystem::path& file, const toml::node& node);

/// Reads a TOML file. Errors: InputError ← there is none, it is a folder, or it does not parse (file and line);
/// EnvironmentError ← it cannot be read.
toml::table read_toml(const std::filesystem::path& file);

}  // namespace almanac
