// What people write by hand: H5Fopen, H5Dread, close.

#include "table.hpp"

#include <benchmark/benchmark.h>
#include <hdf5.h>

namespace almanac::bench {
namespace {

void write(const std::string& path, const std::vector<double>& values) {
  const hsize_t size = values.size();
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(1, &size, nullptr);
  const hid_t data = H5Dcreate2(file, "weights", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(data);
  H5Sclose(space);
  H5Fclose(file);
}

void read(const std::string& path, std::vector<double>& values) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t data = H5Dopen2(file, "weights", H5P_DEFAULT);
  H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(data);
  H5Fclose(file);
}

std::string stored(std::int64_t length) {
  const std::string path = (folder() / ("plain-" + std::to_string(length) + ".h5")).string();
  write(path, table(length));
  std::vector<double> checked(static_cast<std::size_t>(length));
  read(path, checked);
  verify("plain HDF5", checked, length);
  return path;
}

/// As a program that starts: into memory it has just got.
void PlainHdf5(benchmark::State& state) {
  const std::string path = stored(state.range(0));
  for (auto _ : state) {
    std::vector<double> values(static_cast<std::size_t>(state.range(0)));
    read(path, values);
    benchmark::DoNotOptimize(touch(values));
  }
}
BENCHMARK(PlainHdf5)->Arg(kSmall)->Arg(kLarge);

/// HDF5's best case: into memory that was used before, whose pages are there.
void PlainHdf5IntoUsedMemory(benchmark::State& state) {
  const std::string path = stored(state.range(0));
  std::vector<double> values(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    read(path, values);
    benchmark::DoNotOptimize(touch(values));
  }
}
BENCHMARK(PlainHdf5IntoUsedMemory)->Arg(kLarge);

}  // namespace
}  // namespace almanac::bench
