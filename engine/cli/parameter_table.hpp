#pragma once

#include "json_text.hpp"

#include <almanac/parameter.hpp>

#include <span>
#include <string>

namespace almanac::cli {

/// Parameters as a table: name, type, default, what is allowed, meaning.
std::string parameter_table(std::span<const Parameter> parameters);

/// The same as JSON.
Json describe(std::span<const Parameter> parameters);

}  // namespace almanac::cli
