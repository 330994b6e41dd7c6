#include <almanac/cache/selection.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace almanac::cache {
namespace {

using std::chrono::hours;
using Time = std::chrono::system_clock::time_point;

TEST(Glob, TakesTextAsItself) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("laplacian@1{extent=512x512;order=2}", "laplacian@1{extent=512x512;order=2}"));
  EXPECT_FALSE(matches_glob("laplacian", "laplacian@1{}"));
  EXPECT_FALSE(matches_glob("laplacian@1{}", "laplacian"));
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_FALSE(matches_glob("a.c", "abc"));
}

TEST(Glob, KnowsStarsAndQuestionMarks) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("**", "anything"));
  EXPECT_TRUE(matches_glob("laplacian@*", "laplacian@1{extent=512x512}"));
  EXPECT_TRUE(matches_glob("*{*extent=512x512*}", "laplacian@1{boundary=periodic;extent=512x512;order=2}"));
  EXPECT_FALSE(matches_glob("*{*extent=512x512*}", "laplacian@1{boundary=periodic;extent=512x51;order=2}"));
  EXPECT_TRUE(matches_glob("*ab*ab*", "xabyabz"));
  EXPECT_FALSE(matches_glob("*ab*ab*", "xabyaz"));
  EXPECT_TRUE(matches_glob("*aab", "aaaab"));  // the star is tried again
  EXPECT_FALSE(matches_glob("*aab", "aaaabc"));
  EXPECT_TRUE(matches_glob("order=?", "order=2"));
  EXPECT_FALSE(matches_glob("order=?", "order="));
  EXPECT_FALSE(matches_glob("order=?", "order=12"));
}

TEST(Glob, KnowsBracketsAndBackslashes) {
  EXPECT_TRUE(matches_glob("order=[24]", "order=4"));
  EXPECT_FALSE(matches_glob("order=[24]", "order=6"));
  EXPECT_TRUE(matches_glob("[a-c]x", "bx"));
  EXPECT_FALSE(matches_glob("[a-c]x", "dx"));
  EXPECT_TRUE(matches_glob("[!a-c]x", "dx"));
  EXPECT_TRUE(matches_glob("[^a-c]x", "dx"));
  EXPECT_FALSE(matches_glob("[!a-c]x", "ax"));
  EXPECT_TRUE(matches_glob("[]x]", "]"));
  EXPECT_TRUE(matches_glob("[a-]", "-"));
  EXPECT_TRUE(matches_glob("[ab", "[ab"));  // a bracket that is none
  EXPECT_FALSE(matches_glob("[ab", "a"));
  EXPECT_TRUE(matches_glob("\\*", "*"));
  EXPECT_FALSE(matches_glob("\\*", "a"));
  EXPECT_TRUE(matches_glob("a\\", "a\\"));
  EXPECT_TRUE(matches_glob("*[0-9]}", "table@1{n=7}"));
}

TEST(Glob, TakesNoLongerThanPatternTimesText) {
  const std::string text(20'000, 'a');
  std::string pattern;
  for (int star = 0; star < 50; ++star) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "b", text));  // by trying each star anew: never
  EXPECT_TRUE(matches_glob(pattern, text));
}

class SelectionTest : public ::testing::Test {
 protected:
  /// Made a day ago by almanac/0.1.0, used an hour ago.
  EntryInfo entry(const Key& key) const {
    EntryInfo info{key, {}, {}, {}, 4096, {}, {}};
    info.facts.producer = {"almanac/0.1.0", "AVX2"};
    info.facts.created = now_ - hours(24);
    info.last_used = now_ - hours(1);
    return info;
  }
  bool holds(const Selection& selection, const EntryInfo& info) const { return selection.holds(info, now_); }

  const Time now_ = Time(hours(24 * 20'000));
};

TEST_F(SelectionTest, MeansEverythingWhereNothingIsAsked) {
  EXPECT_TRUE(Selection().is_everything());
  EXPECT_TRUE(holds({}, entry(sample_key(1))));
  for (const Selection& one :
       {Selection{.ids = {Id{}}}, Selection{.kind = "a"}, Selection{.version = 1}, Selection{.glob = "*"}, Selection{.tag = "t"},
        Selection{.producer = "*"}, Selection{.older_than = hours(0)}, Selection{.unused_for = hours(0)}, Selection{.expired = true},
        Selection{.also = [](const Key&, const EntryFacts&) { return true; }}}) {
    EXPECT_FALSE(one.is_everything());
  }
}

TEST_F(SelectionTest, HoldsWhereEachConditionDoes) {
  const Key key("sample", 2, {{"number", 1}});
  const EntryInfo info = entry(key);
  EXPECT_TRUE(holds({.ids = {Id{}, key.id()}}, info));
  EXPECT_FALSE(holds({.ids = {Id{}}}, info));
  EXPECT_TRUE(holds({.kind = "sample"}, info));
  EXPECT_FALSE(holds({.kind = "samples"}, info));
  EXPECT_TRUE(holds({.version = 2}, info));
  EXPECT_FALSE(holds({.version = 1}, info));
  EXPECT_TRUE(holds({.glob = "sample@*{number=1}"}, info));
  EXPECT_FALSE(holds({.glob = "sample@1*"}, info));
  EXPECT_TRUE(holds({.producer = "almanac/0.1.*"}, info));
  EXPECT_FALSE(holds({.producer = "almanac/0.2.*"}, info));
  EXPECT_TRUE(holds({.older_than = hours(23)}, info));
  EXPECT_FALSE(holds({.older_than = hours(24)}, info));
  EXPECT_TRUE(holds({.unused_for = std::chrono::minutes(59)}, info));
  EXPECT_FALSE(holds({.unused_for = hours(1)}, info));
  EXPECT_FALSE(holds({.expired = true}, info));
  EXPECT_FALSE(holds({.kind = "sample", .glob = "other*"}, info));  // all that is asked
  const auto is_portable = [](const Key&, const EntryFacts& facts) { return facts.host_binding.empty(); };
  EXPECT_TRUE(holds({.also = is_portable}, info));
  EntryInfo bound = info;
  bound.facts.host_binding = "a host";
  EXPECT_FALSE(holds({.also = is_portable}, bound));
}

TEST_F(SelectionTest, ReckonsWithTimesOfClocksThatAreWrong) {
  EntryInfo info = entry(sample_key(1));
  info.facts.created = now_ + hours(5);  // made in the future
  EXPECT_FALSE(holds({.older_than = hours(0)}, info));
  info.facts.created = Time::min();
  EXPECT_TRUE(holds({.older_than = hours(24 * 30'000)}, info));
  info.facts.expires = now_;
  EXPECT_TRUE(holds({.expired = true}, info));
  info.facts.expires = now_ + std::chrono::nanoseconds(1);
  EXPECT_FALSE(holds({.expired = true}, info));
}

}  // namespace
}  // namespace almanac::cache
