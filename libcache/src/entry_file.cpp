#include "entry_file.hpp"

#include "array_memory.hpp"
#include "compression/deflated_bytes.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

constexpr std::size_t kVerifyBuffer = 1 << 20;

Error flipped(const std::string& name) { return {ErrorCode::corrupt, "array \"" + name + "\" does not match its checksum"}; }

std::uint64_t round_up(std::uint64_t bytes) { return (bytes + kArrayAlignment - 1) / kArrayAlignment * kArrayAlignment; }

/// Reads all of `bytes`, where the file had as many when it was opened.
/// Errors: corrupt ← it has become shorter since; io ← it ends early, and yet says that it does not; by errno.
Status read_all(const FileHandle& file, std::span<std::byte> bytes, std::uint64_t offset, std::string_view path) {
  const auto got = read_at(file, bytes, offset, path);
  if (!got) return got.error();
  if (*got == bytes.size()) return success();
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return system_error(errno, "cannot look at", path);
  if (static_cast<std::uint64_t>(status.st_size) < offset + bytes.size()) return Error{ErrorCode::corrupt, "it is being cut short"};
  return system_error(EIO, "a read ends early in", path);
}

/// Errors: as read_all; as parse_header.
Result<EntryHeader> read_header(const FileHandle& file, const char* path, std::uint64_t size, std::span<std::byte> start, std::size_t& got) {
  const auto seen = start.first(static_cast<std::size_t>(std::min<std::uint64_t>(start.size(), size)));
  if (const Status read = read_all(file, seen, 0, path); !read) return read.error();
  got = seen.size();
  const auto length = header_length(seen, size);
  if (!length) return length.error();
  if (*length <= got) return parse_header(seen, size);
  std::vector<std::byte> whole(*length);
  if (const Status read = read_all(file, whole, 0, path); !read) return read.error();
  return parse_header(whole, size);
}

/// The file at `path`, where its permissions keep us from reading it although its folder is ours: nobody could tell it from
/// a damaged one, and it would be in the way for ever. Elsewhere it is left alone: two who shut out each other would
/// replace each other's for ever. That it is this file which cannot be read is seen from its descriptor, as the name may be another's by now.
/// Gives the file, held and not to be read; not open: it is none of that kind.
FileHandle shuts_out(std::string_view path, FileIdentity& identity) {
  const std::string name(path);
  struct stat folder, status;
  if (::stat(name.substr(0, name.rfind('/') + 1).c_str(), &folder) != 0 || folder.st_uid != ::geteuid()) return {};
  FileHandle file = FileHandle::open(name.c_str(), O_PATH | O_NOFOLLOW);
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const FileHandle read = FileHandle::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY);
  if (read.is_open() || errno != EACCES) return {};
  identity = {status.st_dev, status.st_ino};
  return file;
}

/// Without having the time of access written, which on many file systems makes a write of each first read; only owners may ask for that.
FileHandle open_to_read(const char* path) {
  // Without O_NONBLOCK a FIFO that somebody left here would keep us for ever.
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  static std::atomic<bool> is_refused{false};
  if (!is_refused.load(std::memory_order_relaxed)) {
    FileHandle file = FileHandle::open(path, kFlags | O_NOATIME);
    if (file.is_open() || errno != EPERM) return file;
    is_refused.store(true, std::memory_order_relaxed);
  }
  return FileHandle::open(path, kFlags);
}

}  // namespace

EntryFile::EntryFile(FileHandle file, std::string_view path, const struct stat& status, EntryHeader header, std::size_t start_bytes)
    : file_(std::move(file)),
      path_(path),
      identity_{status.st_dev, status.st_ino},
      modified_(status.st_mtim),
      header_(std::move(header)),
      start_bytes_(start_bytes) {}

FoundEntry open_entry(const char* path, EntryFile::Start& start) {
  FoundEntry found;
  FileHandle file = open_to_read(path);
  if (!file.is_open()) {
    const int problem = errno;
    if (problem == ENOENT || problem == ENOTDIR) return found;
    if (struct stat status; (problem == ELOOP || problem == ENXIO) && ::lstat(path, &status) == 0) {
      found.identity = FileIdentity{status.st_dev, status.st_ino};
      found.error = Error{ErrorCode::foreign, "not a file"};
    } else {
      found.error = system_error(problem, "cannot open", path);
      FileIdentity identity;
      if (problem == EACCES) found.held = shuts_out(path, identity);
      found.shuts_us_out = found.held.is_open();
      if (found.shuts_us_out) found.identity = identity;
    }
    return found;
  }
  struct stat status;
  if (::fstat(file.get(), &status) != 0) {
    found.error = system_error(errno, "cannot look at", path);
    return found;
  }
  found.identity = FileIdentity{status.st_dev, status.st_ino};
  if (!S_ISREG(status.st_mode)) {
    found.error = Error{ErrorCode::foreign, "not a file"};
    found.held = std::move(file);
    return found;
  }
  std::size_t got = 0;
  auto header = read_header(file, path, static_cast<std::uint64_t>(status.st_size), start, got);
  if (!header) {
    found.error = header.error();
    found.held = std::move(file);
    return found;
  }
  found.file = EntryFile(std::move(file), path, status, *std::move(header), got);
  return found;
}

Status EntryFile::read_array(const StoredArray& array, std::byte* to, const Start& start) const {
  const std::uint64_t bytes = array.file_bytes();
  if (array.offset + bytes <= start_bytes_) {
    std::memcpy(to, start.data() + array.offset, bytes);
    return success();
  }
  return read({to, bytes}, array.offset);
}

