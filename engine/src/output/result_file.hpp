#pragma once

#include "series.hpp"

#include <filesystem>

namespace almanac::output {

/// Writes a series as HDF5: `/u` with attributes `units` and `axes`, one dataset of coordinates an axis (`/t`, `/x0` …) with
/// its `units`, the companions, and the facts as attributes of the root; lists of more than 60 000 bytes, which no attribute holds, as
/// datasets in `/long_facts`. The same series gives the same bytes.
/// Errors: WriteFailure ← it cannot be written. What was begun is left for the caller to remove.
void write_hdf5(const std::filesystem::path& file, const Series& series);

/// Writes the XDMF description of an HDF5 file written by write_hdf5, which is named `data` as seen from beside it.
/// Version 2 of the format, times as hyperslabs of `/u`: for ParaView's "XDMF Reader" (tried with 5.11), not its Xdmf3 readers.
/// It shows x1 (2D) or x2 (3D) to the right; a signal becomes a line along t, a system of three
/// unknowns its way through space.
/// Errors: WriteFailure ← it cannot be written
void write_xdmf(const std::filesystem::path& file, const std::string& data, const Series& series);

}  // namespace almanac::output
