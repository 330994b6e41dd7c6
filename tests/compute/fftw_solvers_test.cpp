// What FFTW's planner says of itself where it lies, against what it exports; and the digest that this takes.

#include "fftw_api.hpp"
#include "fftw_planner.hpp"
#include "fftw_solvers.hpp"
#include "md5.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <string>

namespace almanac::compute {
namespace {

std::string md5_of(const std::string& text, std::size_t piece) {
  Md5 digest;
  for (std::size_t at = 0; at < text.size(); at += piece) digest.put(text.data() + at, std::min(piece, text.size() - at));
  std::string digits;
  for (const std::uint32_t word : digest.end()) {
    for (int byte = 0; byte < 4; ++byte) {
      std::array<char, 3> two{};
      std::snprintf(two.data(), two.size(), "%02x", (word >> (8 * byte)) & 0xFF);
      digits += two.data();
    }
  }
  return digits;
}

TEST(Md5, IsThatOfItsDefinition) {
  EXPECT_EQ(md5_of("", 1), "d41d8cd98f00b204e9800998ecf8427e");  // RFC 1321, A.5
  EXPECT_EQ(md5_of("abc", 1), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890", 7),
            "57edf4a22be3c955ac49da2e2107b67a");
  // Around a block's end, and that of what is gathered; by md5sum(1).
  EXPECT_EQ(md5_of(std::string(55, 'x'), 5), "04364420e25c512fd958a70738aa8f72");
  EXPECT_EQ(md5_of(std::string(56, 'x'), 56), "668a72d5ba17f08e62dabcafad6db14b");
  EXPECT_EQ(md5_of(std::string(64, 'x'), 3), "c1bb4f81d892b2d57947682aeb252456");
  EXPECT_EQ(md5_of(std::string(4095, 'x'), 4095), "d91e68c1ea965db139a5422c798cc465");
  EXPECT_EQ(md5_of(std::string(4096, 'x'), 9), "20439f79e4e9dc95be34b21029221f80");
  EXPECT_EQ(md5_of(std::string(10000, 'x'), 4097), "b567fcb68d8555227123ab87e255872e");
}

template <class Real>
class EmptyPlanner : public ::testing::Test {};
using Precisions = ::testing::Types<float, double, long double>;
TYPED_TEST_SUITE(EmptyPlanner, Precisions);

TYPED_TEST(EmptyPlanner, HasTheHeaderOfItsExportAndOneWithWisdomHasNone) {
  using Api = Fftw<TypeParam>;
  FftwPlannerSession<TypeParam> session(1);   // it begins with an empty planner
  const auto header = header_of_empty_planner<TypeParam>();
  ASSERT_TRUE(header.has_value());
  const WisdomHeader exported = wisdom_header(session.export_bundle());
  EXPECT_EQ(header->version, exported.version);
  EXPECT_EQ(header->name, exported.name);
  EXPECT_EQ(header->signature, exported.signature);

  std::array<std::complex<TypeParam>, 12> data{};
  auto* const points = reinterpret_cast<typename Api::Complex*>(data.data());
  const typename Api::Dimension line{12, 1, 1};
  const auto plan = Api::plan_dft(1, &line, 0, nullptr, points, points, FFTW_FORWARD, FFTW_ESTIMATE);
  EXPECT_FALSE(header_of_empty_planner<TypeParam>().has_value()) << "an estimate leaves wisdom, too";
  Api::destroy_plan(plan);
  session.forget();
  EXPECT_EQ(header_of_empty_planner<TypeParam>(), header);
}

}  // namespace
}  // namespace almanac::compute
