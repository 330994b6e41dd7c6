#pragma once

#include "checksum.hpp"
#include "entry_file.hpp"
#include "mutex.hpp"

#include <cstdint>
#include <unordered_map>

namespace almanac::cache {

/// The entries whose arrays this process has verified, and when it last touched each.
/// A file is known by device, inode and header: a replaced one is another. Bounded: what does not fit any more
/// is forgotten, and verified again.
/// Threads: thread-safe.
class SeenEntries {
 public:
  bool is_verified(const FileIdentity& file, const Digest& header) const ALMANAC_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = seen_.find(file);
    return found != seen_.end() && found->second.header == header;
  }

  void verified(const FileIdentity& file, const Digest& header) ALMANAC_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (seen_.size() >= kMost) seen_.clear();
    seen_.insert_or_assign(file, Seen{header, 0});
  }

  /// True when a minute has gone by since this process last touched it; then this call is the touch.
  bool claim_touch(const FileIdentity& file, std::int64_t now_seconds) ALMANAC_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = seen_.find(file);
    if (found == seen_.end() || now_seconds - found->second.touched < kTouchSeconds) return false;
    found->second.touched = now_seconds;
    return true;
  }

  static constexpr std::int64_t kTouchSeconds = 60;

 private:
  static constexpr std::size_t kMost = 1 << 16;

  struct Seen {
    Digest header;
    std::int64_t touched = 0;
  };
  struct Hash {
    std::size_t operator()(const FileIdentity& file) const noexcept {
      return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(file.inode) * 0x9e3779b97f4a7c15u + static_cast<std::uint64_t>(file.device));
    }
  };

  mutable Mutex mutex_;
  std::unordered_map<FileIdentity, Seen, Hash> seen_ ALMANAC_GUARDED_BY(mutex_);
};

}  // namespace almanac::cache
