#include "hdf5_skeleton.hpp"

#include "entry_format.hpp"
#include "hdf5_handle.hpp"
#include "hdf5_image_driver.hpp"

#include <algorithm>
#include <string>

namespace almanac::cache {
namespace {

/// Attributes up to this many lie in the root group's own header rather than in an index beside it.
constexpr unsigned kMostCompactAttributes = 64;

/// For the record: HDF5 uses it where somebody writes to the dataset, which nobody does.
constexpr unsigned kNominalDeflateLevel = 3;

/// Half the entries of a node of the index of chunks, of which there is one.
constexpr unsigned kChunkIndex = 1;

Hdf5Type complex_type(hid_t part, std::size_t part_bytes) {
  Hdf5Type type(H5Tcreate(H5T_COMPOUND, 2 * part_bytes), "H5Tcreate");
  checked(H5Tinsert(type.get(), "r", 0, part), "H5Tinsert");
  checked(H5Tinsert(type.get(), "i", part_bytes, part), "H5Tinsert");
  return type;
}

Hdf5Type file_type(Type type) {
  const auto copy = [](hid_t predefined) { return Hdf5Type(H5Tcopy(predefined), "H5Tcopy"); };
  switch (type) {
    case Type::f32: return copy(H5T_IEEE_F32LE);
    case Type::f64: return copy(H5T_IEEE_F64LE);
    case Type::c64: return complex_type(H5T_IEEE_F32LE, 4);
    case Type::c128: return complex_type(H5T_IEEE_F64LE, 8);
    case Type::i32: return copy(H5T_STD_I32LE);
    case Type::i64: return copy(H5T_STD_I64LE);
    case Type::u8: break;
  }
  return copy(H5T_STD_U8LE);
}

/// Writes one attribute of the root group.
struct AttributeMirror {
  hid_t group;
  const char* name;

  void operator()(std::int64_t value) const { scalar(H5T_STD_I64LE, &value); }
  void operator()(double value) const { scalar(H5T_IEEE_F64LE, &value); }
  void operator()(const std::string& value) const {
    Hdf5Type type(H5Tcopy(H5T_C_S1), "H5Tcopy");
    checked(H5Tset_size(type.get(), std::max<std::size_t>(value.size(), 1)), "H5Tset_size");
    checked(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "H5Tset_strpad");
    checked(H5Tset_cset(type.get(), H5T_CSET_UTF8), "H5Tset_cset");
    scalar(type.get(), value.c_str());
  }
  void operator()(const std::vector<std::int64_t>& values) const { list(H5T_STD_I64LE, values.data(), values.size()); }
  void operator()(const std::vector<double>& values) const { list(H5T_IEEE_F64LE, values.data(), values.size()); }

 private:
  void scalar(hid_t type, const void* value) const { write(type, Hdf5Space(H5Screate(H5S_SCALAR), "H5Screate"), value); }
  void list(hid_t type, const void* values, std::size_t count) const {
    const hsize_t extent = count;
    write(type, Hdf5Space(H5Screate_simple(1, &extent, nullptr), "H5Screate_simple"), count > 0 ? values : nullptr);
  }
  void write(hid_t type, const Hdf5Space& space, const void* value) const {
    Hdf5AttributeHandle attribute(H5Acreate2(group, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT), "H5Acreate2");
    if (value != nullptr) checked(H5Awrite(attribute.get(), type, value), "H5Awrite");
    attribute.close("H5Aclose");
  }
};

/// A dataset of one chunk, which is given as HDF5's filters would leave it. Gives where the file has it, as HDF5 counts.
std::uint64_t place_packed(const Hdf5File& file, const Array& array, std::span<const std::byte> packed) {
  Hdf5Properties creation(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  const std::vector<hsize_t> extents(array.shape().begin(), array.shape().end());
  checked(H5Pset_chunk(creation.get(), static_cast<int>(extents.size()), extents.data()), "H5Pset_chunk");
  checked(H5Pset_shuffle(creation.get()), "H5Pset_shuffle");
  checked(H5Pset_deflate(creation.get(), kNominalDeflateLevel), "H5Pset_deflate");
  checked(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), "H5Pset_fill_time");
  checked(H5Pset_obj_track_times(creation.get(), false), "H5Pset_obj_track_times");
  const Hdf5Space space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), "H5Screate_simple");
  const Hdf5Type type = file_type(array.type());
  Hdf5Dataset dataset(H5Dcreate2(file.get(), array.name().c_str(), type.get(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      "H5Dcreate2");
  const std::vector<hsize_t> first(extents.size(), 0);
  checked(H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, first.data(), packed.size(), packed.data()), "H5Dwrite_chunk");
  unsigned filters_left_out = 0;
  haddr_t place = HADDR_UNDEF;
  hsize_t bytes = 0;
  checked(H5Dget_chunk_info_by_coord(dataset.get(), first.data(), &filters_left_out, &place, &bytes), "H5Dget_chunk_info_by_coord");
  if (place == HADDR_UNDEF || bytes != packed.size() || filters_left_out != 0) throw Hdf5Failure("H5Dget_chunk_info_by_coord");
  dataset.close("H5Dclose");
  return place;
}

/// True where these bytes stand in the image.
bool stands_at(const SparseImage& image, std::uint64_t offset, std::span<const std::byte> bytes) {
  std::vector<std::byte> there(bytes.size());
  image.read(offset, there);
  return std::ranges::equal(there, bytes);
}

std::uint64_t place_array(const Hdf5File& file, const Array& array) {
  Hdf5Properties creation(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  checked(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), "H5Pset_layout");
  checked(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time");
  checked(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), "H5Pset_fill_time");
  checked(H5Pset_obj_track_times(creation.get(), false), "H5Pset_obj_track_times");
  const std::vector<hsize_t> extents(array.shape().begin(), array.shape().end());
  const Hdf5Space space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), "H5Screate_simple");
  const Hdf5Type type = file_type(array.type());
  Hdf5Dataset dataset(H5Dcreate2(file.get(), array.name().c_str(), type.get(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      "H5Dcreate2");
  std::uint64_t offset = 0;
  if (array.bytes() > 0) {
    const haddr_t place = H5Dget_offset(dataset.get());  // counted from the start of the file, user block included
    if (place == HADDR_UNDEF) throw Hdf5Failure("H5Dget_offset");
    offset = place;
  }
  dataset.close("H5Dclose");
  return offset;
}

Hdf5Properties creation_properties(std::uint32_t user_block, bool has_chunks) {
  Hdf5Properties properties(H5Pcreate(H5P_FILE_CREATE), "H5Pcreate");
  checked(H5Pset_userblock(properties.get(), user_block), "H5Pset_userblock");
  checked(H5Pset_obj_track_times(properties.get(), false), "H5Pset_obj_track_times");
  if (has_chunks) checked(H5Pset_istore_k(properties.get(), kChunkIndex), "H5Pset_istore_k");
  checked(H5Pset_attr_phase_change(properties.get(), kMostCompactAttributes, kMostCompactAttributes - 2), "H5Pset_attr_phase_change");
  return properties;
}

/// libver V18: checksummed metadata, readable by HDF5 1.8 and everything since.
Hdf5Properties access_properties() {
  Hdf5Properties properties(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate");
  checked(H5Pset_libver_bounds(properties.get(), H5F_LIBVER_V18, H5F_LIBVER_V18), "H5Pset_libver_bounds");
  checked(H5Pset_alignment(properties.get(), 1, kArrayAlignment), "H5Pset_alignment");
  checked(H5Pset_fclose_degree(properties.get(), H5F_CLOSE_STRONG), "H5Pset_fclose_degree");
#if H5_VERSION_GE(1, 10, 7)
  checked(H5Pset_file_locking(properties.get(), false, true), "H5Pset_file_locking");
#endif
  return properties;
}

}  // namespace

Hdf5Failure::Hdf5Failure(const char* call) : message(std::string(call) + " failed") {
  // From the innermost frame outwards: the first is the reason.
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned frame, const H5E_error2_t* error, void* self) -> herr_t {
        if (frame == 0 && error->desc != nullptr) static_cast<Hdf5Failure*>(self)->message += std::string(": ") + error->desc;
        return 0;
      },
      this);
}

