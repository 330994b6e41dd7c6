#pragma once

#include "hdf5_handle.hpp"
#include "sparse_image.hpp"

#include <cstdint>

namespace almanac::cache {

/// What HDF5 makes of a file that it creates in memory.
struct Hdf5Image {
  SparseImage bytes;
  std::uint64_t size = 0;  ///< of the file, places that were allocated and never written included
};

/// A virtual file driver of HDF5 that keeps what is written in an Hdf5Image. HDF5 itself then never meets a
/// full disk, which it does not survive: libhdf5 1.10.8 crashes the process when the flush in H5Fclose fails.
class Hdf5ImageDriver {
 public:
  /// Errors: Hdf5Failure.
  Hdf5ImageDriver();

  /// Lets a file that is created with these access properties be `image`, which must outlive it.
  /// Errors: Hdf5Failure.
  void use(const Hdf5Properties& access, Hdf5Image& image) const;

 private:
  Hdf5Handle<H5FDunregister> driver_;
};

}  // namespace almanac::cache
