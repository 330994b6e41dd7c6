#pragma once

#include "hdf5_handle.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace almanac::output {

/// An HDF5 file that libhdf5 lays out in memory, without the numbers of its large datasets: these go straight from where they are to
/// the disk, so that there is one copy of them. libhdf5 1.10.8 ends the process after a write that failed, as on a full disk; so what
/// goes to the disk is written here.
/// Threads: one caller
class LaidOutFile {
 public:
  /// descriptions: bytes that all but the numbers of datasets takes, about. They are allotted in one piece, before the numbers; what is
  /// more goes behind these, and the memory of the layout with it.
  /// Errors: Hdf5Failure
  LaidOutFile(std::filesystem::path target, std::size_t descriptions);

  const Hdf5File& file() const noexcept { return file_; }

  /// A dataset of doubles, to be written from `values` by write(); they must be there until then.
  /// Shapes: values of shape, row-major. Errors: Hdf5Failure
  Hdf5Dataset add(const std::string& name, const std::vector<hsize_t>& shape, std::span<const double> values);

  /// Closes the layout, and writes it with all numbers. Once.
  /// Errors: Hdf5Failure; WriteFailure ← the target cannot be written
  void write();

  /// What libhdf5 has in memory of a file: all up to the last byte that it wrote.
  struct Image {
    char* bytes = nullptr;
    std::size_t size = 0;

    Image() = default;
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
    ~Image() { std::free(bytes); }
  };

 private:
  struct Block {
    std::size_t offset;
    std::span<const double> values;
  };

  std::filesystem::path target_;
  std::unique_ptr<Image> image_ = std::make_unique<Image>();  // where libhdf5 looks for it
  Hdf5File file_;
  std::vector<Block> blocks_;
};

}  // namespace almanac::output
