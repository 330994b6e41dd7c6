#pragma once

#include <string>
#include <string_view>

namespace almanac::wrap {

// A measured plan of a large transform spends up to a third of its time on looking up where small pages lie; an estimated one, which
// waits for the cache, next to none. So with upgraded plans goes that the program's large arrays lie in pages of 2 MB, where
// the machine leaves that to programs (/sys/kernel/mm/transparent_hugepage/enabled says madvise): NumPy asks for as much, and
// where it says always, all programs have them. No bit of any result depends on it.

inline constexpr const char* kTunablesVariable = "GLIBC_TUNABLES";

/// The tunables of the C library for a program whose malloc is to ask for large pages. Who says something of them himself, as
/// glibc.malloc.hugetlb=0, is left what he says. Older and other C libraries read past it.
std::string with_large_pages(std::string_view tunables);

}  // namespace almanac::wrap
