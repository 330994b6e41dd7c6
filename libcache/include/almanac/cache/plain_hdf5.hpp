#pragma once

#include <almanac/cache/artifact.hpp>
#include <almanac/cache/error.hpp>

#include <filesystem>

namespace almanac::cache {

/// Writes an artifact as a plain HDF5 file, in place of what is at `path`: one dataset an array, the attributes on the
/// root group, complex numbers as the compound (r, i). For handing on: it is no entry, and is not read back.
/// Errors: by errno. The file may be left behind.
/// Threads: thread-safe.
Status write_plain_hdf5(const std::filesystem::path& path, const Artifact& artifact);

}  // namespace almanac::cache