Status EntryFile::read(std::span<std::byte> bytes, std::uint64_t offset) const { return read_all(file_, bytes, offset, path_); }

bool EntryFile::is_to_be_mapped(const Loading& loading) const noexcept {
  return loading.may_map && !is_compressed(header_) && std::ranges::any_of(header_.arrays, [&](const StoredArray& array) {
           return array.bytes >= loading.map_threshold && array.bytes > 0;
         });
}

/// The slower door: each array by itself, its bytes verified before anything is made of them.
Result<Artifact> EntryFile::load_compressed(const Start& start) {
  std::vector<Array> arrays;
  arrays.reserve(header_.arrays.size());
  const auto no_memory = [&](std::uint64_t bytes) {
    return Error{ErrorCode::io, "no memory for the " + std::to_string(bytes) + " bytes of " + std::string(path_)};
  };
  for (StoredArray& array : header_.arrays) {
    const auto stored = allocate_aligned(static_cast<std::size_t>(array.file_bytes()));
    if (!stored && array.bytes > 0) return no_memory(array.file_bytes());
    if (array.bytes > 0) {
      if (const Status read = read_array(array, stored.get(), start); !read) return read.error();
    }
    const std::span<const std::byte> seen(stored.get(), static_cast<std::size_t>(array.file_bytes()));
    if (checksum64(seen) != array.checksum) return flipped(array.name);
    auto memory = stored;
    if (array.encoding == Encoding::deflated) {
      memory = allocate_aligned(static_cast<std::size_t>(array.bytes));
      if (!memory) return no_memory(array.bytes);
      const Inflated inflated = inflate_bytes(seen, size_of(array.type), {memory.get(), static_cast<std::size_t>(array.bytes)});
      if (inflated == Inflated::no_memory) return no_memory(array.bytes);
      if (inflated == Inflated::wrong) {
        return Error{ErrorCode::corrupt, "array \"" + array.name + "\" cannot be decompressed"};
      }
    }
    arrays.emplace_back(std::move(array.name), array.type, std::move(array.shape), array.bytes > 0 ? memory.get() : nullptr, memory);
  }
  return Artifact(std::move(arrays), std::move(header_.attributes));
}

Result<Artifact> EntryFile::load(const Start& start, const Loading& loading) {
  if (is_compressed(header_)) return load_compressed(start);
  std::shared_ptr<const std::byte> memory;
  const std::byte* base = nullptr;  // of the file where it is mapped, of the first array where it is read
  if (is_to_be_mapped(loading)) memory = map_file(file_, static_cast<std::size_t>(header_.file_size));
  const bool map = memory != nullptr;  // what cannot be mapped can mostly be read
  if (map) {
    base = memory.get();
    if (loading.verify_arrays && !bring_in(base, static_cast<std::size_t>(header_.file_size))) return system_error(errno, "cannot read", path_);
  } else {
    std::uint64_t bytes = 0;
    for (const StoredArray& array : header_.arrays) bytes += round_up(array.bytes);
    const auto block = allocate_aligned(static_cast<std::size_t>(bytes));
    if (!block && bytes > 0) return Error{ErrorCode::io, "no memory for the " + std::to_string(bytes) + " bytes of " + std::string(path_)};
    std::byte* to = block.get();
    for (const StoredArray& array : header_.arrays) {
      if (array.bytes == 0) continue;
      if (const Status read = read_array(array, to, start); !read) return read.error();
      to += round_up(array.bytes);
    }
    memory = block;
    base = block.get();
  }

  std::vector<Array> arrays;
  arrays.reserve(header_.arrays.size());
  for (StoredArray& array : header_.arrays) {
    const std::byte* data = map ? base + array.offset : base;
    if (loading.verify_arrays && checksum64({data, array.bytes}) != array.checksum) return flipped(array.name);
    arrays.emplace_back(std::move(array.name), array.type, std::move(array.shape), array.bytes > 0 ? data : nullptr, memory);
    if (!map) base += round_up(array.bytes);
  }
  return Artifact(std::move(arrays), std::move(header_.attributes));
}

Status EntryFile::verify_range(std::uint64_t offset, std::uint64_t bytes, std::span<std::byte> buffer, ChecksumStream& stream, bool wide) const {
  while (bytes > 0) {
    const auto piece = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, buffer.size())));
    if (const Status got = read(piece, offset); !got) return got;
    wide ? stream.add128(piece) : stream.add64(piece);
    offset += piece.size();
    bytes -= piece.size();
  }
  return success();
}

Status EntryFile::verify_all() const {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kVerifyBuffer, header_.file_size)));
  ChecksumStream stream;
  const std::span<std::byte> tail = std::span(buffer).first(header_.user_block - header_.length);
  if (const Status got = read(tail, header_.length); !got) return got;
  if (std::ranges::any_of(tail, [](std::byte b) { return b != std::byte{0}; })) {
    return Error{ErrorCode::corrupt, "the user block is not zero behind the header"};
  }
  for (const StoredArray& array : header_.arrays) {
    stream.start64();
    if (const Status read = verify_range(array.offset, array.file_bytes(), buffer, stream, false); !read) return read;
    if (stream.result64() != array.checksum) return flipped(array.name);
  }
  stream.start128();
  for (const ByteRange& range : rest_of(header_)) {
    if (const Status read = verify_range(range.offset, range.bytes, buffer, stream, true); !read) return read;
  }
  if (stream.result128() != header_.rest) return Error{ErrorCode::corrupt, "the HDF5 structure does not match its checksum"};
  return success();
}

bool EntryFile::touch() const noexcept { return ::futimens(file_.get(), nullptr) == 0; }

}  // namespace almanac::cache
