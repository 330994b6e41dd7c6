#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace almanac::cli {

/// What the file system says of a cache's folder.
struct FolderFigures {
  std::uint64_t free_bytes = 0, file_system_bytes = 0;  ///< 0: nobody knows
  std::string remote;                                   ///< "nfs" …; empty: it is local
  std::optional<std::chrono::nanoseconds> probe;        ///< what a small file takes, from making to removing it; nullopt: there can be none
  std::uint64_t quarantined = 0;                        ///< files in quarantine/, without their reasons
  std::uint64_t stale_leases = 0;                       ///< files in leases/ that nobody has written to for a minute
};

/// Cost: five small files and two listings
FolderFigures figures_of(const std::filesystem::path& root);

}  // namespace almanac::cli
