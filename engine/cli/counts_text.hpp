#pragma once

#include "context.hpp"

#include <almanac/cache/statistics.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace almanac::cli {

/// What was counted, as JSON: of all kinds, or of one (empty: all).
Json describe(const cache::Statistics& statistics, std::string_view kind);

/// The same as tables.
std::string text_of(const cache::Statistics& statistics, std::string_view kind);

/// "37.5 %"; nothing: "-".
std::string percent(const std::optional<double>& part);

}  // namespace almanac::cli
