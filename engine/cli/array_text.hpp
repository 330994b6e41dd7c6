#pragma once

#include "context.hpp"

#include <string>

namespace almanac::cli {

/// Arrays as comma-separated text: a comment line "# name type shape" before each; a row is the last axis of two or
/// more, one value a line for a single axis. Numbers read back as the same bits; complex ones are written 1+2j.
std::string to_csv(const cache::Artifact& artifact);

/// {"arrays": {name: nested lists}, "attributes": {…}}; a complex number is the list [re, im].
Json to_json(const cache::Artifact& artifact);

/// One array as a NumPy file, version 1.0.
std::string to_npy(const cache::Array& array);

}  // namespace almanac::cli
