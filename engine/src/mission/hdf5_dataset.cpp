#include "dataset.hpp"

#include "output/hdf5_handle.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <system_error>

namespace almanac::mission {
namespace {

using namespace output;

std::vector<std::int64_t> shape_of(const Hdf5Dataset& dataset) {
  const Hdf5Space space(H5Dget_space(dataset), "H5Dget_space");
  std::vector<hsize_t> extent(static_cast<std::size_t>(checked(H5Sget_simple_extent_ndims(space), "H5Sget_simple_extent_ndims")));
  checked(H5Sget_simple_extent_dims(space, extent.data(), nullptr), "H5Sget_simple_extent_dims");
  return {extent.begin(), extent.end()};
}

/// Where element `index` of a row-major array is: (3, 17).
std::string position_text(const std::vector<std::int64_t>& shape, std::size_t index) {
  std::vector<std::size_t> position(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    position[axis] = index % static_cast<std::size_t>(shape[axis]);
    index /= static_cast<std::size_t>(shape[axis]);
  }
  return fmt::format("({})", fmt::join(position, ", "));
}

std::optional<double> number_attribute(const Hdf5Dataset& dataset, const char* name) {
  if (checked(H5Aexists(dataset, name), "H5Aexists") == 0) return std::nullopt;
  const Hdf5Attribute attribute(H5Aopen(dataset, name, H5P_DEFAULT), "H5Aopen");
  const Hdf5Type type(H5Aget_type(attribute), "H5Aget_type");
  const Hdf5Space space(H5Aget_space(attribute), "H5Aget_space");
  const H5T_class_t kind = H5Tget_class(type);
  if ((kind != H5T_FLOAT && kind != H5T_INTEGER) || H5Sget_simple_extent_npoints(space) != 1) return std::nullopt;
  double value = 0;
  checked(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), "H5Aread");
  return value;
}

std::uint64_t volume_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t volume = 1;
  for (std::int64_t extent : shape) {
    if (__builtin_mul_overflow(volume, static_cast<std::uint64_t>(extent), &volume)) return UINT64_MAX;
  }
  return volume;
}

}  // namespace

DatasetPtr read_hdf5(const std::filesystem::path& file, const std::string& dataset, const std::vector<std::int64_t>& shape) {
  const Hdf5Silence silence;
  if (access(file.c_str(), R_OK) != 0) {
    throw InputFileError(fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(errno)));
  }
  if (!is_hdf5(file)) throw InputFileError(fmt::format("{} is not an HDF5 file", file.string()));
  try {
    const Hdf5Properties access = access_without_locks();
    const Hdf5File opened(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access), "H5Fopen");
    const hid_t id = H5Dopen2(opened, dataset.c_str(), H5P_DEFAULT);
    if (id < 0) throw InputFileError(fmt::format("{} has no dataset \"{}\"", file.string(), dataset));
    const Hdf5Dataset source(id, "H5Dopen");
    const std::string name = fmt::format("dataset \"{}\" of {}", dataset, file.string());

    const Hdf5Type type(H5Dget_type(source), "H5Dget_type");
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) throw InputFileError(name + " does not hold integers or reals");

    auto read = std::make_shared<Dataset>();
    read->shape = shape_of(source);
    if (!shape.empty() && read->shape != shape) {
      throw InputFileError(fmt::format("{} has the shape {}, not {}", name, shape_text(read->shape), shape_text(shape)));
    }
    const std::uint64_t volume = volume_of(read->shape);
    if (volume == 0) throw InputFileError(name + " is empty");
    if (volume > physical_memory() / sizeof(double)) {
      throw InputFileError(fmt::format("{} has {} values, more than this machine's memory of {} holds", name, volume,
                                       format_size(physical_memory())));
    }
    read->values.resize(volume);
    checked(H5Dread(source, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read->values.data()), "H5Dread");
    const auto bad = std::ranges::find_if_not(read->values, [](double value) { return std::isfinite(value); });
    if (bad != read->values.end()) {
      throw InputFileError(fmt::format("{} holds {} at {}; all values must be finite", name, *bad,
                                       position_text(read->shape, static_cast<std::size_t>(bad - read->values.begin()))));
    }
    read->sampling_hz = number_attribute(source, "sampling_hz");
    return read;
  } catch (const Hdf5Failure& failure) {
    throw InputFileError(fmt::format("cannot read {}: {}", file.string(), failure.message));
  }
}

bool is_hdf5(const std::filesystem::path& file) {
  const Hdf5Silence silence;
  return H5Fis_hdf5(file.c_str()) > 0;
}

std::string shape_text(const std::vector<std::int64_t>& shape) { return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x")); }

std::uint64_t physical_memory() noexcept {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long bytes = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && bytes > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(bytes) : UINT64_MAX;
}

}  // namespace almanac::mission
