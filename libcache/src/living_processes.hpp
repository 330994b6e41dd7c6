#pragma once

#include "file_handle.hpp"
#include "lease_record.hpp"
#include "mutex.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace almanac::cache {

/// Processes that were seen to run, each by a descriptor that tells when it ends (pidfd_open(2)): to look again is one
/// system call, where /proc takes some 10 µs. A pid that is used again cannot deceive it.
/// Threads: thread-safe.
class LivingProcesses {
 public:
  /// As ProcessIdentity::is_known_dead().
  bool is_known_dead(const ProcessIdentity& process) ALMANAC_EXCLUDES(mutex_);

 private:
  /// Descriptors taken from the program, at most; beyond that /proc is asked.
  static constexpr std::size_t kMost = 64;

  using Name = std::pair<std::int64_t, std::uint64_t>;  ///< pid and start: of this boot and namespace, or it would not be here
  Mutex mutex_;
  std::map<Name, std::shared_ptr<const FileHandle>> ends_ ALMANAC_GUARDED_BY(mutex_);  ///< shared with who is looking
};

}  // namespace almanac::cache
