#include "laid_out_file.hpp"

#include "write_failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace almanac::output {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they stand in memory");

constexpr std::size_t kImageGrowth = 4096;

// libhdf5 asks these for the memory of the image, and with the last one leaves it to us as it closes the file.
void* allot_image(std::size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); }
void* copy_image(void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) { return std::memcpy(to, from, size); }
void* resize_image(void* bytes, std::size_t size, H5FD_file_image_op_t, void* image) {
  void* const moved = std::realloc(bytes, size);
  if (moved != nullptr) static_cast<LaidOutFile::Image*>(image)->size = size;
  return moved;
}
herr_t leave_image(void* bytes, H5FD_file_image_op_t why, void* image) {
  if (why == H5FD_FILE_IMAGE_OP_FILE_CLOSE) {
    static_cast<LaidOutFile::Image*>(image)->bytes = static_cast<char*>(bytes);
  } else {
    std::free(bytes);
  }
  return 0;
}
void* same_image(void* image) { return image; }
herr_t keep_image(void*) { return 0; }

Hdf5Properties in_memory(LaidOutFile::Image& image, std::size_t descriptions) {
  Hdf5Properties access(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate");
  checked(H5Pset_fapl_core(access, kImageGrowth, false), "H5Pset_fapl_core");
  checked(H5Pset_meta_block_size(access, descriptions), "H5Pset_meta_block_size");
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = allot_image;
  callbacks.image_memcpy = copy_image;
  callbacks.image_realloc = resize_image;
  callbacks.image_free = leave_image;
  callbacks.udata_copy = same_image;
  callbacks.udata_free = keep_image;
  callbacks.udata = &image;
  checked(H5Pset_file_image_callbacks(access, &callbacks), "H5Pset_file_image_callbacks");
  return access;
}

[[noreturn]] void fail() { throw WriteFailure(std::generic_category().message(errno == 0 ? EIO : errno)); }

/// The target while it is written, from its beginning to its end.
class Target {
 public:
  explicit Target(const std::filesystem::path& path) : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail();
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  void put(const void* data, std::size_t bytes) {
    const char* from = static_cast<const char*>(data);
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t written = ::write(descriptor_, from + done, std::min(bytes - done, std::size_t{1} << 30));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      done += static_cast<std::size_t>(written);
    }
    at_ += bytes;
  }
  /// What the image has from here up to `end`; behind it there is nothing but zeros.
  void put_image(const LaidOutFile::Image& image, std::size_t end) {
    if (at_ < std::min(end, image.size)) put(image.bytes + at_, std::min(end, image.size) - at_);
    constexpr std::array<char, 4096> kZeros{};
    while (at_ < end) put(kZeros.data(), std::min(kZeros.size(), end - at_));
  }
  void finish() {
    if (close(std::exchange(descriptor_, -1)) != 0) fail();
  }

 private:
  int descriptor_;
  std::size_t at_ = 0;
};

}  // namespace

// libhdf5 tells files in memory apart by their names, and touches none of that name.
LaidOutFile::LaidOutFile(std::filesystem::path target, std::size_t descriptions)
    : target_(std::move(target)),
      file_(H5Fcreate(target_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, in_memory(*image_, descriptions)), "H5Fcreate") {}

Hdf5Dataset LaidOutFile::add(const std::string& name, const std::vector<hsize_t>& shape, std::span<const double> values) {
  const Hdf5Space space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), "H5Screate_simple");
  const Hdf5Properties creation(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  checked(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times");  // a time would make equal results differ
  checked(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time");
  checked(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), "H5Pset_fill_time");
  Hdf5Dataset dataset(H5Dcreate2(file_, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), "H5Dcreate");
  const haddr_t offset = H5Dget_offset(dataset);
  if (offset == HADDR_UNDEF) throw Hdf5Failure("H5Dget_offset");
  blocks_.push_back({static_cast<std::size_t>(offset), values});
  return dataset;
}

void LaidOutFile::write() {
  hsize_t size = 0;
  checked(H5Fget_filesize(file_, &size), "H5Fget_filesize");
  file_.close("H5Fclose");
  std::ranges::sort(blocks_, {}, &Block::offset);
  errno = 0;
  Target out(target_);
  for (const Block& block : blocks_) {
    out.put_image(*image_, block.offset);
    out.put(block.values.data(), block.values.size_bytes());
  }
  out.put_image(*image_, static_cast<std::size_t>(size));
  out.finish();
}

}  // namespace almanac::output
