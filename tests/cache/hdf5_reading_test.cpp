// An entry as the rest of the world sees it: libhdf5, h5dump, h5py.

#include <almanac/cache/tiers.hpp>

#include "engine/temporary_folder.hpp"
#include "hdf5_handle.hpp"
#include "varied_entry.hpp"

#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

class Hdf5Reading : public ::testing::Test {
 protected:
  Hdf5Reading() : tier_({.root = folder_.path()}) {}

  std::string stored(const EntryPtr& entry) {
    const auto put = tier_.put(entry);
    EXPECT_TRUE(put.ok()) << put.error().message;
    return tier_.path_of(entry->key.id());
  }

  testing::TemporaryFolder folder_;
  DiskTier tier_;
};

template <class T>
std::vector<T> dataset(const Hdf5File& file, const char* name, hid_t type) {
  const Hdf5Dataset opened(H5Dopen2(file.get(), name, H5P_DEFAULT), "H5Dopen2");
  const Hdf5Space space(H5Dget_space(opened.get()), "H5Dget_space");
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())));
  checked(H5Dread(opened.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dread");
  return values;
}

std::string text_attribute(const Hdf5File& file, const char* name) {
  const Hdf5AttributeHandle attribute(H5Aopen(file.get(), name, H5P_DEFAULT), "H5Aopen");
  const Hdf5Type type(H5Aget_type(attribute.get()), "H5Aget_type");
  std::string text(H5Tget_size(type.get()), '\0');
  checked(H5Aread(attribute.get(), type.get(), text.data()), "H5Aread");
  return text;
}

/// What a shell command writes to standard output; and its exit code.
std::pair<std::string, int> output_of(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), [](FILE*) { return 0; });
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) text.append(buffer.data(), got);
  return {text, ::pclose(pipe.get())};
}

TEST_F(Hdf5Reading, LibhdfFindsArraysAndAttributes) {
  const EntryPtr entry = varied_entry();
  const std::string path = stored(entry);
  const Hdf5File file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "H5Fopen");
  const auto same = [&](const char* name, const auto& values) {
    const Array& array = entry->artifact.at(name);
    return values.size() == array.size() && std::memcmp(values.data(), array.data(), array.bytes()) == 0;
  };
  EXPECT_TRUE(same("f64", dataset<double>(file, "f64", H5T_NATIVE_DOUBLE)));
  EXPECT_TRUE(same("f32", dataset<float>(file, "f32", H5T_NATIVE_FLOAT)));
  EXPECT_TRUE(same("i32", dataset<std::int32_t>(file, "i32", H5T_NATIVE_INT32)));
  EXPECT_TRUE(same("i64", dataset<std::int64_t>(file, "i64", H5T_NATIVE_INT64)));
  EXPECT_TRUE(same("u8", dataset<std::uint8_t>(file, "u8", H5T_NATIVE_UINT8)));
  const Hdf5Type complex(H5Tcreate(H5T_COMPOUND, 16), "H5Tcreate");
  checked(H5Tinsert(complex.get(), "r", 0, H5T_NATIVE_DOUBLE), "H5Tinsert");
  checked(H5Tinsert(complex.get(), "i", 8, H5T_NATIVE_DOUBLE), "H5Tinsert");
  EXPECT_TRUE(same("c128", dataset<std::complex<double>>(file, "c128", complex.get())));
  EXPECT_EQ(text_attribute(file, "boundary"), "periodic");
  EXPECT_EQ(text_attribute(file, "almanac_key"), entry->key.text());
  EXPECT_EQ(text_attribute(file, "almanac_id"), entry->key.id().hex());
  EXPECT_EQ(text_attribute(file, "almanac_created"), "2024-02-29T00:00:00Z");

  const Hdf5Properties creation(H5Fget_create_plist(file.get()), "H5Fget_create_plist");
  hsize_t user_block = 0;
  checked(H5Pget_userblock(creation.get(), &user_block), "H5Pget_userblock");
  EXPECT_EQ(user_block, 4096u);
}

TEST_F(Hdf5Reading, LibhdfReadsBesideALongHeaderAndManyArrays) {
  std::vector<Array> arrays;
  for (int i = 0; i < 200; ++i) arrays.push_back(Array::of<double>("array " + std::to_string(i), {2}, {i + 0.25, i + 0.75}));
  Attributes attributes{{"long", std::string(100'000, 'x')}};
  for (int i = 0; i < 200; ++i) attributes.emplace("attribute " + std::to_string(i), std::int64_t{i});
  const Key key("many", 1, {});
  const auto entry = std::make_shared<const Entry>(Entry{key, Artifact(std::move(arrays), std::move(attributes)), {}});
  const std::string path = stored(entry);
  const Hdf5File file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "H5Fopen");
  EXPECT_EQ(dataset<double>(file, "array 199", H5T_NATIVE_DOUBLE), (std::vector<double>{199.25, 199.75}));
  EXPECT_EQ(text_attribute(file, "long").size(), 100'000u);
  DiskTier fresh({.root = folder_.path()});
  const auto got = fresh.get(key);
  ASSERT_TRUE(got.ok() && *got);
  EXPECT_TRUE(identical((*got)->artifact, entry->artifact));
  EXPECT_TRUE(fresh.validate(false, {})->empty());
}

TEST_F(Hdf5Reading, SameEntryGivesTheSameFile) {
  const EntryPtr entry = varied_entry();
  const auto bytes_of = [](const std::string& path) { return output_of("cat '" + path + "'").first; };
  const std::string first = bytes_of(stored(entry));
  ASSERT_TRUE(*tier_.erase(entry->key));
  EXPECT_EQ(bytes_of(stored(entry)), first);
  EXPECT_GT(first.size(), 4096u);
}

TEST_F(Hdf5Reading, H5dumpReadsIt) {
  if (output_of("command -v h5dump").first.empty()) GTEST_SKIP() << "no h5dump here";
  const auto [text, code] = output_of("h5dump -d /i32 '" + stored(varied_entry()) + "'");
  EXPECT_EQ(code, 0);
  EXPECT_NE(text.find("(0): 1, -2, 3"), std::string::npos) << text;
}

TEST_F(Hdf5Reading, H5pyReadsItWithComplexNumbers) {
  if (output_of("/usr/bin/python3 -c 'import h5py' 2>&1; echo $?").first != "0\n") GTEST_SKIP() << "no h5py here";
  const std::string path = stored(varied_entry());
  const auto [text, code] = output_of("/usr/bin/python3 -c \"import h5py; f = h5py.File('" + path +
                                      "', 'r'); print(f['c128'][...].tolist(), f['c64'].dtype, f['nothing'].shape, f['f64'][1, 1], "
                                      "f.attrs['alpha'], f.attrs['extents'].tolist(), f.attrs['boundary'].decode())\" 2>&1");
  EXPECT_EQ(code, 0) << text;
  EXPECT_EQ(text, "[[(1+2j), (3+4j)], [(5+6j), (7+8j)]] complex64 (0, 7) 5.0 1.5 [2, 3] periodic\n");
}

}  // namespace
}  // namespace almanac::cache
