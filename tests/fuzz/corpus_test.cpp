// The fuzz targets over the corpus: everything that was found worth keeping, and each piece of it.

#include "targets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace almanac::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(Bytes);
};
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

class FuzzTarget : public testing::TestWithParam<Target> {};

TEST_P(FuzzTarget, KeepsItsPromisesOverTheCorpus) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(ALMANAC_FUZZ_CORPUS) / GetParam().name)) {
    files.push_back(file.path());
  }
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    // Each length in a block of its own, so that a sanitizer sees what is read behind the end.
    for (std::size_t length = 0; length <= text.size(); ++length) {
      const std::vector<char> piece(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
      ASSERT_NO_THROW(GetParam().run(std::as_bytes(std::span(piece)))) << path << ", first " << length << " bytes";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, FuzzTarget,
                         testing::Values(Target{"entry_header", entry_header}, Target{"key", key}, Target{"key_recovery", key_recovery},
                                         Target{"lease_record", lease_record}, Target{"trace_line", trace_line},
                                         Target{"wisdom", wisdom}),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace almanac::fuzz
