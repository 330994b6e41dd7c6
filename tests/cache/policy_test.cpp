#include <almanac/cache/policy.hpp>

#include "policy/frequency_history.hpp"
#include "policy/ranking.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

/// An entry that is called by a letter.
Candidate entry(char name, std::uint64_t bytes = 1, std::int64_t cost = 1) {
  return {{0, static_cast<std::uint64_t>(name)}, bytes, std::chrono::nanoseconds(cost)};
}

Candidate expiring(char name, std::int64_t second) {
  Candidate candidate = entry(name);
  candidate.expires = std::chrono::system_clock::time_point(std::chrono::seconds(second));
  return candidate;
}

/// A policy over a budget of bytes, and what it does told in letters: "A" came in, "D-AB" came in place of A and B, "a" was hit,
/// "(E)" passed by.
class Story {
 public:
  Story(Policy policy, std::uint64_t budget) : policy_(make_policy(policy)), budget_(budget) {}

  Story& ask(const Candidate& wanted) {
    const char name = letter(wanted.id);
    told_ += told_.empty() ? "" : " ";
    if (policy_->hit(wanted.id)) {
      told_ += static_cast<char>(name - 'A' + 'a');
      return *this;
    }
    const std::uint64_t room = budget_ - bytes_;
    const Shortage shortage{wanted.bytes > room ? wanted.bytes - room : 0, 0};
    std::vector<Id> victims;
    if (!policy_->admit(wanted, shortage, victims)) {
      EXPECT_TRUE(victims.empty());
      told_ += std::string("(") + name + ")";
      return *this;
    }
    told_ += name;
    if (!victims.empty()) told_ += '-';
    for (const Id& victim : victims) {
      told_ += letter(victim);
      bytes_ -= bytes_of_[static_cast<std::size_t>(letter(victim))];
    }
    bytes_of_[static_cast<std::size_t>(name)] = wanted.bytes;
    bytes_ += wanted.bytes;
    EXPECT_LE(bytes_, budget_);
    return *this;
  }
  Story& ask(const std::string& names) {
    for (const char name : names) ask(entry(name));
    return *this;
  }
  const std::string& told() const { return told_; }
  EvictionPolicy& policy() { return *policy_; }

 private:
  static char letter(const Id& id) { return static_cast<char>(id.low); }

  std::unique_ptr<EvictionPolicy> policy_;
  std::uint64_t budget_, bytes_ = 0;
  std::vector<std::uint64_t> bytes_of_ = std::vector<std::uint64_t>(128);
  std::string told_;
};

TEST(EvictionPolicy, LruTakesOutWhatWasNotUsedForLongest) {
  // B C A by use; C A D; A D B; D B E; B E D by use; E D A
  EXPECT_EQ(Story(Policy::lru, 3).ask("ABCADBEDA").told(), "A B C a D-B B-C E-A d A-B");
}

TEST(EvictionPolicy, FifoTakesOutWhatCameFirst) {
  EXPECT_EQ(Story(Policy::fifo, 3).ask("ABCADBEDA").told(), "A B C a D-A b E-B d A-C");
}

TEST(EvictionPolicy, LfuTakesOutWhatHadFewestHitsAndOfThoseWhatWasNotUsedForLongest) {
  // a2 B1 C1; a2 C1 D1; a2 D1 B1; a2 B1 E1; D comes anew, as nothing is remembered; d2 a3 E1 falls
  EXPECT_EQ(Story(Policy::lfu, 3).ask("ABCADBEDDAF").told(), "A B C a D-B B-C E-D D-B d a F-E");
}

TEST(EvictionPolicy, TtlTakesOutWhatExpiresFirstThenWhatCameFirst) {
  Story story(Policy::ttl, 3);
  story.ask(expiring('A', 50)).ask(expiring('B', 10)).ask(entry('C')).ask(expiring('B', 10));
  story.ask(expiring('D', 30)).ask(entry('E')).ask(entry('F')).ask(entry('C')).ask(entry('G')).ask(entry('H'));
  EXPECT_EQ(story.told(), "A B C b D-B E-D F-A c G-C H-E");
}

