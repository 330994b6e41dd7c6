#include "result_file.hpp"

#include "hdf5_handle.hpp"
#include "laid_out_file.hpp"
#include "write_failure.hpp"

#include <algorithm>
#include <optional>

namespace almanac::output {
namespace {

constexpr std::size_t kLongestAttribute = 60'000;
constexpr const char* kLongFacts = "long_facts";

/// Text of a fixed length in UTF-8, padded with zeros: readable everywhere, and the same bytes every time.
Hdf5Type text_type(std::size_t length) {
  Hdf5Type type(H5Tcopy(H5T_C_S1), "H5Tcopy");
  checked(H5Tset_size(type, std::max<std::size_t>(length, 1)), "H5Tset_size");
  checked(H5Tset_strpad(type, H5T_STR_NULLPAD), "H5Tset_strpad");
  checked(H5Tset_cset(type, H5T_CSET_UTF8), "H5Tset_cset");
  return type;
}

/// One value under a name: an attribute of an object, or a dataset in a group.
struct ValuePlace {
  hid_t object;
  const std::string& name;
  bool is_dataset;

  void write(hid_t type, hid_t memory_type, const Hdf5Space& space, const void* data) const {
    if (is_dataset) {
      const Hdf5Properties creation(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
      checked(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times");  // a time would make equal results differ
      const Hdf5Dataset dataset(H5Dcreate2(object, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT), "H5Dcreate");
      checked(H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), "H5Dwrite");
    } else {
      const Hdf5Attribute attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), "H5Acreate");
      checked(H5Awrite(attribute, memory_type, data), "H5Awrite");
    }
  }
};

Hdf5Space one_value() { return {H5Screate(H5S_SCALAR), "H5Screate"}; }

Hdf5Space list_of(std::size_t length) {
  const hsize_t extent = length;
  return {H5Screate_simple(1, &extent, nullptr), "H5Screate_simple"};
}

struct ValueWriter {
  ValuePlace place;

  ValueWriter(hid_t object, const std::string& name, bool is_dataset) : place{object, name, is_dataset} {}

  void operator()(std::int64_t value) const { place.write(H5T_STD_I64LE, H5T_NATIVE_INT64, one_value(), &value); }
  void operator()(double value) const { place.write(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, one_value(), &value); }
  void operator()(const std::string& value) const {
    const Hdf5Type type = text_type(value.size());
    const std::string padded = value.empty() ? std::string(1, '\0') : value;
    place.write(type, type, one_value(), padded.data());
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    place.write(H5T_STD_I64LE, H5T_NATIVE_INT64, list_of(values.size()), values.data());
  }
  void operator()(const std::vector<double>& values) const {
    place.write(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, list_of(values.size()), values.data());
  }
  void operator()(const std::vector<std::string>& values) const {
    std::size_t longest = 1;
    for (const std::string& value : values) longest = std::max(longest, value.size());
    std::string packed(longest * values.size(), '\0');
    for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(packed.data() + i * longest, longest);
    const Hdf5Type type = text_type(longest);
    place.write(type, type, list_of(values.size()), packed.data());
  }
};

/// What the list takes as an attribute: HDF5 keeps one in the header of its object, which has 64 kB.
struct AttributeBytes {
  std::size_t operator()(std::int64_t) const { return sizeof(std::int64_t); }
  std::size_t operator()(double) const { return sizeof(double); }
  std::size_t operator()(const std::string& value) const { return value.size(); }
  std::size_t operator()(const std::vector<std::int64_t>& values) const { return values.size() * sizeof(std::int64_t); }
  std::size_t operator()(const std::vector<double>& values) const { return values.size() * sizeof(double); }
  std::size_t operator()(const std::vector<std::string>& values) const {
    std::size_t longest = 1;
    for (const std::string& value : values) longest = std::max(longest, value.size());
    return longest * values.size();
  }
};

/// Bytes of headers, names, trees and attributes, about.
std::size_t descriptions_of(const Series& series) {
  constexpr std::size_t kFile = 2048, kObject = 768, kAttribute = 96;
  std::size_t bytes = kFile + kObject * (2 + series.axes.size() + series.companions.size());
  const auto add = [&bytes](const Facts& facts) {
    for (const auto& [name, value] : facts) {
      if (const std::size_t size = std::visit(AttributeBytes(), value); size <= kLongestAttribute) bytes += kAttribute + name.size() + size;
    }
  };
  add(series.facts);
  add(series.time.facts);
  for (const Axis& axis : series.axes) add(axis.facts);
  return (bytes + 511) / 512 * 512;
}

/// Writes facts as attributes, and those too long for one where they have a place of their own; these must be there until all is written.
class FactWriter {
 public:
  explicit FactWriter(LaidOutFile& file) : file_(file) {}

  void write(hid_t object, const Facts& facts, const std::string& prefix) {
    for (const auto& [name, value] : facts) {
      const bool is_long = std::visit(AttributeBytes(), value) > kLongestAttribute;
      if (is_long && !group_) group_.emplace(H5Gcreate2(file_.file(), kLongFacts, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Gcreate");
      const std::string place = is_long ? prefix + name : name;
      if (const auto* const numbers = std::get_if<std::vector<double>>(&value); is_long && numbers != nullptr) {
        file_.add(std::string(kLongFacts) + "/" + place, {numbers->size()}, *numbers);
      } else {
        std::visit(ValueWriter(is_long ? hid_t{*group_} : object, place, is_long), value);
      }
    }
  }

 private:
  LaidOutFile& file_;
  std::optional<Hdf5Object> group_;
};

}  // namespace

void write_hdf5(const std::filesystem::path& file, const Series& series) {
  const Hdf5Silence silence;
  try {
    LaidOutFile result(file, descriptions_of(series));
    {
      FactWriter facts(result);
      const auto add = [&](const std::string& name, const std::vector<hsize_t>& shape, const std::vector<double>& values, const Facts& of,
                           const Facts& more = {}) {
        Hdf5Dataset dataset = result.add(name, shape, values);
        facts.write(dataset, of, name + "_");
        facts.write(dataset, more, name + "_");
        dataset.close("H5Dclose");
      };
      const auto add_axis = [&](const Axis& axis) {
        add(axis.name, {axis.coordinates.size()}, axis.coordinates, {{"units", axis.units}}, axis.facts);
      };
      std::vector<hsize_t> shape{series.times()};
      std::vector<std::string> axes{series.time.name};
      for (const Axis& axis : series.axes) {
        shape.push_back(axis.coordinates.size());
        axes.push_back(axis.name);
      }
      add(series.name, shape, series.values, {{"units", series.units}, {"axes", axes}});
      add_axis(series.time);
      for (const Axis& axis : series.axes) add_axis(axis);
      for (const Companion& one : series.companions) {
        add(one.name, {one.values.size()}, one.values, {{"units", one.units}, {"axes", std::vector<std::string>{series.time.name}}});
      }
      const Hdf5Object root(H5Oopen(result.file(), "/", H5P_DEFAULT), "H5Oopen");
      facts.write(root, series.facts, "");
    }
    result.write();
  } catch (const Hdf5Failure& failure) {
    throw WriteFailure(failure.message);
  }
}

}  // namespace almanac::output
