#include <almanac/quantity.hpp>

#include <gtest/gtest.h>

namespace almanac {
namespace {

using std::chrono::nanoseconds;

TEST(Quantity, ReadsSizesAsPeopleWriteThem) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("500MB"), 500'000'000U);
  EXPECT_EQ(parse_size("500 MB"), 500'000'000U);
  EXPECT_EQ(parse_size("2GiB"), 2'147'483'648U);
  EXPECT_EQ(parse_size("1.5kB"), 1500U);
  EXPECT_EQ(parse_size("0"), 0U);
}

TEST(Quantity, RefusesWhatIsNoSize) {
  for (const char* text : {"", "MB", "-1", "-1MB", "1XB", "1 M B", "nan", "inf", "1e30", "0x10", "5s"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Quantity, ReadsDurationsAsPeopleWriteThem) {
  EXPECT_EQ(parse_duration("30d"), nanoseconds(30LL * 86400 * 1'000'000'000));
  EXPECT_EQ(parse_duration("10min"), nanoseconds(600LL * 1'000'000'000));
  EXPECT_EQ(parse_duration("1.5s"), nanoseconds(1'500'000'000));
  EXPECT_EQ(parse_duration("20 ms"), nanoseconds(20'000'000));
}

TEST(Quantity, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "10", "s", "-1s", "1 year", "nan s", "1e30d"}) EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Quantity, WritesThreeDigitsAndAUnit) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(999), "999 B");
  EXPECT_EQ(format_size(1500), "1.50 kB");
  EXPECT_EQ(format_size(123'456'789), "123 MB");
  EXPECT_EQ(format_duration(nanoseconds(850)), "850 ns");
  EXPECT_EQ(format_duration(nanoseconds(12'340'000)), "12.3 ms");
  EXPECT_EQ(format_duration(nanoseconds(90'000'000'000)), "1.50 min");
}

TEST(Quantity, ReadsNumbersWholeOrNotAtAll) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_FALSE(parse_integer("12x"));
  EXPECT_FALSE(parse_integer("99999999999999999999"));
  EXPECT_EQ(parse_real("1e-3"), 1e-3);
  EXPECT_FALSE(parse_real("nan"));
  EXPECT_FALSE(parse_real("1,5"));
}

TEST(Quantity, ReadsComplexNumbersAsPeopleWriteThem) {
  using Complex = std::complex<double>;
  EXPECT_EQ(parse_complex("-3"), Complex(-3, 0));
  EXPECT_EQ(parse_complex("-3+4i"), Complex(-3, 4));
  EXPECT_EQ(parse_complex("1-2j"), Complex(1, -2));
  EXPECT_EQ(parse_complex("1e-3-2.5e+2i"), Complex(1e-3, -250));
  EXPECT_EQ(parse_complex("1e-3i"), Complex(0, 1e-3));
  EXPECT_EQ(parse_complex("i"), Complex(0, 1));
  EXPECT_EQ(parse_complex("-i"), Complex(0, -1));
  EXPECT_EQ(parse_complex("2+i"), Complex(2, 1));
  EXPECT_EQ(parse_complex("+i"), Complex(0, 1));
  EXPECT_EQ(parse_complex("+2.5j"), Complex(0, 2.5));
  for (const char* text : {"", "1+2", "1+2ii", "3+-4i", "--i", "+i+i", "nan", "infi", "1 + 2i", "1e-i", "1e400i", "i1"}) {
    EXPECT_FALSE(parse_complex(text)) << text;
  }
}

}  // namespace
}  // namespace almanac
