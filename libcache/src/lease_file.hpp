#pragma once

#include "commit_name.hpp"
#include "file_handle.hpp"
#include "lease_record.hpp"
#include "temporary_file.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>

namespace almanac::cache {

/// A lease's file while it is open, closed at the end of the block. Leases are written and closed at once: on NFS that is
/// what makes them visible to others.
class LeaseFile {
 public:
  LeaseFile(const std::filesystem::path& path, int flags) : file_(FileHandle::open(path.c_str(), flags, 0644)) {}

  /// Where not, errno says why.
  bool is_open() const noexcept { return file_.is_open(); }

  /// The record in it; nullopt ← none that is whole.
  std::optional<LeaseRecord> record() const {
    std::array<char, LeaseRecord::kLongest> text;
    const auto length = read_at(file_, std::as_writable_bytes(std::span(text)), 0, "a lease");
    return length ? LeaseRecord::parse({text.data(), *length}) : std::nullopt;
  }
  /// Writes all of it and closes the file, since some file systems tell only then what they could not write.
  /// Where not, errno says why.
  bool write(std::string_view text, std::size_t offset) {
    while (!text.empty()) {
      const auto put = past_signals([&] { return ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(offset)); });
      if (put == 0) errno = ENOSPC;  // no progress, and no reason given
      if (put <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(put));
      offset += static_cast<std::size_t>(put);
    }
    const int problem = file_.close_written();
    if (problem != 0) errno = problem;
    return problem == 0;
  }

 private:
  FileHandle file_;
};

/// The record in the file of that name; nullopt ← no such file, or none that is whole.
inline std::optional<LeaseRecord> lease_record_in(const std::filesystem::path& path) {
  const LeaseFile file(path, O_RDONLY);
  return file.is_open() ? file.record() : std::nullopt;
}

/// Makes a lease's file with its record in it, in one step: whoever is killed on the way leaves nothing that would have to be
/// waited for. Where there are no hard links, in two. Gives an errno, 0: made; EEXIST ← there is one.
inline int make_lease_file(const std::filesystem::path& path, const LeaseRecord& record) {
  const auto write_new = [&](const std::filesystem::path& name) {
    LeaseFile file(name, O_WRONLY | O_CREAT | O_EXCL);
    return file.is_open() && file.write(record.text(), 0) ? 0 : errno;
  };
  const TemporaryFile temporary(path.parent_path().string());
  if (const int problem = write_new(temporary.path())) return problem;
  const int problem = link_name(temporary.path().c_str(), path.c_str());
  if (!has_no_hard_links(problem)) return problem;
  const int again = write_new(path);
  if (again != 0 && again != EEXIST) ::unlink(path.c_str());
  return again;
}

/// What stands for the token of an unreadable file: its place in the chain.
inline std::string torn_token(std::size_t place) { return "torn" + std::to_string(place); }

}  // namespace almanac::cache
