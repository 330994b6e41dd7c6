// fuzz_seeds FOLDER: writes the inputs that the corpus of each target began with, FOLDER/TARGET/NAME, from what the
// writers themselves write.

#include "entry_format.hpp"
#include "lease_record.hpp"

#include "cache/sample_entry.hpp"
#include "cache/varied_entry.hpp"
#include "engine/temporary_folder.hpp"

#include <almanac/cache/tiers.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace almanac {
namespace {

using namespace cache;

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& target, const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories(folder_ / target);
    std::ofstream file(folder_ / target / name, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("cannot write " + (folder_ / target / name).string());
  }

 private:
  std::filesystem::path folder_;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The header of the entry as the disk tier writes it; the zeros of the user block behind it say nothing.
std::string stored_header(DiskTier& tier, const EntryPtr& entry) {
  const auto put = tier.put(entry);
  if (!put) throw std::runtime_error(put.error().message);
  const std::string file = contents(tier.path_of(entry->key.id()));
  const auto length = header_length(std::as_bytes(std::span(file)), file.size());
  if (!length) throw std::runtime_error(length.error().message);
  return file.substr(0, *length);
}

EntryPtr entry_of(const Key& key, std::vector<Array> arrays, Attributes attributes = {}) {
  return std::make_shared<const Entry>(Entry{key, Artifact(std::move(arrays), std::move(attributes)), varied_facts()});
}

void write_headers(const Seeds& seeds) {
  const testing::TemporaryFolder folder;
  DiskTier tier({.root = folder.path(), .compressed_kinds = {"packed"}});
  const std::string varied = stored_header(tier, varied_entry());
  seeds.add("entry_header", "varied", varied);
  seeds.add("entry_header", "table", stored_header(tier, entry_of(sample_key(1), {Array::of<double>("weights", {1024}, std::vector<double>(1024, 0.5))}, {{"coverage", std::int64_t{1024}}})));
  seeds.add("entry_header", "no_arrays", stored_header(tier, entry_of(sample_key(2), {}, {{"wisdom", std::string("(fftw-3.3.10 fftw_wisdom\n)\n")}})));
  seeds.add("entry_header", "no_attributes", stored_header(tier, entry_of(Key("plain", 1, {}), {Array::of<std::uint8_t>("bytes", {3}, {1, 2, 3})})));
  seeds.add("entry_header", "sparse_matrix",
            stored_header(tier, entry_of(Key("laplacian", 1, {{"extent", std::vector<std::int64_t>{3, 1}}, {"order", 2}}),
                                         {Array::of<double>("data", {7}, std::vector<double>(7, -2.0)), Array::of<std::int32_t>("indices", {7}, {0, 1, 0, 1, 2, 1, 2}),
                                          Array::of<std::int32_t>("indptr", {4}, {0, 2, 5, 7})},
                                         {{"shape", std::vector<std::int64_t>{3, 3}}})));
  seeds.add("entry_header", "compressed",
            stored_header(tier, entry_of(Key("packed", 1, {}), {Array::of<double>("zeros", {4, 512}, std::vector<double>(2048, 0.0)),
                                                                Array::of<std::uint8_t>("plain", {2}, {7, 8})})));
  std::vector<std::int64_t> deep(32, 1);
  seeds.add("entry_header", "deepest_rank", stored_header(tier, entry_of(sample_key(3), {Array::of<std::int64_t>("deep", deep, {7})})));

  // An enormous file, of which there is only the beginning, with padding that was not needed.
  EntryHeader vast;
  vast.user_block = 8192;
  vast.key_text = "vast@1{}";
  vast.id = Id::of(vast.key_text);
  vast.file_size = std::uint64_t{1} << 62;
  vast.arrays = {{"most", Type::f64, {1 << 30, 1 << 28}, 8192, std::uint64_t{1} << 61, 0}};
  const auto block = render_header(vast);
  const std::string vast_header(reinterpret_cast<const char*>(block->data()), vast.length);
  seeds.add("entry_header", "vast", vast_header);
  std::string padded = vast_header;
  padded[20] = 5;
  padded.insert(48, 5, '\0');
  seeds.add("entry_header", "padded", padded);

  // A signature of HDF5 at 512, where our writer puts none: written one letter off, and sealed anew.
  EntryHeader signed_twice = vast;
  const std::size_t first = vast_header.size() + 4 + 1 + 1 + 4 - 32 - (4 + 4 + 2 + 2 * 8 + 3 * 8) - 4;
  signed_twice.attributes = {{"t", std::string(512 - first, 'x') + "\x89IDF\r\n\x1a\n"}};
  auto bytes = *render_header(signed_twice);
  bytes.resize(signed_twice.length);
  bytes[513] = std::byte{'H'};
  const Digest digest = checksum128(std::span(bytes).first(bytes.size() - 16));
  std::memcpy(bytes.data() + bytes.size() - 16, &digest, sizeof digest);
  seeds.add("entry_header", "signature", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});

  EntryHeader misaligned = vast;
  misaligned.arrays[0].offset += 8;
  const auto shifted = render_header(misaligned);
  seeds.add("entry_header", "misaligned", {reinterpret_cast<const char*>(shifted->data()), misaligned.length});

  std::string damaged = varied;
  damaged.replace(8, 12, 12, '\xff').replace(damaged.size() - 40, 40, 40, '\0');
  seeds.add("key_recovery", "damaged", damaged);
  seeds.add("key_recovery", "whole", vast_header);
  seeds.add("key_recovery", "padded", padded.replace(20, 1, 1, '\x40'));

