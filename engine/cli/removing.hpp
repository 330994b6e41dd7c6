#pragma once

#include "context.hpp"

#include <almanac/cache/invalidation.hpp>

#include <string>

namespace almanac::cli {

/// What `clear` and `invalidate` are asked to remove.
struct RemovalChoice {
  std::string command;             ///< by which it is said
  cache::Selection selection{};
  cache::RemovalReason reason = cache::RemovalReason::manual;
  bool asks_of_one = false;        ///< else only where more than one goes
  bool yes = false;                ///< do not ask
  bool dry_run = false;            ///< list what would go, remove nothing
  bool rewarm = false;             ///< make anew what went, where somebody here knows how
};

/// Says what would go with what was made from it, asks where it has to, removes, and says what went. Gives the exit code.
/// Errors: InputError ← it has to ask, and there is no terminal; a kind that neither a recipe nor an entry has; not a tag.
///         EnvironmentError ← something that is meant cannot be removed, or not be seen; all else is gone then. Interrupted.
int remove_chosen(Context& context, const RemovalChoice& choice);

/// "30d" behind an option. Errors: InputError ← no duration; `option` is named.
std::chrono::nanoseconds age_of(std::string_view option, std::string_view text);

}  // namespace almanac::cli
