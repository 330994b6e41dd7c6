#pragma once

// How a finished file gets the name it is known by. Each gives an errno, 0: it was done.

namespace almanac::cache {

/// True for what link(2) says where there are no hard links, or this one is not allowed.
bool has_no_hard_links(int number) noexcept;

/// Gives a file a second name. EEXIST ← that is taken.
int link_name(const char* from, const char* to) noexcept;

/// Gives a file another name instead of its own, as far as kernel and file system can without replacing anything.
/// EEXIST ← that is taken.
int rename_to_free_name(const char* from, const char* to) noexcept;

/// Gives a file another name instead of its own, whatever has that.
int rename_over(const char* from, const char* to) noexcept;

/// Swaps two names in one step. EINVAL, ENOSYS ← the file system or the kernel cannot.
int exchange_names(const char* one, const char* other) noexcept;

/// Removes a name.
int remove_name(const char* path) noexcept;

}  // namespace almanac::cache