  std::string newer = varied.substr(0, 64);
  newer[8] = static_cast<char>(kFormatVersion + 1);
  seeds.add("entry_header", "newer", newer);
  seeds.add("entry_header", "foreign", std::string_view("\x89HDF\r\n\x1a\n\0\0\0\0\0\10\10\0\4\0\20\0", 20));
}

void write_keys(const Seeds& seeds) {
  seeds.add("key", "laplacian", "laplacian@1{boundary=periodic;extent=512x512;order=2;spacing=1,1}");
  seeds.add("key", "kernel", "fractional_kernel@12{alpha=-1.5e-7}");
  seeds.add("key", "no_parameters", "plain@1{}");
  seeds.add("key", "escapes", Key("escapes", 3, {{"list", std::vector<std::string>{"a,b", "{c};=%"}}, {"text", "a\nb\x7f\x01"}}).text());
  seeds.add("key", "empty_value", "a@1{b=;c0_=x}");
  seeds.add("key", "pieces", "kind\nname\na value; of {one} = 100 %\nother\nb,c");
  seeds.add("key", "out_of_order", "a@1{c=1;b=2}");
  seeds.add("key", "leading_zero", "a@01{}");
}

void write_leases(const Seeds& seeds) {
  const ProcessIdentity holder{"2c1f0b3e-5a77-4d0e-9a54-0d9f1b1c7a10", "pid:[4026531836]", 4711, 8831923, "node17"};
  seeds.add("lease_record", "fresh", LeaseRecord{"5d0ab4c5e6f1a2934c0f7b1d90e83a55", 0, holder}.text());
  seeds.add("lease_record", "old", LeaseRecord{"5D0AB4C5E6F1A2934C0F7B1D90E83A55", std::uint64_t(-1), holder}.text());
  seeds.add("lease_record", "left", LeaseRecord{"5d0ab4c5e6f1a2934c0f7b1d90e83a55", 9, holder, true}.text());
  seeds.add("lease_record", "nobody", LeaseRecord{"00000000000000000000000000000000", 7, {}}.text());
  std::string fresh = LeaseRecord{"5d0ab4c5e6f1a2934c0f7b1d90e83a55", 0, holder}.text();
  seeds.add("lease_record", "longer", fresh + "more\n");
  seeds.add("lease_record", "short_beat", fresh.replace(LeaseRecord::kBeatOffset, 20, "0"));
  seeds.add("lease_record", "torn", LeaseRecord{"5d0ab4c5e6f1a2934c0f7b1d90e83a55", 1, holder}.text().substr(0, 90));
}

void write_trace_lines(const Seeds& seeds) {
  seeds.add("trace_line", "usual", "1795405601234567 0123456789abcdef0011223344556677 8192 1204511 - ;");
  seeds.add("trace_line", "expires", "1795405601234568 fedcba98765432100011223344556677 0 0 1795405609999999 ;");
  seeds.add("trace_line", "most", "9223372036854775 FFFFFFFFffffffff0000000000000000 9223372036854775807 9223372036854775807 9223372036854775 ;");
  seeds.add("trace_line", "above", "9223372036854776 00000000000000000000000000000001 9223372036854775808 9223372036854775808 9223372036854776 ;");
  seeds.add("trace_line", "zeros", "000 00000000000000000000000000000000 000 000 000 ;");
  seeds.add("trace_line", "negative", "-1 00000000000000000000000000000001 -1 -1 -1 ;");
  seeds.add("trace_line", "torn", "1795405601234567 0123456789abcdef00112233445");
}

void write_wisdom(const Seeds& seeds) {
  using namespace compute;
  const auto records_of = [](const std::string& bundle) { return bundle.substr(bundle.find('\n') + 1); };
  const FftProblem line{.extent = {16}}, plane{.extent = {12, 10}, .transform = Transform::r2c},
      rows{.extent = {30}, .transform = Transform::dct2, .batch = 3, .in_place = true};
  seeds.add("wisdom", "line", records_of(make_wisdom<double>(line)));
  seeds.add("wisdom", "line_float", records_of(make_wisdom<float>(line)));
  seeds.add("wisdom", "plane", records_of(make_wisdom<double>(plane)));
  seeds.add("wisdom", "rows", records_of(make_wisdom<double>(rows)));
  seeds.add("wisdom", "whole", make_wisdom<double>(line));
  // Flags and a solver of more bits than the planner has for them: FFTW would end the process.
  const std::string record = records_of(make_wisdom<double>(line));
  const auto flags = record.find(" #x"), limit = record.find(" #x", record.find(" #x", flags + 1) + 1);
  seeds.add("wisdom", "many_flags", record.substr(0, flags) + " #x1f00000 #x1f00000" + record.substr(limit));
  const auto solver = record.find(' ', 3) + 1;
  seeds.add("wisdom", "far_solver", record.substr(0, solver) + "4095" + record.substr(flags));
  seeds.add("wisdom", "empty", ")\n");
  seeds.add("wisdom", "timeout", "  (TIMEOUT 0 #x1 #x1 #x1 #x00000001 #x00000002 #x00000003 #x00000004)\n)\n");
}

}  // namespace
}  // namespace almanac

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  try {
    const almanac::Seeds seeds(argv[1]);
    almanac::write_headers(seeds);
    almanac::write_keys(seeds);
    almanac::write_leases(seeds);
    almanac::write_trace_lines(seeds);
    almanac::write_wisdom(seeds);
  } catch (const std::exception& error) {
    std::cerr << "fuzz_seeds: " << error.what() << '\n';
    return 3;
  }
}
