#include "entry_format.hpp"

#include "artifact_rules.hpp"
#include "compression/deflated_bytes.hpp"
#include "little_endian.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <optional>
#include <string_view>

namespace almanac::cache {
namespace {

constexpr std::string_view kMagic{"\x89" "ALM\r\n\x1a\n", 8};
constexpr std::string_view kHdf5Signature{"\x89" "HDF\r\n\x1a\n", 8};
constexpr std::size_t kFixedBytes = 48;  ///< up to the padding
constexpr std::size_t kDigestBytes = 16;
constexpr std::uint32_t kPlainVersion = 1, kCompressingVersion = 2;
constexpr std::uint32_t kMostPadding = 63;
constexpr std::size_t kLeastHeader = kFixedBytes + 4 * 4 + 8 + 8 + 9 + 3 * 4 + 2 * kDigestBytes;

enum class AttributeKind : std::uint8_t { integer = 1, real = 2, text = 3, integers = 4, reals = 5 };

using TimePoint = std::chrono::system_clock::time_point;

std::int64_t nanoseconds_of(TimePoint time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
TimePoint time_of(std::int64_t nanoseconds) noexcept {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(nanoseconds)));
}

Error corrupt(std::string why) { return {ErrorCode::corrupt, std::move(why)}; }

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- reading

Digest read_digest(ByteReader& reader) noexcept {
  Digest digest;
  digest.high = reader.number<std::uint64_t>();
  digest.low = reader.number<std::uint64_t>();
  return digest;
}

template <class T>
std::vector<T> read_list(ByteReader& reader) {
  std::vector<T> values(reader.count(sizeof(T)));
  for (T& value : values) value = reader.number<T>();
  return values;
}

std::optional<Attribute> read_attribute(ByteReader& reader) {
  switch (static_cast<AttributeKind>(reader.number<std::uint8_t>())) {
    case AttributeKind::integer: return reader.number<std::int64_t>();
    case AttributeKind::real: return reader.number<double>();
    case AttributeKind::text: {
      const auto text = reader.text();
      if (has_nul(text)) return std::nullopt;
      return std::string(text);
    }
    case AttributeKind::integers: return read_list<std::int64_t>(reader);
    case AttributeKind::reals: return read_list<double>(reader);
  }
  return std::nullopt;
}

/// The attributes. Errors: what is wrong with them.
std::optional<std::string> read_attributes(ByteReader& reader, Attributes& attributes) {
  const std::uint32_t count = reader.count(4 + 1 + 1 + 4);
  std::string_view previous;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view name = reader.text();
    if (reader.failed() || !is_attribute_name(name)) return "attribute " + std::to_string(i) + " has no proper name";
    if (name <= previous) return "the attributes are out of order";
    auto value = read_attribute(reader);
    if (reader.failed() || !value) return "attribute \"" + std::string(name) + "\" has no proper value";
    attributes.emplace_hint(attributes.end(), name, std::move(*value));
    previous = name;
  }
  return std::nullopt;
}

/// One row of the array table, checked against the file. Errors: what is wrong with it.
std::optional<std::string> read_array(ByteReader& reader, const EntryHeader& header, std::uint32_t version, StoredArray& array) {
  const std::string_view name = reader.text();
  if (reader.failed() || !is_array_name(name)) return "has no proper name";
  array.name = name;
  array.type = static_cast<Type>(reader.number<std::uint8_t>());
  if (size_of(array.type) == 0) return "has an unknown type";
  const std::size_t rank = reader.number<std::uint8_t>();
  if (rank == 0 || rank > kMaxRank || rank > reader.remaining() / sizeof(std::int64_t)) return "has a rank that cannot be";
  array.shape.resize(rank);
  for (std::int64_t& extent : array.shape) extent = reader.number<std::int64_t>();
  array.offset = reader.number<std::uint64_t>();
  array.bytes = reader.number<std::uint64_t>();
  array.checksum = reader.number<std::uint64_t>();
  if (version >= kCompressingVersion) {
    array.encoding = static_cast<Encoding>(reader.number<std::uint8_t>());
    array.packed_bytes = reader.number<std::uint64_t>();
    if (array.encoding == Encoding::plain) {
      if (array.packed_bytes != array.bytes) return "takes more or less than its bytes";
      array.packed_bytes = 0;
    } else if (array.encoding != Encoding::deflated) {
      return "has an unknown encoding";
    } else if (array.packed_bytes >= array.bytes || array.bytes >= kMostChunk || array.bytes / kMostExpansion > array.packed_bytes) {
      return "cannot come of so many compressed bytes";
    }
  }
  if (reader.failed()) return "is cut short";

  const auto elements = volume(array.shape, size_of(array.type));
  if (!elements || *elements * size_of(array.type) != array.bytes) return "has a size that is not that of its shape";
  if (array.bytes == 0) {
    if (array.offset != 0) return "is empty but has a place";
    return std::nullopt;
  }
  if (array.offset % kArrayAlignment != 0) return "is not aligned";
  if (array.offset < header.user_block) return "lies in the user block";
  if (array.offset > header.file_size || array.file_bytes() > header.file_size - array.offset) return "reaches past the end of the file";
  return std::nullopt;
}

