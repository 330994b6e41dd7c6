// The least there can be: map a file of numbers and hash it, with the same hash on the same registers.

#include "table.hpp"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

#include <cstdlib>
#include <fstream>

namespace almanac::bench {
namespace {

template <class Use>
void with_mapped_file(const std::string& path, Use use) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) std::abort();
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* const mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) std::abort();
  benchmark::DoNotOptimize(XXH3_64bits(mapped, bytes));
  use(std::span(static_cast<const double*>(mapped), bytes / sizeof(double)));
  munmap(mapped, bytes);
  close(file);
}

void RawFileMappedAndHashed(benchmark::State& state) {
  const std::int64_t length = state.range(0);
  const std::string path = (folder() / ("raw-" + std::to_string(length))).string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(table(length).data()), static_cast<std::streamsize>(length * 8));
  with_mapped_file(path, [&](std::span<const double> values) { verify("raw file", values, length); });
  for (auto _ : state) with_mapped_file(path, [](std::span<const double> values) { benchmark::DoNotOptimize(touch(values)); });
}
BENCHMARK(RawFileMappedAndHashed)->Arg(kSmall)->Arg(kLarge);

}  // namespace
}  // namespace almanac::bench
