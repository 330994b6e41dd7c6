// A lease file: what parses is a whole record, to the byte, and nothing else.

#include "targets.hpp"

#include "lease_record.hpp"

#include <string_view>

namespace almanac::fuzz {

void lease_record(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto record = cache::LeaseRecord::parse(text);
  if (!record) return;
  promised(record->text() == text, "a lease is read that nobody wrote so");
  promised(record->token.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos && record->token.size() == 32,
           "a token that must not be part of a file name");
  promised(text.substr(cache::LeaseRecord::kBeatOffset, 20) == cache::beat_digits(record->beat), "the heartbeat is not at its place");
  for (std::size_t length = 0; length < text.size(); ++length) {
    promised(!cache::LeaseRecord::parse(text.substr(0, length)), "a torn lease is read");
  }
}

}  // namespace almanac::fuzz
