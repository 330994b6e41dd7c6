#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>

// Each target is handed any bytes at all, gives them to a parser of bytes that nobody has verified, and holds what the
// parser makes of them against what it promises. The same functions are fuzzed by libFuzzer (scripts/fuzz.sh) and run
// over the corpus by the default tests.

namespace almanac::fuzz {

/// A parser did not keep a promise.
class BrokenPromise : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void promised(bool is_kept, const char* what) {
  if (!is_kept) throw BrokenPromise(what);
}

using Bytes = std::span<const std::byte>;

void entry_header(Bytes bytes);  ///< cache::parse_header: a header as it is, and sealed anew
void key(Bytes bytes);           ///< cache::Key::parse: a key's text, and a key made of pieces
void key_recovery(Bytes bytes);  ///< cache::recover_key: a key in a header that is damaged
void lease_record(Bytes bytes);  ///< cache::LeaseRecord::parse
void trace_line(Bytes bytes);    ///< cache::parse_trace_line
void wisdom(Bytes bytes);        ///< compute::refuse_wisdom: a bundle, or records for FFTW's own header; FFTW reads what passes

}  // namespace almanac::fuzz