std::optional<std::string> check_apart(const std::vector<StoredArray>& arrays) {
  std::vector<const StoredArray*> order;
  order.reserve(arrays.size());
  for (const StoredArray& array : arrays) order.push_back(&array);
  std::ranges::sort(order, {}, [](const StoredArray* array) { return std::string_view(array->name); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->name == order[i]->name) return "two arrays are called \"" + order[i]->name + "\"";
  }
  std::ranges::sort(order, {}, &StoredArray::offset);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->offset + order[i - 1]->file_bytes() > order[i]->offset && order[i]->bytes > 0) {
      return "arrays \"" + order[i - 1]->name + "\" and \"" + order[i]->name + "\" overlap";
    }
  }
  return std::nullopt;
}

// ---- writing

void write_digest(ByteWriter& writer, const Digest& digest) {
  writer.number(digest.high);
  writer.number(digest.low);
}

struct AttributeWriter {
  ByteWriter& writer;
  void operator()(std::int64_t value) const { scalar(AttributeKind::integer, value); }
  void operator()(double value) const { scalar(AttributeKind::real, value); }
  void operator()(const std::string& value) const {
    writer.number(static_cast<std::uint8_t>(AttributeKind::text));
    writer.text(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const { list(AttributeKind::integers, values); }
  void operator()(const std::vector<double>& values) const { list(AttributeKind::reals, values); }

 private:
  template <class T>
  void scalar(AttributeKind kind, T value) const {
    writer.number(static_cast<std::uint8_t>(kind));
    writer.number(value);
  }
  template <class T>
  void list(AttributeKind kind, const std::vector<T>& values) const {
    writer.number(static_cast<std::uint8_t>(kind));
    writer.number(static_cast<std::uint32_t>(values.size()));
    writer.raw(std::as_bytes(std::span(values)));
  }
};

/// An upper bound of the header's length, so that no count overflows its 32 bits.
bool is_far_too_large(const EntryHeader& header) {
  std::uint64_t bytes = header.key_text.size() + header.facts.producer.version.size() + header.facts.producer.instruction_set.size() +
                        header.facts.host_binding.size() + header.facts.dependencies.size() * kDigestBytes;
  for (const auto& [name, value] : header.attributes) {
    bytes += name.size();
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->size();
    if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) bytes += integers->size() * 8;
    if (const auto* reals = std::get_if<std::vector<double>>(&value)) bytes += reals->size() * 8;
  }
  for (const StoredArray& array : header.arrays) bytes += array.name.size() + array.shape.size() * 8;
  return bytes > kMostUserBlock || header.attributes.size() > kMostUserBlock || header.arrays.size() > kMostUserBlock;
}

/// The header from magic to last digest; sets length and self.
std::vector<std::byte> render(EntryHeader& header, std::uint32_t padding) {
  const std::uint32_t version = is_compressed(header) ? kCompressingVersion : kPlainVersion;
  ByteWriter writer;
  writer.raw(std::as_bytes(std::span(kMagic)));
  writer.number(version);
  writer.number(std::uint32_t{0});  // the length, known at the end
  writer.number(header.user_block);
  writer.number(padding);
  writer.number(header.file_size);
  writer.number(header.id.high);
  writer.number(header.id.low);
  writer.zeros(padding);
  writer.text(header.key_text);
  writer.text(header.facts.producer.version);
  writer.text(header.facts.producer.instruction_set);
  writer.text(header.facts.host_binding);
  writer.number(static_cast<std::int64_t>(header.facts.cost.count()));
  writer.number(nanoseconds_of(header.facts.created));
  writer.number(static_cast<std::uint8_t>(header.facts.expires ? 1 : 0));
  writer.number(header.facts.expires ? nanoseconds_of(*header.facts.expires) : std::int64_t{0});
  writer.number(static_cast<std::uint32_t>(header.facts.dependencies.size()));
  for (const Id& id : header.facts.dependencies) {
    writer.number(id.high);
    writer.number(id.low);
  }
  writer.number(static_cast<std::uint32_t>(header.attributes.size()));
  for (const auto& [name, value] : header.attributes) {
    writer.text(name);
    std::visit(AttributeWriter{writer}, value);
  }
  writer.number(static_cast<std::uint32_t>(header.arrays.size()));
  for (const StoredArray& array : header.arrays) {
    writer.text(array.name);
    writer.number(static_cast<std::uint8_t>(array.type));
    writer.number(static_cast<std::uint8_t>(array.shape.size()));
    for (const std::int64_t extent : array.shape) writer.number(extent);
    writer.number(array.offset);
    writer.number(array.bytes);
    writer.number(array.checksum);
    if (version < kCompressingVersion) continue;
    writer.number(static_cast<std::uint8_t>(array.encoding));
    writer.number(array.file_bytes());
  }
  write_digest(writer, header.rest);

  header.length = static_cast<std::uint32_t>(writer.bytes().size() + kDigestBytes);
  std::memcpy(writer.bytes().data() + 12, &header.length, sizeof header.length);
  header.self = checksum128(writer.bytes());
  write_digest(writer, header.self);
  return std::move(writer.bytes());
}

/// True where libhdf5 would take something inside the user block for a superblock.
bool looks_like_hdf5(std::span<const std::byte> user_block) noexcept {
  for (std::size_t at = 512; at + kHdf5Signature.size() <= user_block.size(); at *= 2) {
    if (as_text(user_block.subspan(at, kHdf5Signature.size())) == kHdf5Signature) return true;
  }
  return false;
}

Error too_large(const EntryHeader& header) {
  return {ErrorCode::invalid_argument, "the header of " + header.key_text.substr(0, 200) + " would take more than " +
                                           std::to_string(kMostUserBlock) + " bytes: attributes, dependencies and array names are too many or too long"};
}

}  // namespace

