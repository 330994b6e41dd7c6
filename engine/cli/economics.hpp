#pragma once

#include "json_text.hpp"

#include <almanac/cache/appraisal.hpp>

#include <string>

namespace almanac::cli {

/// What keeping an artifact is worth, as `info` shows it.
Json describe(const cache::Appraisal& appraisal);
std::string text_of(const cache::Appraisal& appraisal);

}  // namespace almanac::cli
