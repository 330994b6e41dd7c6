#include <almanac/cache/one_line.hpp>

namespace almanac::cache {

std::string one_line(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      line += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else {
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15U]};
    }
  }
  return line;
}

}  // namespace almanac::cache
