// What an upgraded program's C library is told of large pages.

#include "large_pages.hpp"
#include "wrapped_programs.hpp"

#include <gtest/gtest.h>

namespace almanac::testing {
namespace {

using wrap::with_large_pages;

TEST(LargePages, AreAskedForBesideWhatElseIsTuned) {
  EXPECT_EQ(with_large_pages(""), "glibc.malloc.hugetlb=1");
  EXPECT_EQ(with_large_pages("glibc.malloc.check=1"), "glibc.malloc.check=1:glibc.malloc.hugetlb=1");
  EXPECT_EQ(with_large_pages("glibc.malloc.check=1:"), "glibc.malloc.check=1:glibc.malloc.hugetlb=1");
}

TEST(LargePages, AreLeftToWhoSaysSomethingOfThemHimself) {
  for (const char* said : {"glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=2", "glibc.malloc.check=1:glibc.malloc.hugetlb=0"}) {
    EXPECT_EQ(with_large_pages(said), said);
  }
  EXPECT_EQ(with_large_pages("my.glibc.malloc.hugetlb=0"), "my.glibc.malloc.hugetlb=0:glibc.malloc.hugetlb=1");
}

class UpgradedPrograms : public WrapTest {};

TEST_F(UpgradedPrograms, AloneAreGivenLargePages) {
  const Words words{"/usr/bin/env"};
  const auto tunables = [](const Outcome& outcome) {
    for (const std::string& line : lines(outcome.out)) {
      if (line.starts_with("GLIBC_TUNABLES=")) return line;
    }
    return std::string("none");
  };
  EXPECT_EQ(tunables(wrap(words, {"--upgrade"}).outcome), "GLIBC_TUNABLES=glibc.malloc.hugetlb=1");
  EXPECT_EQ(tunables(wrap(words).outcome), tunables(alone(words)));
}

}  // namespace
}  // namespace almanac::testing
