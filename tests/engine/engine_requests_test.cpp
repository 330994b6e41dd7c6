// Many requests at once, and requests that are given up.

#include <almanac/engine.hpp>

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace almanac {
namespace {

class EngineRequests : public ::testing::Test {
 protected:
  Engine engine() const {
    Config config;
    config.cache_dir = folder_ / "cache";
    return Engine(config, [](std::string_view) {});
  }
  static cache::Request table(int n, std::function<Artifact(const Artifact*)> make = {}) {
    if (!make) make = [n](const Artifact*) { return Artifact({Array::of("x", {1}, std::vector<double>{1.0 * n})}); };
    return {.key = Key("table", 1, {{"n", n}}), .make = std::move(make), .estimate = std::chrono::seconds(1)};
  }
  static double value(const cache::Answer& answer) { return answer.entry->artifact.at("x").as<double>()[0]; }

  testing::TemporaryFolder folder_;
};

TEST_F(EngineRequests, ManyAreAnsweredInTheirOrderAndAFailingOneDoesNotStopTheRest) {
  Engine one = engine();
  one.get(table(2));
  const std::vector<cache::Request> requests{
      table(1), table(2), table(3, [](const Artifact*) -> Artifact { throw std::runtime_error("no"); }), table(4)};
  std::vector<bool> heard(requests.size());
  const auto outcomes = one.get_many(requests, [&](std::size_t place, cache::Cache::Outcome& outcome) {
    heard[place] = true;
    EXPECT_EQ(outcome.failure != nullptr, place == 2);
  });
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_EQ(heard, std::vector<bool>(4, true));
  EXPECT_EQ(value(outcomes[0].answer), 1);
  EXPECT_EQ(value(outcomes[1].answer), 2);
  EXPECT_EQ(outcomes[1].answer.source, "memory");
  EXPECT_THROW(std::rethrow_exception(outcomes[2].failure), std::runtime_error);
  EXPECT_EQ(value(outcomes[3].answer), 4);
  EXPECT_EQ(outcomes[3].answer.source, "computed");
}

TEST_F(EngineRequests, OfManyTheEntriesMayBeTakenAsTheyArrive) {
  Engine one = engine();
  one.set_give_up([] { return false; });
  const std::vector<cache::Request> requests{table(1), table(2)};
  double sum = 0;
  const auto outcomes = one.get_many(requests, [&](std::size_t, cache::Cache::Outcome& outcome) {
    sum += value(outcome.answer);
    outcome.answer.entry = nullptr;
  });
  EXPECT_EQ(sum, 3) << "what was taken is not taken for given up";
  EXPECT_EQ(outcomes[0].answer.entry, nullptr);
}

TEST_F(EngineRequests, WhoHasGivenUpComputesNothing) {
  Engine one = engine();
  one.get(table(1));
  one.set_give_up([] { return true; });
  EXPECT_EQ(value(one.get(table(1))), 1) << "what is there needs no waiting";
  EXPECT_THROW(one.get(table(2)), Interrupted);
  EXPECT_THROW(one.get_or_compute(Key("mine", 1, {{"n", 1}}), [] { return Artifact(); }), Interrupted);
  EXPECT_THROW(one.fractional_kernel({.alpha = 0.5}), Interrupted);
  EXPECT_THROW(one.laplacian({.extent = {9}}), Interrupted);
  EXPECT_THROW(one.fft_plan<double>({.extent = {16}}), Interrupted);
  std::size_t heard = 0;
  const std::vector<cache::Request> requests{table(1), table(2)};
  EXPECT_THROW(one.get_many(requests, [&](std::size_t place, cache::Cache::Outcome&) { heard += place == 0 ? 1 : 100; }), Interrupted);
  EXPECT_EQ(heard, 1U) << "only what was answered arrives";
  one.set_give_up({});
  EXPECT_EQ(value(one.get(table(2))), 2);
  EXPECT_EQ(one.fft_plan<double>({.extent = {16}}).provenance().source, "computed") << "the next one tries again";
}

TEST_F(EngineRequests, ARequestIsGivenUpByTheEnginesOwnerOrByItself) {
  Engine one = engine();
  for (const bool owner : {true, false}) {
    for (const bool itself : {true, false}) {
      one.set_give_up([owner] { return owner; });
      cache::Request request = table(2 * owner + itself);
      request.give_up = [itself] { return itself; };
      const std::vector<cache::Request> requests{request};
      if (owner || itself) {
        EXPECT_THROW(one.get(request), Interrupted);
        EXPECT_THROW(one.get_many(requests), Interrupted);
      } else {
        EXPECT_EQ(one.get_many(requests)[0].answer.source, "computed");
      }
    }
  }
}

TEST_F(EngineRequests, WaitingForAnotherThreadEndsWhenItIsGivenUp) {
  Engine one = engine();
  std::atomic<bool> leave = false;
  one.set_give_up([&leave] { return leave.load(); });
  std::promise<void> begun, finish;
  std::jthread maker([&] {
    one.get(table(1, [&](const Artifact*) {
      begun.set_value();
      finish.get_future().wait();
      return Artifact({Array::of("x", {1}, std::vector<double>{7})});
    }));
  });
  begun.get_future().wait();
  std::jthread asks([&] { leave = true; });
  EXPECT_THROW(one.get(table(1)), Interrupted);
  leave = false;
  finish.set_value();
  maker.join();
  EXPECT_EQ(value(one.get(table(1))), 7) << "the maker went on";
}

TEST_F(EngineRequests, AUsersTableIsKeptHoweverQuicklyItWasMade) {
  Engine one = engine();
  const Key key("mine", 1, {{"n", 1}});
  one.get_or_compute(key, [] { return Artifact({Array::of("x", {1}, std::vector<double>{7})}); });
  Engine later = engine();
  EXPECT_EQ(later.get_or_compute(key, [] { return Artifact(); }).source, "disk");
}

TEST_F(EngineRequests, WhatIsMadeSoonerThanItIsLoadedIsKeptOnlyWhereItIsAskedForByName) {
  // 8 MB that are there already: handing them out takes no time, loading them half a millisecond.
  const Artifact large({Array::of("x", {1'000'000}, std::vector<double>(1'000'000))});
  cache::Request request = table(1, [large](const Artifact*) { return large; });
  request.estimate = std::chrono::nanoseconds(1);
  Engine one = engine();
  one.get(request);
  EXPECT_FALSE(one.disk()->peek(request.key).value().has_value());
  request.keep = true;
  Engine later = engine();
  later.get(request);
  EXPECT_TRUE(later.disk()->peek(request.key).value().has_value());
}

}  // namespace
}  // namespace almanac
