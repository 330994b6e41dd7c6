#include "toml_text.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <sstream>
#include <system_error>

namespace almanac {

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
  if (const auto real = node.value_exact<double>()) {
    return std::isfinite(*real) ? cache::canonical_real(*real) : fmt::format("{}", *real);
  }
  return std::nullopt;
}

std::string where(const std::filesystem::path& file, const toml::node& node) {
  return fmt::format("{}:{}", file.string(), node.source().begin.line);
}

toml::table read_toml(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw InputError(fmt::format("{}: it is a folder", file.string()));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream && errno == ENOENT) throw InputError(fmt::format("{}: there is no such file", file.string()));
  if (!stream) {
    throw EnvironmentError(fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(errno)));
  }
  std::ostringstream text;
  text << stream.rdbuf();
  try {
    return toml::parse(text.str(), file.string());
  } catch (const toml::parse_error& problem) {
    throw InputError(fmt::format("{}:{}: {}", file.string(), problem.source().begin.line, problem.description()));
  }
}

}  // namespace almanac