Result<std::uint32_t> header_length(std::span<const std::byte> start, std::uint64_t file_size) {
  if (start.size() > file_size) start = start.first(static_cast<std::size_t>(file_size));
  if (start.empty()) return corrupt("the file is empty");
  const std::size_t seen = std::min(start.size(), kMagic.size());
  if (as_text(start.first(seen)) != kMagic.substr(0, seen)) return Error{ErrorCode::foreign, "not an Almanac entry: another magic"};
  ByteReader reader(start.subspan(seen));
  const auto version = reader.number<std::uint32_t>();
  if (reader.failed()) return corrupt("the header is cut short");
  if (version > kFormatVersion) {
    return Error{ErrorCode::newer_format, "format version " + std::to_string(version) + "; this build reads up to " + std::to_string(kFormatVersion)};
  }
  if (version == 0) return corrupt("format version 0");
  const auto length = reader.number<std::uint32_t>();
  const auto user_block = reader.number<std::uint32_t>();
  if (reader.failed()) return corrupt("the header is cut short");
  if (!std::has_single_bit(user_block) || user_block < kLeastUserBlock || user_block > kMostUserBlock) {
    return corrupt("a user block of " + std::to_string(user_block) + " bytes");
  }
  if (length < kLeastHeader || length > user_block) return corrupt("a header of " + std::to_string(length) + " bytes");
  if (user_block > file_size) return corrupt("the file ends inside its user block");
  return length;
}

