#include <almanac/cache/key.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

TEST(Key, IsItsCanonicalText) {
  const std::vector<std::int64_t> extent{512, 512};
  const std::vector<double> spacing{1.0, 1.0};
  const Key key("laplacian", 1, {{"extent", extent}, {"spacing", spacing}, {"order", 2}, {"boundary", "periodic"}});
  EXPECT_EQ(key.text(), "laplacian@1{boundary=periodic;extent=512x512;order=2;spacing=1,1}");
  EXPECT_EQ(key.kind(), "laplacian");
  EXPECT_EQ(key.version(), 1);
  EXPECT_EQ(Key("nothing", 12, {}).text(), "nothing@12{}");
}

TEST(Key, DoesNotDependOnTheOrderOfItsParameters) {
  EXPECT_EQ(Key("k", 1, {{"a", 1}, {"b", 2}, {"c", 3}}), Key("k", 1, {{"c", 3}, {"a", 1}, {"b", 2}}));
  std::vector<Key::Parameter> many;
  std::vector<Key::Parameter> backwards;
  for (int i = 10; i < 60; ++i) many.emplace_back("p" + std::to_string(i), i);
  backwards.assign(many.rbegin(), many.rend());
  EXPECT_EQ(Key("k", 1, many), Key("k", 1, backwards));
}

TEST(Key, IdIsTheXxh3Of128BitsOfTheText) {
  EXPECT_EQ(Id::of("").hex(), "99aa06d3014798d86001c324468d497f");  // xxHash's own sanity check, seed 0, no bytes
  const Key key("k", 1, {{"a", 1}});
  EXPECT_EQ(key.id(), Id::of(key.text()));
  EXPECT_EQ(*Id::parse(key.id().hex()), key.id());
}

TEST(Key, IdIsReadFromExactly32HexDigits) {
  EXPECT_EQ(Id::parse("0123456789abcdef0011223344556677")->low, 0x0011223344556677u);
  for (const char* wrong : {"", "0123", "0123456789abcdef00112233445566770", "0123456789abcdeg0011223344556677", "-123456789abcdef0011223344556677"}) {
    EXPECT_FALSE(Id::parse(wrong).ok()) << wrong;
  }
}

TEST(Key, WritesRealsAsTheShortestDecimalThatReadsBack) {
  const std::pair<double, const char*> expected[] = {
      {0.1, "0.1"},     {1.5, "1.5"},   {1e-4, "1e-4"},        {1e5, "1e5"},     {100, "100"},   {99999, "99999"}, {0.001, "0.001"},
      {-0.25, "-0.25"}, {1e22, "1e22"}, {1.25e-10, "1.25e-10"}, {1e100, "1e100"}, {-0.0, "0"},    {0.0, "0"},       {1.0 / 3, "0.3333333333333333"},
      {5e-324, "5e-324"}, {1.5000001, "1.5000001"}};
  for (const auto& [value, text] : expected) EXPECT_EQ(canonical_real(value), text);
}

// What the quick way for short decimals writes is what the general one writes, next to them too.
TEST(Key, WritesShortDecimalsAsEveryOtherReal) {
  const auto plain = [](double value) {
    char text[32];
    std::string written(text, std::to_chars(text, text + sizeof text, value).ptr);
    const auto e = written.find('e');
    if (e == std::string::npos) return written;
    std::string exponent = written.substr(e + 2);
    exponent.erase(0, std::min(exponent.find_first_not_of('0'), exponent.size() - 1));
    return written.substr(0, e + 1) + (written[e + 1] == '-' ? "-" : "") + exponent;
  };
  for (int scale : {1, 10, 100, 1000, 10000}) {
    for (int n = 1; n <= 110000; n += scale == 1 ? 1 : 37) {
      const double value = static_cast<double>(n) / scale;
      for (const double at : {value, -value, std::nextafter(value, 0.0), std::nextafter(value, 1e9)}) {
        ASSERT_EQ(canonical_real(at), plain(at));
      }
    }
  }
}

TEST(Key, RealsReadBackAsTheSameBits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = canonical_real(value);
    double back = 0;
    ASSERT_EQ(std::from_chars(text.data(), text.data() + text.size(), back).ptr, text.data() + text.size());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value)) << text;
  }
}

