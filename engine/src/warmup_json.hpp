#pragma once

#include <almanac/warmup.hpp>

#include <nlohmann/json.hpp>

namespace almanac {

/// A warm-up's report as `almanac warmup --json` and the summary of a mission show it.
nlohmann::ordered_json describe(const WarmupReport& report);

}  // namespace almanac
