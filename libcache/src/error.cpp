#include <almanac/cache/error.hpp>

namespace almanac::cache {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::foreign: return "foreign";
    case ErrorCode::newer_format: return "newer_format";
    case ErrorCode::collision: return "collision";
    case ErrorCode::no_space: return "no_space";
    case ErrorCode::denied: return "denied";
    case ErrorCode::io: return "io";
  }
  return "unknown";
}

}  // namespace almanac::cache
