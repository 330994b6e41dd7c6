#pragma once

#include "temporary_folder.hpp"

#include <almanac/engine.hpp>
#include <almanac/mission.hpp>

#include <hdf5.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace almanac::testing {

/// A folder with a cache, missions and their results, and an engine over the cache.
class MissionFolder {
 public:
  MissionFolder() { restart(); }

  /// Another engine over the same folder, as another process would have.
  void restart() { restart({}); }
  void restart(Config config) {
    if (config.cache_dir.empty()) config.cache_dir = folder_ / "cache";
    config.defaults.admission = cache::Admission::aggressive;  // what small missions need is made too soon to be worth a file
    engine_.emplace(config, [this](std::string_view line) { warnings.emplace_back(line); });
  }

  Engine& engine() { return *engine_; }

  /// Of all that is kept, says that it took so long to make: then loading it saves time, however slow that is.
  void set_costs(std::chrono::nanoseconds cost) {
    cache::DiskTier& disk = *engine_->disk();
    std::vector<cache::Key> keys;
    disk.for_each([&](const cache::EntryInfo& info) { return keys.push_back(info.key), true; }).ok();
    for (const cache::Key& key : keys) {
      cache::Entry entry = **disk.get(key);
      entry.facts.cost = cost;
      disk.replace(std::make_shared<const cache::Entry>(std::move(entry))).ok();
    }
  }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  /// Runs a mission's text; the results are in the folder `output`.
  MissionReport run(const std::string& text, const std::string& output = "out", MissionOptions options = {}) {
    options.output = folder_ / output;
    return Mission::load(write("mission.toml", text)).run(*engine_, options);
  }

  std::vector<std::string> warnings;

 private:
  TemporaryFolder folder_;
  std::optional<Engine> engine_;
};

struct Values {
  std::vector<hsize_t> shape;
  std::vector<double> values;
};

/// A dataset of a result file, read with plain HDF5; empty when it is not there.
inline Values read_dataset(const std::filesystem::path& file, const char* name) {
  Values read;
  const hid_t opened = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (opened < 0) return read;
  const hid_t dataset = H5Dopen2(opened, name, H5P_DEFAULT);
  if (dataset >= 0) {
    const hid_t space = H5Dget_space(dataset);
    read.shape.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, read.shape.data(), nullptr);
    read.values.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.values.data());
    H5Sclose(space);
    H5Dclose(dataset);
  }
  H5Fclose(opened);
  return read;
}

/// Writes one dataset of doubles as a user would.
inline void write_dataset(const std::filesystem::path& file, const char* name, const std::vector<hsize_t>& shape,
                          const std::vector<double>& values) {
  const hid_t created = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const hid_t dataset = H5Dcreate2(created, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(dataset);
  H5Sclose(space);
  H5Fclose(created);
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The names in a folder, in order; also hidden ones.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  if (!std::filesystem::is_directory(folder)) return names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace almanac::testing
