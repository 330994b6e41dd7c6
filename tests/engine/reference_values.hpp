#pragma once

#include <hdf5.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace almanac::testing {

/// Values of data/golden: of the problem of that id, where the file has problems; else those of that name.
inline const nlohmann::json& golden(const std::string& file, const std::string& id) {
  static std::map<std::string, nlohmann::json> files;
  const auto [known, is_new] = files.try_emplace(file);
  if (is_new) known->second = nlohmann::json::parse(std::ifstream(ALMANAC_DATA_FOLDER "/golden/" + file));
  const nlohmann::json& all = known->second;
  if (!all.contains("problems")) return all.at(id);
  for (const auto& problem : all.at("problems")) {
    if (problem.at("id") == id) return problem.at("reference_values");
  }
  throw std::runtime_error("no problem " + id);
}

/// The number behind "name=" in the label of a reference.
inline double number_in(const std::string& label, const std::string& name) {
  return std::stod(label.substr(label.find(name + "=") + name.size() + 1));
}

/// An attribute of a result file, read with plain HDF5: a number, a text or a list of texts. Throws where it is not there.
template <class Value>
Value attribute(const std::filesystem::path& file, const char* object, const char* name) {
  const hid_t opened = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t read = opened < 0 ? -1 : H5Aopen_by_name(opened, object, name, H5P_DEFAULT, H5P_DEFAULT);
  if (read < 0) {
    if (opened >= 0) H5Fclose(opened);
    throw std::runtime_error(std::string("no attribute ") + object + " " + name);
  }
  Value value{};
  if constexpr (std::is_same_v<Value, double>) {
    H5Aread(read, H5T_NATIVE_DOUBLE, &value);
  } else {
    const hid_t type = H5Aget_type(read), space = H5Aget_space(read);
    const std::size_t length = H5Tget_size(type), count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
    std::string packed(length * count, '\0');
    H5Aread(read, type, packed.data());
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.emplace_back(packed.substr(i * length, length).c_str());
    if constexpr (std::is_same_v<Value, std::string>) {
      value = texts.at(0);
    } else {
      value = texts;
    }
    H5Sclose(space);
    H5Tclose(type);
  }
  H5Aclose(read);
  H5Fclose(opened);
  return value;
}

}  // namespace almanac::testing
