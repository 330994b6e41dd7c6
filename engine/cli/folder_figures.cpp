#include "folder_figures.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace almanac::cli {
namespace {

namespace fs = std::filesystem;

/// f_type of statfs(2). FUSE is whatever it is; it is taken for remote, as the store does.
constexpr std::array<std::pair<std::uint32_t, const char*>, 13> kRemote{{{0x6969, "nfs"},
                                                                         {0x517b, "smb"},
                                                                         {0xff534d42, "cifs"},
                                                                         {0xfe534d42, "smb2"},
                                                                         {0x65735546, "fuse"},
                                                                         {0x0bd00bd0, "lustre"},
                                                                         {0x47504653, "gpfs"},
                                                                         {0x00c36400, "ceph"},
                                                                         {0x01021997, "9p"},
                                                                         {0x19830326, "beegfs"},
                                                                         {0x5346414f, "afs"},
                                                                         {0x6b414653, "afs"},
                                                                         {0x73757245, "coda"}}};

/// What one small file takes; nullopt: it cannot be made.
std::optional<std::chrono::nanoseconds> time_of_a_file(const fs::path& root) {
  constexpr std::array<char, 4096> kBytes{};
  const auto begin = std::chrono::steady_clock::now();
  std::string name = (root / ".probe-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return std::nullopt;
  const bool is_written = ::write(file, kBytes.data(), kBytes.size()) == static_cast<ssize_t>(kBytes.size());
  const bool is_closed = ::close(file) == 0;
  const bool is_removed = ::unlink(name.c_str()) == 0;
  if (!is_written || !is_closed || !is_removed) return std::nullopt;
  return std::chrono::steady_clock::now() - begin;
}

template <class IsMeant>
std::uint64_t count_files(const fs::path& folder, IsMeant is_meant) {
  std::uint64_t count = 0;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) count += is_meant(*at) ? 1 : 0;
  return count;
}

}  // namespace

FolderFigures figures_of(const fs::path& root) {
  FolderFigures figures;
  struct statfs status{};
  if (::statfs(root.c_str(), &status) == 0) {
    figures.free_bytes = static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_bsize);
    figures.file_system_bytes = static_cast<std::uint64_t>(status.f_blocks) * static_cast<std::uint64_t>(status.f_bsize);
    const auto found = std::ranges::find(kRemote, static_cast<std::uint32_t>(status.f_type), &decltype(kRemote)::value_type::first);
    if (found != kRemote.end()) figures.remote = found->second;
  }
  std::array<std::chrono::nanoseconds, 5> probes{};
  for (auto& probe : probes) {
    const auto time = time_of_a_file(root);
    if (!time) break;
    probe = *time;
  }
  if (probes.back().count() > 0) {
    std::ranges::sort(probes);
    figures.probe = probes[probes.size() / 2];
  }
  figures.quarantined = count_files(root / "quarantine", [](const fs::directory_entry& file) { return file.path().extension() != ".txt"; });
  const auto now = fs::file_time_type::clock::now();
  figures.stale_leases = count_files(root / "leases", [&](const fs::directory_entry& file) {
    std::error_code gone;
    const auto written = file.last_write_time(gone);
    return !gone && file.path().extension() == ".lease" && now - written > std::chrono::minutes(1);
  });
  return figures;
}

}  // namespace almanac::cli
