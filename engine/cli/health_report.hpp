#pragma once

#include "context.hpp"

namespace almanac::cli {

/// Looks at the cache on disk and at what was counted, and says how it is; gives the exit code.
/// Errors: EnvironmentError ← the folder cannot be used at all
int report_health(Context& context);

}  // namespace almanac::cli
