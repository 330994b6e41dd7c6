#pragma once

#include "file_handle.hpp"
#include "sparse_image.hpp"

#include <almanac/cache/artifact.hpp>
#include <almanac/cache/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// An HDF5 file without the contents of its arrays.
struct Hdf5Skeleton {
  SparseImage structure;               ///< everything but the plain arrays and the user block, which are zero
  std::uint64_t file_size = 0;
  std::vector<std::uint64_t> offsets;  ///< in the file, where each array's bytes go; 0 for an empty array
};

/// Lays out an HDF5 file with a dataset for each array and the attributes on the root group, behind
/// `user_block` bytes for somebody else's use. Works in memory, on no file. `packed`, one for each array or none at all: what of it is not
/// empty is the one chunk of that array's dataset, shuffled and deflated, and stands in the structure.
/// Errors: io ← HDF5 refuses, with the innermost message of its error stack; or puts a chunk where nobody finds it.
/// Threads: thread-safe (one at a time, behind HDF5's own lock).
Result<Hdf5Skeleton> make_hdf5_skeleton(std::uint32_t user_block, const Artifact& artifact, const Attributes& attributes,
                                        std::span<const std::vector<std::byte>> packed = {});

/// Writes structure and plain arrays where they belong in an empty file; the user block stays zero.
/// Errors: by errno.
Status write_skeleton(const FileHandle& file, const Hdf5Skeleton& skeleton, const Artifact& artifact,
                      std::span<const std::vector<std::byte>> packed, std::string_view path);

}  // namespace almanac::cache
