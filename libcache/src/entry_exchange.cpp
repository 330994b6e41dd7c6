// The disk tier's doors to the outside: entries as files, out and in. No library parses them here.

#include "commit_name.hpp"
#include "disk_tier_state.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBuffer = 1 << 20;

Error about(const fs::path& file, const Error& error) { return {error.code, file.string() + ": " + error.message}; }

/// Copies all of an entry's file, its header last, so that nothing half-copied looks like one.
/// Errors: corrupt ← it is being cut short; by errno.
Status copy_entry(const EntryFile& from, const FileHandle& to, const std::string& to_path) {
  const EntryHeader& header = from.header();
  if (const Status reserved = reserve(to, header.file_size, to_path); !reserved) return reserved;
  std::vector<std::byte> buffer(kBuffer);
  for (ByteRange range : {ByteRange{header.user_block, header.file_size - header.user_block}, ByteRange{0, header.user_block}}) {
    while (range.bytes > 0) {
      const auto piece = std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(range.bytes, buffer.size())));
      if (const Status read = from.read(piece, range.offset); !read) return read;
      if (const Status written = write_at(to, piece, range.offset, to_path); !written) return written;
      range.offset += piece.size();
      range.bytes -= piece.size();
    }
  }
  return success();
}

/// Opens a file that should be an entry, and not one of this cache's. Errors: what it is instead, with its name; by errno.
/// `path` must outlive it.
Result<EntryFile> open_foreign(const std::string& path, EntryFile::Start& start) {
  FoundEntry found = open_entry(path.c_str(), start);
  if (found.file) return *std::move(found.file);
  if (!found.error) return system_error(ENOENT, "cannot open", path);
  return is_verdict(found.error->code) ? about(path, *found.error) : *found.error;
}

/// What a copy turned out to be: every byte of it has been verified.
struct Verified {
  EntryInfo info;
  FileIdentity identity;
  Digest header;
};

/// Verifies a copy from its first byte to its last. Errors: as verify_entry; by errno.
Result<Verified> verify_copy(const std::string& path, const Id& id) {
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  if (found.error) return *found.error;
  if (!found.file) return system_error(ENOENT, "cannot open", path);
  if (const auto key = verify_entry(*found.file, id); !key) return key.error();
  const Digest header = found.file->header().self;
  auto info = describe(*found.file, path);
  if (!info) return info.error();
  return Verified{*std::move(info), found.file->identity(), header};
}

}  // namespace

Result<bool> DiskTier::export_entry(const Id& id, const fs::path& to) {
  State& state = *state_;
  if (state.root.problem()) return *state.root.problem();
  const EntryPath path = state.root.entry_path(id);
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  if (!found.file && !found.error && state.sweep(id)) found = open_entry(path.c_str(), start);
  const auto refuse = [&](const Error& error) {
    if (is_verdict(error.code)) state.condemn(path.c_str(), *found.identity, id.hex(), error);
    return is_verdict(error.code) ? about(path.c_str(), error) : error;
  };
  if (found.error) return refuse(*found.error);
  if (!found.file || is_expired(found.file->header().facts)) return false;

  const std::string copy = to.string();
  FileHandle file = FileHandle::open(copy.c_str(), O_RDWR | O_CREAT | O_EXCL, 0666);
  if (!file.is_open()) return system_error(errno, "cannot write", copy);
  TemporaryFile unfinished = TemporaryFile::left_behind(copy);
  if (const Status copied = copy_entry(*found.file, file, copy); !copied) return refuse(copied.error());
  if (state.options.durable && past_signals([&] { return ::fsync(file.get()); }) != 0) return system_error(errno, "cannot sync", copy);
  if (const int problem = file.close_written()) return system_error(problem, "cannot write", copy);
  if (const auto verified = verify_copy(copy, id); !verified) {
    // Whose fault is it?
    if (const auto key = verify_entry(*found.file, id); !key) return refuse(key.error());
    return Error{ErrorCode::io, "the copy " + copy + " is not what was written: " + verified.error().message};
  }
  if (state.options.durable) {
    const fs::path above = to.has_parent_path() ? to.parent_path() : fs::path(".");
    if (const int problem = sync_folder(above.string())) return system_error(problem, "cannot write", copy);
  }
  unfinished.let_go();
  return true;
}

Result<Imported> DiskTier::import_entry(const fs::path& file) {
  State& state = *state_;
  if (state.root.problem()) return *state.root.problem();
  const std::string name = file.string();
  EntryFile::Start start;
  const auto source = open_foreign(name, start);
  if (!source) return source.error();
  const Id id = source->header().id;
  const EntryPath path = state.root.entry_path(id);
  const std::string folder = state.root.folder_of(id);
  const auto fail = [&state](const Error& error) {
    ++state.errors;
    return error;
  };
  state.sweep(id);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RoomOnDisk room(state.economy, id);
    TemporaryFile temporary(folder);
    auto copy = state.open_new(temporary, folder);
    if (!copy) return fail(copy.error());
    if (const Status taken = room.take(temporary, source->header().file_size); !taken) return about(file, taken.error());
    if (const Status copied = copy_entry(*source, *copy, temporary.path()); !copied) {
      return is_verdict(copied.error().code) ? about(file, copied.error()) : fail(copied.error());
    }
    if (const Status finished = finish_entry(*std::move(copy), temporary.path(), state.options.durable); !finished) return fail(finished.error());

    // Only the copy counts: the file may change under our eyes.
    auto verified = verify_copy(temporary.path(), id);
    if (!verified) return is_verdict(verified.error().code) ? about(file, verified.error()) : fail(verified.error());
    EntryInfo& info = verified->info;
    if (is_expired(info.facts)) return Error{ErrorCode::invalid_argument, file.string() + ": it has expired"};
    auto committed = state.commit(temporary, path.c_str(), {info.key, coverage_of(info.attributes)}, {});
    if (!committed) return fail(committed.error());
    if (committed->vanished) continue;
    if (committed->adopted) {
      if (const Status there = state.settle_entry(path.c_str(), folder); !there) return fail(there.error());
      auto held = peek(id);
      if (held && *held) return Imported{**std::move(held), true};
      info.attributes = committed->adopted->artifact.attributes();  // it is being removed again
      info.facts = committed->adopted->facts;
    } else {
      room.committed(temporary, verified->identity.inode);
      if (const Status settled_now = state.settle(folder); !settled_now) return fail(settled_now.error());
      ++state.puts;
      state.seen.verified(verified->identity, verified->header);
    }
    info.path = path.c_str();
    return Imported{std::move(info), committed->adopted != nullptr};
  }
  return fail({ErrorCode::io, "cannot commit " + std::string(path.c_str()) + ": its folder is removed again and again"});
}

}  // namespace almanac::cache
