#pragma once

#include "entry_format.hpp"
#include "file_handle.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/stat.h>

namespace almanac::cache {

/// Tells one file from every other that was ever under its name, for as long as it is held open: then no other gets its number.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// True for what says that a file is not the entry it should be; false for a place that could not be read.
constexpr bool is_verdict(ErrorCode code) noexcept {
  return code == ErrorCode::corrupt || code == ErrorCode::foreign || code == ErrorCode::newer_format || code == ErrorCode::collision;
}

struct FoundEntry;

/// An entry's file, open for reading, its header verified: the fast door, which knows nothing of HDF5.
class EntryFile {
 public:
  /// What the first read brings along: header and, mostly, all of a small entry. The caller's, on its stack.
  using Start = std::array<std::byte, 16384>;

  const EntryHeader& header() const noexcept { return header_; }
  EntryHeader& header() noexcept { return header_; }
  FileIdentity identity() const noexcept { return identity_; }
  const timespec& modified() const noexcept { return modified_; }

  struct Loading {
    bool may_map = true;
    std::uint64_t map_threshold = 0;  ///< an entry with an array of at least this many bytes is mapped, any other read
    bool verify_arrays = true;
  };
  /// True when load() would map the file.
  bool is_to_be_mapped(const Loading& loading) const noexcept;

  /// The artifact. Takes names, shapes and attributes out of the header. `start` as open_entry() left it.
  /// Errors: corrupt ← an array is not what its checksum says, or is cut short; io ← a read that ends early in a file
  ///         that is long enough, or no memory; by errno.
  Result<Artifact> load(const Start& start, const Loading& loading);

  /// The bytes at a place of the file. Errors: corrupt ← it is being cut short; io ← as load(); by errno.
  Status read(std::span<std::byte> bytes, std::uint64_t offset) const;

  /// Compares every byte of the file, through a small buffer, with what the header says.
  /// Errors: corrupt ← they differ; as load().
  Status verify_all() const;

  const FileHandle& handle() const noexcept { return file_; }
  /// The open file, which this object has no more: it may only be destroyed.
  FileHandle release() noexcept { return std::move(file_); }

  /// Sets the time of modification to now, which is when the entry was last used. False: not allowed.
  bool touch() const noexcept;

 private:
  friend FoundEntry open_entry(const char* path, Start& start);
  EntryFile(FileHandle file, std::string_view path, const struct stat& status, EntryHeader header, std::size_t start_bytes);

  Result<Artifact> load_compressed(const Start& start);
  Status read_array(const StoredArray& array, std::byte* to, const Start& start) const;
  Status verify_range(std::uint64_t offset, std::uint64_t bytes, std::span<std::byte> buffer, ChecksumStream& stream, bool wide) const;

  FileHandle file_;
  std::string_view path_;  ///< as the caller of open_entry() holds it
  FileIdentity identity_;
  timespec modified_{};
  EntryHeader header_;
  std::size_t start_bytes_ = 0;
};

/// What there is under a path.
struct FoundEntry {
  std::optional<EntryFile> file;         ///< set: a file with a valid header
  std::optional<Error> error;            ///< set: none, and why; neither: there is nothing
  std::optional<FileIdentity> identity;  ///< of what was looked at, as far as that is known
  bool shuts_us_out = false;             ///< a file in a folder of ours, and yet not ours to read
  FileHandle held{};                     ///< of `identity`, where there is no `file` that holds it

  /// The open file that `identity` tells.
  FileHandle release() noexcept { return file ? file->release() : std::move(held); }

  /// True for what is not to keep its place: not sound, or of no use to whom the folder belongs.
  bool is_unusable() const noexcept { return error && (is_verdict(error->code) || shuts_us_out); }
};

/// Opens the file and verifies its header. `path` must outlive what is found.
FoundEntry open_entry(const char* path, EntryFile::Start& start);

}  // namespace almanac::cache