TEST(EvictionPolicy, GdsfTakesOutWhatSavesLeastForItsBytes) {
  // Ranks are L + hits · cost / bytes, a first request half a hit; with few entries L is the rank of the last victim.
  const Candidate a = entry('A', 40, 80), b = entry('B', 40, 240), c = entry('C', 20, 200), d = entry('D', 40, 160),
                  e = entry('E', 40, 480), f = entry('F', 60, 60);
  Story story(Policy::gdsf, 100);
  story.ask(a).ask(b).ask(c);  // A 1, B 3, C 5
  story.ask(d);                // would rank 2: A leaves, L = 1, D 3
  story.ask(d);                // D 1 + 2·4 = 9
  story.ask(e);                // would rank 7: B leaves, L = 3, E 9
  EXPECT_EQ(story.told(), "A B C D-A d E-B");
  story.ask(f);                // 3.5, below C
  story.ask(f);                // 3 + 2 · 1 = 5: as C, but C is not large enough, and D ranks above
  story.ask(a);                // 3 + 2 · 2 = 7: it was here before; above C, below D
  story.ask(a);                // 3 + 3 · 2 = 9: C and D leave, L = 9, A 15
  EXPECT_EQ(story.told(), "A B C D-A d E-B (F) (F) (A) A-CD");
  story.ask(c);                // there is room; 9 + 2 · 10 = 29
  story.ask(entry('G', 20, 220));  // 9 + 5.5 = 14.5: E (9) leaves
  EXPECT_EQ(story.told(), "A B C D-A d E-B (F) (F) (A) A-CD C G-E");
  EXPECT_EQ(story.policy().size(), 3u);
}

TEST(EvictionPolicy, GdsfLetsWhatIsNotAskedForAnyMoreFallBehind) {
  // A is worth a hundred others, and never asked for again: as L rises it becomes the least.
  Story story(Policy::gdsf, 3);
  story.ask(entry('A', 1, 100)).ask(entry('B', 1, 10)).ask(entry('C', 1, 10));
  std::size_t rounds = 0;
  for (; story.told().find("-A") == std::string::npos && rounds < 100; ++rounds) {
    story.ask(entry(static_cast<char>('D' + rounds % 20), 1, 10));
  }
  // A ranks 50. Each round that evicts takes L up by at least half a first request's worth, 5, in two of three.
  EXPECT_GT(rounds, 3u);
  EXPECT_LE(rounds, 40u);
}

TEST(EvictionPolicy, GdsfLetsWhatComesOncePushOutItsLikeAndNotWhatIsUsed) {
  Story story(Policy::gdsf, 4);
  story.ask("ABABABABAB");
  for (char name = 'C'; name <= 'L'; ++name) story.ask(entry(name));  // twice as many and more as lru would need
  EXPECT_EQ(story.told().find("-A"), std::string::npos) << story.told();
  EXPECT_EQ(story.told().find("-B"), std::string::npos) << story.told();
}

/// A trace and what came of it, told by a program of its own (data/golden/eviction.py).
TEST(EvictionPolicy, DoesWhatItsDefinitionSays) {
  for (const Policy policy : all_policies()) {
    const std::string name(to_string(policy));
    std::ifstream golden(std::string(ALMANAC_GOLDEN) + "/eviction_" + name + ".txt");
    std::string line, expected;
    std::getline(golden, line);
    ASSERT_EQ(line, "# by eviction.py; budget 100 bytes") << name;
    Story story(policy, 100);
    int requests = 0;
    while (std::getline(golden, line)) {
      std::istringstream words(line);
      char letter = 0;
      std::uint64_t bytes = 0;
      std::int64_t cost = 0;
      std::string expires, told;
      ASSERT_TRUE(words >> letter >> bytes >> cost >> expires >> told) << line;
      Candidate wanted = entry(letter, bytes, cost);
      if (expires != "-") wanted.expires = std::chrono::system_clock::time_point(std::chrono::seconds(std::stoll(expires)));
      story.ask(wanted);
      expected += (expected.empty() ? "" : " ") + told;
      ++requests;
      ASSERT_EQ(story.told(), expected) << name << ", request " << requests;
    }
    EXPECT_EQ(requests, 500) << name;
  }
}

