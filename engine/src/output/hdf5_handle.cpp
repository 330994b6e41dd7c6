#include "hdf5_handle.hpp"

#include <algorithm>
#include <string_view>

namespace almanac::output {
namespace {

/// The innermost description: the one that says what went wrong. The outer ones say who was calling.
herr_t keep_innermost(unsigned depth, const H5E_error2_t* error, void* text) {
  if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
  return 0;
}

}  // namespace

Hdf5Failure::Hdf5Failure(const char* call) : message(call) {
  std::string innermost;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &innermost);
  // The file driver wraps what the system said: … error message = 'No space left on device', buf = …
  constexpr std::string_view kCause = "error message = '";
  if (const std::size_t at = innermost.find(kCause); at != std::string::npos) {
    innermost.erase(0, at + kCause.size());
    innermost.resize(std::min(innermost.find('\''), innermost.size()));
  }
  std::ranges::replace(innermost, '\n', ' ');
  if (!innermost.empty()) message += ": " + innermost;
}

Hdf5Properties access_without_locks() {
  Hdf5Properties access(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate");
  checked(H5Pset_file_locking(access, false, true), "H5Pset_file_locking");
  return access;
}

}  // namespace almanac::output