Result<EntryHeader> parse_header(std::span<const std::byte> start, std::uint64_t file_size) {
  const auto length = header_length(start, file_size);
  if (!length) return length.error();
  if (start.size() < *length) return corrupt("the header is cut short");
  const auto whole = start.first(*length);

  EntryHeader header;
  header.length = *length;
  header.self = checksum128(whole.first(*length - kDigestBytes));
  ByteReader digests(whole.last(2 * kDigestBytes));
  header.rest = read_digest(digests);
  if (read_digest(digests) != header.self) return corrupt("the header does not match its checksum");

  ByteReader reader(whole.first(*length - 2 * kDigestBytes));
  reader.raw(kMagic.size());
  const auto version = reader.number<std::uint32_t>();
  reader.raw(4);
  header.user_block = reader.number<std::uint32_t>();
  const auto padding = reader.number<std::uint32_t>();
  header.file_size = reader.number<std::uint64_t>();
  if (header.file_size != file_size) {
    return corrupt("the file has " + std::to_string(file_size) + " bytes, its header says " + std::to_string(header.file_size));
  }
  header.id.high = reader.number<std::uint64_t>();
  header.id.low = reader.number<std::uint64_t>();
  if (padding > kMostPadding || !std::ranges::all_of(reader.raw(padding), [](std::byte b) { return b == std::byte{0}; })) {
    return corrupt("the padding is not as it must be");
  }
  if (looks_like_hdf5(whole)) return corrupt("a signature of HDF5 lies in the header where its library would look for one");
  header.key_text = reader.text();
  if (Id::of(header.key_text) != header.id) return corrupt("the id is not that of the key");
  header.facts.producer.version = reader.text();
  header.facts.producer.instruction_set = reader.text();
  header.facts.host_binding = reader.text();
  header.facts.cost = std::chrono::nanoseconds(reader.number<std::int64_t>());
  header.facts.created = time_of(reader.number<std::int64_t>());
  const auto has_expiry = reader.number<std::uint8_t>();
  const auto expiry = reader.number<std::int64_t>();
  if (has_expiry > 1 || (has_expiry == 0 && expiry != 0)) return corrupt("the expiry is not as it must be");
  if (has_expiry == 1) header.facts.expires = time_of(expiry);
  header.facts.dependencies.resize(reader.count(kDigestBytes));
  for (Id& id : header.facts.dependencies) {
    id.high = reader.number<std::uint64_t>();
    id.low = reader.number<std::uint64_t>();
  }
  if (auto wrong = read_attributes(reader, header.attributes)) return corrupt(std::move(*wrong));

  header.arrays.resize(reader.count(4 + 1 + 1 + 1 + 8 + 3 * 8));
  for (std::size_t i = 0; i < header.arrays.size(); ++i) {
    if (auto wrong = read_array(reader, header, version, header.arrays[i])) return corrupt("array " + std::to_string(i) + " " + *wrong);
  }
  if ((version == kCompressingVersion) != is_compressed(header)) return corrupt("format version 2, and no compressed array");
  if (header.arrays.size() > 1) {
    if (auto wrong = check_apart(header.arrays)) return corrupt(std::move(*wrong));
  }
  if (reader.failed() || reader.remaining() != 0) return corrupt("the header's fields do not add up to its length");
  return header;
}

Result<std::uint32_t> user_block_for(const EntryHeader& header) {
  if (is_far_too_large(header)) return too_large(header);
  EntryHeader copy = header;
  const std::size_t needed = render(copy, 0).size() + kMostPadding;
  if (needed > kMostUserBlock) return too_large(header);
  return std::max(kLeastUserBlock, std::bit_ceil(static_cast<std::uint32_t>(needed)));
}

Result<std::vector<std::byte>> render_header(EntryHeader& header) {
  if (is_far_too_large(header)) return too_large(header);
  for (std::uint32_t padding = 0; padding <= kMostPadding; ++padding) {
    std::vector<std::byte> bytes = render(header, padding);
    if (bytes.size() > header.user_block) return too_large(header);
    bytes.resize(header.user_block);
    if (!looks_like_hdf5(bytes)) return bytes;
  }
  return Error{ErrorCode::invalid_argument, "the header of " + header.key_text.substr(0, 200) + " holds too many signatures of HDF5"};
}

bool is_compressed(const EntryHeader& header) noexcept {
  return std::ranges::any_of(header.arrays, [](const StoredArray& array) { return array.encoding != Encoding::plain; });
}

std::vector<ByteRange> rest_of(const EntryHeader& header) {
  std::vector<ByteRange> taken;
  for (const StoredArray& array : header.arrays) {
    if (array.bytes > 0) taken.push_back({array.offset, array.file_bytes()});
  }
  std::ranges::sort(taken, {}, &ByteRange::offset);
  std::vector<ByteRange> rest;
  std::uint64_t at = header.user_block;
  for (const ByteRange& range : taken) {
    if (range.offset > at) rest.push_back({at, range.offset - at});
    at = range.offset + range.bytes;
  }
  if (header.file_size > at) rest.push_back({at, header.file_size - at});
  return rest;
}

}  // namespace almanac::cache
