#include "large_pages.hpp"

namespace almanac::wrap {

std::string with_large_pages(std::string_view tunables) {
  constexpr std::string_view kName = "glibc.malloc.hugetlb=";
  std::string all(tunables);
  for (std::size_t at = all.find(kName); at != std::string::npos; at = all.find(kName, at + 1)) {
    if (at == 0 || all[at - 1] == ':') return all;
  }
  if (!all.empty() && !all.ends_with(':')) all += ':';
  all += kName;
  all += '1';
  return all;
}

}  // namespace almanac::wrap
