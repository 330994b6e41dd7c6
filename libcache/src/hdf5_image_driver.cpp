#include "hdf5_image_driver.hpp"

#include <cstddef>
#include <functional>
#include <limits>
#include <new>
#include <span>
#include <type_traits>

namespace almanac::cache {
namespace {

constexpr haddr_t kMostBytes = static_cast<haddr_t>(std::numeric_limits<std::int64_t>::max());

/// What HDF5 passes back to us at every call; it knows the first member only.
struct OpenImage {
  H5FD_t base;
  Hdf5Image* image;
  haddr_t allocated;
};
static_assert(std::is_standard_layout_v<OpenImage> && offsetof(OpenImage, base) == 0);

/// Travels in the access properties.
struct DriverInfo {
  Hdf5Image* image;
};

OpenImage* of(H5FD_t* file) noexcept { return reinterpret_cast<OpenImage*>(file); }
const OpenImage* of(const H5FD_t* file) noexcept { return reinterpret_cast<const OpenImage*>(file); }

// The callbacks, as H5FDpublic.h declares them. HDF5 is C: nothing is thrown through it.

H5FD_t* open(const char*, unsigned, hid_t access, haddr_t) {
  const auto* info = static_cast<const DriverInfo*>(H5Pget_driver_info(access));
  if (info == nullptr) return nullptr;
  auto* opened = new (std::nothrow) OpenImage{};
  if (opened == nullptr) return nullptr;
  opened->image = info->image;
  return &opened->base;
}

herr_t close(H5FD_t* file) {
  delete of(file);
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  const std::less<const Hdf5Image*> less;
  return less(of(a)->image, of(b)->image) ? -1 : less(of(b)->image, of(a)->image) ? 1 : 0;
}

herr_t query(const H5FD_t*, unsigned long* features) {
  if (features != nullptr) *features = H5FD_FEAT_AGGREGATE_METADATA;
  return 0;
}

haddr_t get_allocated(const H5FD_t* file, H5FD_mem_t) { return of(file)->allocated; }

herr_t set_allocated(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  of(file)->allocated = end;
  return 0;
}

haddr_t get_size(const H5FD_t* file, H5FD_mem_t) { return of(file)->image->size; }

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t offset, std::size_t bytes, void* to) {
  of(file)->image->bytes.read(offset, {static_cast<std::byte*>(to), bytes});
  return 0;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t offset, std::size_t bytes, const void* from) try {
  Hdf5Image& image = *of(file)->image;
  image.bytes.write(offset, {static_cast<const std::byte*>(from), bytes});
  image.size = std::max<std::uint64_t>(image.size, offset + bytes);
  return 0;
} catch (const std::bad_alloc&) {
  return -1;
}

herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  of(file)->image->size = of(file)->allocated;
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(530);  // 512 … 65535 are for tests and private drivers
#endif
  driver.name = "almanac_image";
  driver.maxaddr = kMostBytes;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(DriverInfo);
  driver.open = open;
  driver.close = close;
  driver.cmp = compare;
  driver.query = query;
  driver.get_eoa = get_allocated;
  driver.set_eoa = set_allocated;
  driver.get_eof = get_size;
  driver.read = read;
  driver.write = write;
  driver.truncate = truncate;
  constexpr H5FD_mem_t kKinds[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(kKinds), std::end(kKinds), std::begin(driver.fl_map));
  return driver;
}

hid_t register_driver() {
  static const H5FD_class_t driver = driver_class();
  return H5FDregister(&driver);
}

}  // namespace

Hdf5ImageDriver::Hdf5ImageDriver() : driver_(register_driver(), "H5FDregister") {}

void Hdf5ImageDriver::use(const Hdf5Properties& access, Hdf5Image& image) const {
  const DriverInfo info{&image};
  checked(H5Pset_driver(access.get(), driver_.get(), &info), "H5Pset_driver");
}

}  // namespace almanac::cache
