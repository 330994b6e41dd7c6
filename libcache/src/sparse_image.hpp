#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>

namespace almanac::cache {

/// The bytes of a file, of which only the pages that were written to are there; all others are zero.
class SparseImage {
 public:
  static constexpr std::size_t kPageBytes = 4096;
  using Page = std::array<std::byte, kPageBytes>;

  void write(std::uint64_t offset, std::span<const std::byte> bytes) {
    each_piece(offset, bytes.size(), [&](std::uint64_t page, std::size_t in_page, std::size_t at, std::size_t count) {
      std::memcpy(pages_[page].data() + in_page, bytes.data() + at, count);
    });
  }

  void read(std::uint64_t offset, std::span<std::byte> bytes) const noexcept {
    each_piece(offset, bytes.size(), [&](std::uint64_t page, std::size_t in_page, std::size_t at, std::size_t count) {
      const auto found = pages_.find(page);
      if (found == pages_.end()) {
        std::memset(bytes.data() + at, 0, count);
      } else {
        std::memcpy(bytes.data() + at, found->second.data() + in_page, count);
      }
    });
  }

  /// By the number of the page: its offset is that times kPageBytes.
  const std::map<std::uint64_t, Page>& pages() const noexcept { return pages_; }

 private:
  template <class Visit>
  static void each_piece(std::uint64_t offset, std::size_t bytes, Visit visit) {
    for (std::size_t at = 0; at < bytes;) {
      const std::size_t in_page = (offset + at) % kPageBytes;
      const std::size_t count = std::min(bytes - at, kPageBytes - in_page);
      visit((offset + at) / kPageBytes, in_page, at, count);
      at += count;
    }
  }

  std::map<std::uint64_t, Page> pages_;
};

}  // namespace almanac::cache
