#include "many_fixture.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

TEST_F(Many, AreAnsweredInTheOrderAskedWhereverTheyComeFrom) {
  const auto cache = open();
  cache->get_or_compute(table(1));
  far_->entries[sample_key(3).text()] = sample_entry(sample_key(3), 3);
  const std::vector<Request> requests{table(0), table(1), table(2), table(3)};
  std::vector<std::size_t> arrived;
  const auto outcomes = cache->get_many(requests, [&](std::size_t place, const Outcome& outcome) {
    EXPECT_EQ(value_of(outcome.answer), static_cast<double>(place));
    arrived.push_back(place);
  });
  EXPECT_EQ(sources(outcomes), (Words{"computed", "near", "computed", "far"}));
  EXPECT_EQ(arrived, (std::vector<std::size_t>{1, 3, 0, 2}));  // what is there first
  for (std::size_t place = 0; place < 4; ++place) EXPECT_EQ(value_of(outcomes[place].answer), static_cast<double>(place));
  EXPECT_TRUE(cache->get_many({}).empty());
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
  const KindMetrics kind = cache->metrics().kinds["sample"];
  EXPECT_EQ(kind.hits, 2u);
  EXPECT_EQ(kind.misses, 3u);
}

TEST_F(Many, AreNotHeldOnceTheyAreTaken) {
  const auto cache = open();
  const std::vector<Request> requests{table(0), table(1)};
  std::vector<EntryPtr> taken;
  const auto outcomes =
      cache->get_many(requests, [&](std::size_t, Outcome& outcome) { taken.push_back(std::move(outcome.answer.entry)); });
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_EQ(outcomes[0].answer.entry, nullptr);
  EXPECT_EQ(outcomes[1].answer.entry, nullptr);
}

TEST_F(Many, OfOneKeyAreMadeOnceToTheFarthest) {
  const auto cache = open();
  const std::vector<Request> requests{growing(10), growing(30), growing(20), growing(30)};
  const auto outcomes = cache->get_many(requests);
  EXPECT_EQ(made_, Numbers{30});
  EXPECT_EQ(sources(outcomes), (Words{"joined", "computed", "joined", "joined"}));
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.answer.entry, outcomes[0].answer.entry);
}

TEST_F(Many, OfOneKeyAreAnsweredByWhatIsThereAsFarAsThatReaches) {
  const auto cache = open();
  const Key key = sample_key(1, "growing");
  far_->entries[key.text()] = sample_entry(key, 0, 15, 15);
  const std::vector<Request> requests{growing(20), growing(15)};
  std::vector<std::size_t> arrived;
  const auto outcomes = cache->get_many(requests, [&](std::size_t place, const Outcome&) { arrived.push_back(place); });
  EXPECT_EQ(sources(outcomes), (Words{"computed", "far"}));
  EXPECT_EQ(arrived, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(made_, Numbers{20});
}

TEST_F(Many, GoOnPastOneThatFails) {
  const auto cache = open();
  const std::vector<Request> requests{table(0), table(1, [] { throw std::runtime_error("no convergence"); }), table(2)};
  std::size_t told = 0;
  const auto outcomes = cache->get_many(requests, [&](std::size_t, const Outcome&) { ++told; });
  EXPECT_EQ(sources(outcomes), (Words{"computed", "failed", "computed"}));
  EXPECT_THROW(std::rethrow_exception(outcomes[1].failure), std::runtime_error);
  EXPECT_EQ(outcomes[1].answer.entry, nullptr);
  EXPECT_EQ(told, 3u);
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
  EXPECT_EQ(cache->get_or_compute(table(1)).source, "computed");  // the failure is not remembered, the flight is over
}

TEST_F(Many, WithAListenerThatThrowsHoldNothingUp) {
  const auto cache = open();
  const std::vector<Request> requests{table(0), table(1)};
  EXPECT_THROW(cache->get_many(requests, [](std::size_t, const Outcome&) { throw std::runtime_error("deaf"); }), std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
  std::jthread other([&] { EXPECT_EQ(cache->get_or_compute(table(1)).source, "computed"); });
}

TEST_F(Many, AreMadeAnewWhereAsked) {
  const auto cache = open();
  cache->get_or_compute(constant(sample_key(0), 7));
  Request again = table(0);
  again.recompute = true;
  const std::vector<Request> requests{table(0), again, table(1)};
  const auto outcomes = cache->get_many(requests);
  EXPECT_EQ(made_, (Numbers{0, 1}));
  EXPECT_EQ(value_of(outcomes[0].answer), 0);
  EXPECT_EQ(value_of(cache->get_or_compute(table(0))), 0);
}

TEST_F(Many, AreAnsweredByWhatIsThereWhereMakingItAnewFailed) {
  const auto cache = open();
  cache->get_or_compute(constant(sample_key(0), 7));
  Request again = table(0, [] { throw std::runtime_error("no"); });
  again.recompute = true;
  const std::vector<Request> requests{again, table(0)};
  const auto outcomes = cache->get_many(requests);
  EXPECT_EQ(sources(outcomes), (Words{"failed", "near"}));
  EXPECT_EQ(value_of(outcomes[1].answer), 7);
}

TEST_F(Many, AreStoredWhereAskedByNameHoweverQuicklyTheyAreMade) {
  const auto cache = open(with_loads_of(kForAges));
  std::vector<Request> requests{table(0), table(1), table(1)};
  requests[2].keep = true;
  cache->get_many(requests);
  EXPECT_EQ(far_->entries.size(), 1u);
  EXPECT_TRUE(far_->entries.contains(sample_key(1).text()));
}

TEST_F(Many, ArePutInEveryTier) {
  const auto cache = open(with_loads_of(kForAges));
  const EntryPtr theirs = sample_entry(sample_key(1), 7);
  far_->entries[sample_key(1).text()] = theirs;
  const std::vector<EntryPtr> entries{sample_entry(sample_key(0), 0), sample_entry(sample_key(1), 1), nullptr};
  const auto stored = cache->put_many(entries);
  ASSERT_EQ(stored.size(), 3u);
  EXPECT_EQ(stored[0], entries[0]);
  EXPECT_EQ(stored[1], theirs);
  EXPECT_EQ(stored[2], nullptr);
  EXPECT_EQ(cache->find(sample_key(0)).source, "near");
  EXPECT_EQ(far_->entries.size(), 2u);
}

/// Until the clock has moved on.
void spend(std::chrono::nanoseconds time) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < time) {
  }
}

TEST_F(Many, ElapsedIsTheTimeOfARequestAndNotOfThoseBeforeIt) {
  const auto cache = open();
  std::chrono::steady_clock::time_point first_made, second_answered;
  const std::vector<Request> wanted{table(1, [&] {
                                      spend(20ms);
                                      first_made = std::chrono::steady_clock::now();
                                    }),
                                    table(2)};
  const auto outcomes = cache->get_many(wanted, [&](std::size_t place, Outcome&) {
    if (place == 1) second_answered = std::chrono::steady_clock::now();
  });
  EXPECT_GE(outcomes[0].answer.elapsed, 20ms);
  EXPECT_GT(outcomes[1].answer.elapsed, 0ns);
  EXPECT_LE(outcomes[1].answer.elapsed, second_answered - first_made);
}

}  // namespace
}  // namespace almanac::cache
