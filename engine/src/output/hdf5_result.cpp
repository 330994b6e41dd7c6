#include "result_file.hpp"

#include "hdf5_handle.hpp"
#include "write_failure.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace almanac::output {
namespace {

constexpr std::size_t kImageGrowth = std::size_t{1} << 20;

/// Text of a fixed length in UTF-8, padded with zeros: readable everywhere, and the same bytes every time.
Hdf5Type text_type(std::size_t length) {
  Hdf5Type type(H5Tcopy(H5T_C_S1), "H5Tcopy");
  checked(H5Tset_size(type, std::max<std::size_t>(length, 1)), "H5Tset_size");
  checked(H5Tset_strpad(type, H5T_STR_NULLPAD), "H5Tset_strpad");
  checked(H5Tset_cset(type, H5T_CSET_UTF8), "H5Tset_cset");
  return type;
}

void write_attribute(hid_t object, const std::string& name, hid_t type, hid_t memory_type, const Hdf5Space& space, const void* data) {
  const Hdf5Attribute attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), "H5Acreate");
  checked(H5Awrite(attribute, memory_type, data), "H5Awrite");
}

Hdf5Space one_value() { return {H5Screate(H5S_SCALAR), "H5Screate"}; }

Hdf5Space list_of(std::size_t length) {
  const hsize_t extent = length;
  return {H5Screate_simple(1, &extent, nullptr), "H5Screate_simple"};
}

struct AttributeWriter {
  hid_t object;
  const std::string& name;

  void operator()(std::int64_t value) const { write_attribute(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, one_value(), &value); }
  void operator()(double value) const { write_attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, one_value(), &value); }
  void operator()(const std::string& value) const {
    const Hdf5Type type = text_type(value.size());
    const std::string padded = value.empty() ? std::string(1, '\0') : value;
    write_attribute(object, name, type, type, one_value(), padded.data());
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    write_attribute(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, list_of(values.size()), values.data());
  }
  void operator()(const std::vector<double>& values) const {
    write_attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, list_of(values.size()), values.data());
  }
  void operator()(const std::vector<std::string>& values) const {
    std::size_t longest = 1;
    for (const std::string& value : values) longest = std::max(longest, value.size());
    std::string packed(longest * values.size(), '\0');
    for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(packed.data() + i * longest, longest);
    const Hdf5Type type = text_type(longest);
    write_attribute(object, name, type, type, list_of(values.size()), packed.data());
  }
};

void write_facts(hid_t object, const Facts& facts) {
  for (const auto& [name, value] : facts) std::visit(AttributeWriter{object, name}, value);
}

void write_dataset(const Hdf5File& file, const std::string& name, const std::vector<hsize_t>& shape, const std::vector<double>& values,
                   const Facts& facts) {
  const Hdf5Space space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), "H5Screate_simple");
  const Hdf5Properties creation(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  checked(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times");  // a time would make equal results differ
  checked(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), "H5Pset_fill_time");
  Hdf5Dataset dataset(H5Dcreate2(file, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), "H5Dcreate");
  checked(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dwrite");
  write_facts(dataset, facts);
  dataset.close("H5Dclose");
}

void write_axis(const Hdf5File& file, const Axis& axis) {
  Facts facts{{"units", axis.units}};
  facts.insert(facts.end(), axis.facts.begin(), axis.facts.end());
  write_dataset(file, axis.name, {axis.coordinates.size()}, axis.coordinates, facts);
}

/// The bytes of a file that HDF5 holds in memory.
std::vector<char> image_of(const Hdf5File& file) {
  checked(H5Fflush(file, H5F_SCOPE_LOCAL), "H5Fflush");
  std::vector<char> image(static_cast<std::size_t>(checked(H5Fget_file_image(file, nullptr, 0), "H5Fget_file_image")));
  checked(H5Fget_file_image(file, image.data(), image.size()), "H5Fget_file_image");
  return image;
}

}  // namespace

void write_hdf5(const std::filesystem::path& file, const Series& series) {
  const Hdf5Silence silence;
  try {
    // In memory, and written by ourselves: libhdf5 1.10.8 ends the process after a write that failed, as on a full disk.
    const Hdf5Properties access(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate");
    checked(H5Pset_fapl_core(access, kImageGrowth, false), "H5Pset_fapl_core");
    Hdf5File created(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), "H5Fcreate");
    std::vector<hsize_t> shape{series.times()};
    std::vector<std::string> axes{series.time.name};
    for (const Axis& axis : series.axes) {
      shape.push_back(axis.coordinates.size());
      axes.push_back(axis.name);
    }
    write_dataset(created, series.name, shape, series.values, {{"units", series.units}, {"axes", axes}});
    write_axis(created, series.time);
    for (const Axis& axis : series.axes) write_axis(created, axis);
    for (const Companion& one : series.companions) {
      write_dataset(created, one.name, {one.values.size()}, one.values,
                    {{"units", one.units}, {"axes", std::vector<std::string>{series.time.name}}});
    }
    {
      const Hdf5Object root(H5Oopen(created, "/", H5P_DEFAULT), "H5Oopen");
      write_facts(root, series.facts);
    }
    const std::vector<char> image = image_of(created);
    created.close("H5Fclose");
    errno = 0;
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(image.data(), static_cast<std::streamsize>(image.size()));
    stream.close();
    if (!stream) throw WriteFailure(std::generic_category().message(errno == 0 ? EIO : errno));
  } catch (const Hdf5Failure& failure) {
    throw WriteFailure(failure.message);
  }
}

}  // namespace almanac::output