TEST(EvictionPolicy, ForgetsWhatIsErasedAndHoldsNothingTwice) {
  for (const Policy policy : all_policies()) {
    Story story(policy, 2);
    story.ask("AB");
    std::vector<Id> victims;
    EXPECT_FALSE(story.policy().admit(entry('A'), {}, victims)) << to_string(policy);
    EXPECT_TRUE(story.policy().erase(entry('A').id));
    EXPECT_FALSE(story.policy().erase(entry('A').id));
    EXPECT_FALSE(story.policy().hit(entry('A').id));
    EXPECT_EQ(story.policy().size(), 1u);
    EXPECT_FALSE(story.policy().admit(entry('C'), {0, 2}, victims)) << "only one can leave";
    EXPECT_TRUE(story.policy().admit(entry('C'), {0, 1}, victims)) << to_string(policy);
    EXPECT_EQ(victims, std::vector<Id>{entry('B').id});
    EXPECT_EQ(story.policy().policy(), policy);
  }
}

TEST(EvictionPolicy, IsKnownByNameAndRefusesOthersWithTheChoices) {
  for (const Policy policy : all_policies()) EXPECT_EQ(parse_policy(to_string(policy)).value(), policy);
  EXPECT_EQ(all_policies().front(), kDefaultPolicy);
  const auto refused = parse_policy("LRU");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused.error().message, "policy 'LRU': must be one of gdsf, lru, lfu, fifo, ttl");
}

TEST(Ranking, IsLevelPlusHitsTimesCostOverBytes) {
  EXPECT_EQ(rank_of(Policy::gdsf, {.bytes = 8, .cost = 20ns, .hits = 3}, 1.25), 8.75);
  EXPECT_EQ(rank_of(Policy::gdsf, {.bytes = 8, .cost = 20ns, .hits = 1}, 1.25), 2.5);
  EXPECT_EQ(rank_of(Policy::gdsf, {.bytes = 0, .cost = 20ns, .hits = 2}, 0), 40);
  EXPECT_EQ(rank_of(Policy::gdsf, {.bytes = 8, .cost = -20ns, .hits = 2}, 3), 3);
}

TEST(Ranking, TakesItsLevelSixteenVictimsOfManyPartsOfTheWay) {
  RisingLevel few, many;
  few.evicted(10, 16);
  EXPECT_EQ(few.value(), 10);
  few.evicted(7, 3);
  EXPECT_EQ(few.value(), 10) << "it never falls";
  many.evicted(10, 64);
  EXPECT_EQ(many.value(), 2.5);
  many.evicted(10.5, 64);
  EXPECT_EQ(many.value(), 4.5);
}

TEST(FrequencyHistory, IsNeverTooLowAndSeldomTooHigh) {
  FrequencyHistory history;
  const std::uint64_t keys = history.columns();
  for (std::uint64_t key = 0; key < keys; ++key) history.remember({7, key}, 1 + key % 5);
  std::uint64_t too_high = 0;
  for (std::uint64_t key = 0; key < keys; ++key) {
    ASSERT_GE(history.count({7, key}), 1 + key % 5);
    too_high += history.count({7, key}) > 1 + key % 5 ? 1 : 0;
  }
  // At worst every count meets a higher one, in each of four rows with probability 1 - 1/e: 0.16 of all; with five heights
  // alike fewer. Three in a hundred is more than chance takes off.
  EXPECT_LT(too_high, keys * 16 / 100);
  std::uint64_t strangers = 0;
  for (std::uint64_t key = 0; key < keys; ++key) strangers += history.count({8, key}) > 0 ? 1 : 0;
  EXPECT_LT(strangers, keys * 20 / 100);  // 0.16 are expected, with a deviation of 0.012
}

TEST(FrequencyHistory, LosesNothingWhenItGrows) {
  FrequencyHistory history;
  for (std::uint64_t key = 0; key < 500; ++key) history.remember({key, 3}, key);
  std::vector<std::uint32_t> before;
  for (std::uint64_t key = 0; key < 500; ++key) before.push_back(history.count({key, 3}));
  history.make_fit(5000);
  EXPECT_EQ(history.columns(), 65536u);
  for (std::uint64_t key = 0; key < 500; ++key) EXPECT_EQ(history.count({key, 3}), before[key]);
  history.make_fit(1);
  EXPECT_EQ(history.columns(), 65536u);
}

TEST(FrequencyHistory, HalvesItsCountsAfterFourNotesAColumn) {
  FrequencyHistory history;
  history.remember({1, 1}, 1'000'000);
  EXPECT_EQ(history.count({1, 1}), 65535u);
  for (std::size_t note = 1; note < 4 * history.columns(); ++note) history.remember({1, 2}, 9);
  EXPECT_EQ(history.count({1, 1}), 32767u);
  EXPECT_EQ(history.count({1, 2}), 4u);
}

}  // namespace
}  // namespace almanac::cache
