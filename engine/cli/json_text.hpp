#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace almanac::cli {

using Json = nlohmann::ordered_json;

/// A document as it is printed. File names need not be UTF-8: what is not, is replaced.
std::string text_of(const Json& document);

}  // namespace almanac::cli