TEST(Key, RefusesRealsThatAreNoNumber) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(KeyValue{value}, std::invalid_argument);
    EXPECT_THROW(KeyValue{std::vector<double>{value}}, std::invalid_argument);
  }
}

TEST(Key, WritesListsAndTexts) {
  EXPECT_EQ(KeyValue(std::vector<std::int64_t>{64, 32, -1}).text(), "64x32x-1");
  EXPECT_EQ(KeyValue(std::vector<double>{1, 0.5}).text(), "1,0.5");
  EXPECT_EQ(KeyValue(std::vector<std::string>{"a,b", "c"}).text(), "a%2Cb,c");
  EXPECT_EQ(KeyValue("a,b").text(), "a,b");
  EXPECT_EQ(KeyValue(std::string_view("{};=%\n\0é", 9)).text(), "%7B%7D%3B%3D%25%0A%00é");
  EXPECT_EQ(KeyValue(true).text(), "true");
  EXPECT_EQ(KeyValue(std::numeric_limits<std::uint64_t>::max()).text(), "18446744073709551615");
}

TEST(Key, RefusesAnEmptyList) {
  EXPECT_THROW(KeyValue{std::vector<std::int64_t>{}}, std::invalid_argument);
  EXPECT_THROW(KeyValue{std::vector<double>{}}, std::invalid_argument);
  EXPECT_THROW(KeyValue{std::vector<std::string>{}}, std::invalid_argument);
}

TEST(Key, RefusesNamesAndVersionsThatAreNone) {
  for (const char* name : {"", "A", "1a", "_a", "a-b", "a b", "ä"}) {
    EXPECT_THROW(Key(name, 1, {}), std::invalid_argument) << name;
    EXPECT_THROW(Key("k", 1, {{name, 1}}), std::invalid_argument) << name;
  }
  EXPECT_THROW(Key("k", 0, {}), std::invalid_argument);
  EXPECT_THROW(Key("k", 1, {{"a", 1}, {"b", 1}, {"a", 2}}), std::invalid_argument);
  EXPECT_NO_THROW(Key("a_1", 1, {{"b_2", 1}}));
}

TEST(Key, GivesItsParametersBackUnescaped) {
  const Key key("k", 1, {{"z", ""}, {"text", "a;b=c%"}, {"list", std::vector<std::string>{"x,y"}}});
  const auto parameters = key.parameters();
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters[0], std::pair(std::string("list"), std::string("x,y")));
  EXPECT_EQ(parameters[1], std::pair(std::string("text"), std::string("a;b=c%")));
  EXPECT_EQ(parameters[2], std::pair(std::string("z"), std::string()));
  EXPECT_TRUE(Key("k", 1, {}).parameters().empty());
}

TEST(Key, IsReadBackFromItsText) {
  for (const Key& key : {Key("k", 1, {}), Key("laplacian", 42, {{"a", "x;{}=%,"}, {"b", 0.1}, {"c", std::vector<double>{1, 2}}}), Key("k", 1, {{"a", ""}})}) {
    const auto parsed = Key::parse(key.text());
    ASSERT_TRUE(parsed.ok()) << key.text();
    EXPECT_EQ(*parsed, key);
    EXPECT_EQ(parsed->kind(), key.kind());
    EXPECT_EQ(parsed->version(), key.version());
  }
}

TEST(Key, ReadsNothingButCanonicalText) {
  for (const char* wrong : {"", "k", "k@", "k@1", "k@1{", "k@1}", "@1{}", "K@1{}", "k@0{}", "k@01{}", "k@-1{}", "k@+1{}", "k@1.0{}", "k@99999999999{}", "k@1{}x",
                            "k@1{a}", "k@1{=1}", "k@1{a=1;}", "k@1{;a=1}", "k@1{b=1;a=2}", "k@1{a=1;a=1}", "k@1{A=1}", "k@1{a={}", "k@1{a=}}", "k@1{a=b=c}",
                            "k@1{a=%}", "k@1{a=%7}", "k@1{a=%7b}", "k@1{a=%41}", "k@1{a=\n}", "k@1{a=1};", " k@1{}", "k @1{}", "k@1{a=1;;b=1}"}) {
    EXPECT_FALSE(Key::parse(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace almanac::cache
