#pragma once

#include "context.hpp"

#include <string>

namespace almanac::cli {

/// Prints the kinds on disk with the versions of their recipes side by side, of one kind or of all (empty); `ls --versions`.
/// Errors: as for_each_entry
void print_recipe_versions(Context& context, const std::string& kind);

}  // namespace almanac::cli