Result<Hdf5Skeleton> make_hdf5_skeleton(std::uint32_t user_block, const Artifact& artifact, const Attributes& attributes,
                                        std::span<const std::vector<std::byte>> packed) {
  const auto is_packed = [packed](std::size_t i) { return i < packed.size() && !packed[i].empty(); };
  const std::span<const Array> arrays = artifact.arrays();
  const Hdf5Silence silence;
  Hdf5Image image;
  Hdf5Skeleton skeleton;
  try {
    const Hdf5ImageDriver driver;
    const Hdf5Properties creation = creation_properties(user_block, std::ranges::any_of(packed, [](const auto& one) { return !one.empty(); }));
    const Hdf5Properties access = access_properties();
    driver.use(access, image);
    Hdf5File file(H5Fcreate("almanac entry", H5F_ACC_TRUNC, creation.get(), access.get()), "H5Fcreate");
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      skeleton.offsets.push_back(is_packed(i) ? place_packed(file, arrays[i], packed[i]) : place_array(file, arrays[i]));
    }
    Hdf5Group root(H5Gopen2(file.get(), "/", H5P_DEFAULT), "H5Gopen2");
    for (const auto& [name, value] : attributes) std::visit(AttributeMirror{root.get(), name.c_str()}, value);
    root.close("H5Gclose");
    file.close("H5Fclose");
  } catch (const Hdf5Failure& failure) {
    return Error{ErrorCode::io, "HDF5: " + failure.message};
  }
  // Before 1.14 HDF5 counts the places of chunks from behind the user block, since then from the start of the file.
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (!is_packed(i) || stands_at(image.bytes, skeleton.offsets[i], packed[i])) continue;
    skeleton.offsets[i] += user_block;
    if (!stands_at(image.bytes, skeleton.offsets[i], packed[i])) {
      return Error{ErrorCode::io, "HDF5: the chunk of array \"" + arrays[i].name() + "\" is not where it says"};
    }
  }
  skeleton.structure = std::move(image.bytes);
  skeleton.file_size = image.size;
  return skeleton;
}

Status write_skeleton(const FileHandle& file, const Hdf5Skeleton& skeleton, const Artifact& artifact,
                      std::span<const std::vector<std::byte>> packed, std::string_view path) {
  for (const auto& [number, page] : skeleton.structure.pages()) {
    const std::uint64_t offset = number * SparseImage::kPageBytes;
    if (offset >= skeleton.file_size) break;
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(page.size(), skeleton.file_size - offset));
    if (Status written = write_at(file, std::span(page).first(bytes), offset, path); !written) return written;
  }
  // After the structure: its pages have zeros where arrays go.
  for (std::size_t i = 0; i < artifact.arrays().size(); ++i) {
    const Array& array = artifact.arrays()[i];
    if (array.bytes() == 0 || (i < packed.size() && !packed[i].empty())) continue;
    if (Status written = write_at(file, {array.data(), array.bytes()}, skeleton.offsets[i], path); !written) return written;
  }
  return success();
}

}  // namespace almanac::cache
