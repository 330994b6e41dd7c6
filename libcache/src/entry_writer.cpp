#include "entry_writer.hpp"

#include "compression/deflated_bytes.hpp"
#include "hdf5_skeleton.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

/// Of smaller arrays HDF5's index of chunks takes what compressing saves.
constexpr std::size_t kLeastCompressed = 4096;

EntryHeader header_of(const Entry& entry) {
  EntryHeader header;
  header.id = entry.key.id();
  header.key_text = entry.key.text();
  header.facts = entry.facts;
  header.attributes = entry.artifact.attributes();
  for (const Array& array : entry.artifact.arrays()) {
    header.arrays.push_back({array.name(), array.type(), array.shape(), 0, array.bytes(), checksum64({array.data(), array.bytes()})});
  }
  return header;
}

/// The arrays that gain by it, compressed; of the others nothing. Their rows of the table say so.
std::vector<std::vector<std::byte>> packed_arrays(const Artifact& artifact, EntryHeader& header) {
  std::vector<std::vector<std::byte>> packed(artifact.arrays().size());
  for (std::size_t i = 0; i < packed.size(); ++i) {
    const Array& array = artifact.arrays()[i];
    if (array.bytes() < kLeastCompressed) continue;
    auto small = deflate_bytes({array.data(), array.bytes()}, size_of(array.type()), kLeastSaving);
    if (!small) continue;
    packed[i] = *std::move(small);
    header.arrays[i].encoding = Encoding::deflated;
    header.arrays[i].packed_bytes = packed[i].size();
    header.arrays[i].checksum = checksum64(packed[i]);
  }
  return packed;
}

std::string written_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  char text[32];
  if (::gmtime_r(&seconds, &parts) == nullptr) return {};
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// The attributes for those who read the file as HDF5: the artifact's own, and what the header says.
Attributes mirrored(const Entry& entry) {
  Attributes all = entry.artifact.attributes();
  all.emplace("almanac_key", entry.key.text());
  all.emplace("almanac_id", entry.key.id().hex());
  all.emplace("almanac_producer", entry.facts.producer.version);
  all.emplace("almanac_instruction_set", entry.facts.producer.instruction_set);
  all.emplace("almanac_cost_ns", std::int64_t{entry.facts.cost.count()});
  all.emplace("almanac_created", written_time(entry.facts.created));
  if (!entry.facts.host_binding.empty()) all.emplace("almanac_host_binding", entry.facts.host_binding);
  return all;
}

/// The XXH3-128 of everything outside user block and arrays.
Digest digest_of_rest(const SparseImage& structure, const EntryHeader& header) {
  std::array<std::byte, SparseImage::kPageBytes> buffer;
  ChecksumStream stream;
  stream.start128();
  for (ByteRange range : rest_of(header)) {
    while (range.bytes > 0) {
      const auto piece = std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(range.bytes, buffer.size())));
      structure.read(range.offset, piece);
      stream.add128(piece);
      range.offset += piece.size();
      range.bytes -= piece.size();
    }
  }
  return stream.result128();
}

}  // namespace

Status finish_entry(FileHandle file, const std::string& path, bool durable) {
  if (::fchmod(file.get(), 0444) != 0) return system_error(errno, "cannot protect", path);
  if (durable && past_signals([&] { return ::fdatasync(file.get()); }) != 0) return system_error(errno, "cannot sync", path);
  if (const int problem = file.close_written()) return system_error(problem, "cannot write", path);
  return success();
}

Result<WrittenEntry> write_entry(FileHandle file, const std::string& path, const Entry& entry, bool durable, bool compress,
                                 const std::function<Status(std::uint64_t)>& may_take) {
  EntryHeader header = header_of(entry);
  std::vector<std::vector<std::byte>> packed;
  if (compress) packed = packed_arrays(entry.artifact, header);
  const auto user_block = user_block_for(header);
  if (!user_block) return user_block.error();
  header.user_block = *user_block;

  const auto skeleton = make_hdf5_skeleton(header.user_block, entry.artifact, mirrored(entry), packed);
  if (!skeleton) return skeleton.error();
  header.file_size = skeleton->file_size;
  for (std::size_t i = 0; i < header.arrays.size(); ++i) header.arrays[i].offset = skeleton->offsets[i];
  header.rest = digest_of_rest(skeleton->structure, header);
  const auto block = render_header(header);
  if (!block) return block.error();
  if (const auto read_back = parse_header(*block, header.file_size); !read_back) {
    return Error{ErrorCode::io, "HDF5 laid out " + header.key_text.substr(0, 200) + " in a way that is no entry: " + read_back.error().message};
  }

  struct stat status;
  if (::fstat(file.get(), &status) != 0) return system_error(errno, "cannot look at", path);
  if (may_take) {
    if (const Status taken = may_take(header.file_size); !taken) return taken.error();
  }
  if (const Status reserved = reserve(file, header.file_size, path); !reserved) return reserved.error();
  if (const Status written = write_skeleton(file, *skeleton, entry.artifact, packed, path); !written) return written.error();
  if (const Status written = write_at(file, *block, 0, path); !written) return written.error();
  if (const Status finished = finish_entry(std::move(file), path, durable); !finished) return finished.error();
  return WrittenEntry{{status.st_dev, status.st_ino}, header.self};
}

}  // namespace almanac::cache
