#include "flight.hpp"

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

using Role = FlightTable::Role;
using Course = FlightTable::Course;
using namespace std::chrono_literals;

constexpr auto kLong = 1h;  // than which no test takes longer

TEST(Flight, OneLeadsAndTheOthersShareItsLanding) {
  FlightTable table;
  FlightTable::Seat lead = table.board(sample_key(1));
  ASSERT_EQ(lead.role(), Role::leader);
  const EntryPtr entry = sample_entry(sample_key(1), 1);
  constexpr int kPassengers = 8;
  std::latch boarded(kPassengers);
  std::atomic<int> shared{0};
  std::vector<std::jthread> threads;
  for (int passenger = 0; passenger < kPassengers; ++passenger) {
    threads.emplace_back([&] {
      FlightTable::Seat seat = table.board(sample_key(1));
      boarded.count_down();
      if (seat.role() != Role::passenger || table.wait(seat, kLong) != Course::landed) return;
      const Landing landing = table.landing(seat);
      if (landing.entry == entry && landing.source == "here") ++shared;
    });
  }
  boarded.wait();
  EXPECT_EQ(table.landed(), 0u);
  table.land(lead, {entry, "here", {}});
  threads.clear();
  EXPECT_EQ(shared, kPassengers);
  EXPECT_EQ(table.landed(), 1u);
}

TEST(Flight, AnExceptionReachesAllPassengersAndEndsTheFlight) {
  FlightTable table;
  FlightTable::Seat lead = table.board(sample_key(1));
  std::latch boarded(3);
  std::atomic<int> failed{0};
  std::vector<std::jthread> threads;
  for (int passenger = 0; passenger < 3; ++passenger) {
    threads.emplace_back([&] {
      FlightTable::Seat seat = table.board(sample_key(1));
      boarded.count_down();
      table.wait(seat, kLong);
      const Landing landing = table.landing(seat);
      try {
        if (landing.failure) std::rethrow_exception(landing.failure);
      } catch (const std::runtime_error& error) {
        if (error.what() == std::string_view("storm")) ++failed;
      }
    });
  }
  boarded.wait();
  table.land(lead, {nullptr, {}, std::make_exception_ptr(std::runtime_error("storm"))});
  threads.clear();
  EXPECT_EQ(failed, 3);
  FlightTable::Seat next = table.board(sample_key(1));
  EXPECT_EQ(next.role(), Role::leader);
  table.land(next, {});
}

TEST(Flight, OneThreadLeadsSeveralKeysAtATime) {
  FlightTable table;
  FlightTable::Seat first = table.board(sample_key(1)), second = table.board(sample_key(2));
  EXPECT_EQ(first.role(), Role::leader);
  EXPECT_EQ(second.role(), Role::leader);
  table.land(second, {});
  table.land(first, {});
}

TEST(Flight, WhoAsksForWhatItIsMakingGoesAlone) {
  FlightTable table;
  FlightTable::Seat lead = table.board(sample_key(1));
  EXPECT_EQ(table.board(sample_key(1)).role(), Role::loner);
  table.land(lead, {});
}

TEST(Flight, OfTwoThatWaitForEachOtherOneGoesAlone) {
  FlightTable table;
  std::latch leading(2), boarded(2);
  std::atomic<int> alone{0}, landed{0};
  const auto make = [&](int own, int other) {
    FlightTable::Seat lead = table.board(sample_key(own));
    leading.arrive_and_wait();
    FlightTable::Seat seat = table.board(sample_key(other));
    EXPECT_EQ(seat.role(), Role::passenger);  // nobody waits yet
    boarded.arrive_and_wait();
    const Course course = table.wait(seat, kLong);
    alone += course == Course::circular;
    landed += course == Course::landed;
    table.land(lead, {});
  };
  {
    std::jthread first([&] { make(1, 2); }), second([&] { make(2, 1); });
  }
  EXPECT_EQ(alone, 1);
  EXPECT_EQ(landed, 1);
}

TEST(Flight, WhoWouldWaitForItselfOverManyGoesAlone) {
  // The first waits for 2 and 3; the second, who leads 3, asks for 1, which the first leads.
  FlightTable table;
  FlightTable::Seat bystanders = table.board(sample_key(2));
  std::latch led(2);
  std::jthread first([&] {
    FlightTable::Seat lead = table.board(sample_key(1));
    led.arrive_and_wait();
    FlightTable::Seat second = table.board(sample_key(2)), third = table.board(sample_key(3));
    const FlightTable::Seat* const seats[] = {&second, &third};
    table.wait_for_any(seats, kLong);
    EXPECT_EQ(table.course(third), Course::landed);
    table.land(lead, {});
  });
  std::jthread second([&] {
    FlightTable::Seat lead = table.board(sample_key(3));
    led.arrive_and_wait();
    while (table.board(sample_key(1)).role() != Role::loner) std::this_thread::yield();  // until the first is seen to wait
    table.land(lead, {});
  });
  second.join();
  first.join();
  table.land(bystanders, {});
}

TEST(Flight, WhoOnlyHasToWakeUpIsWaitedFor) {
  FlightTable table;
  FlightTable::Seat first = table.board(sample_key(1));
  std::latch other_boarded(1), here_boarded(1);
  std::jthread other([&] {
    FlightTable::Seat second = table.board(sample_key(2));
    FlightTable::Seat seat = table.board(sample_key(1));
    other_boarded.count_down();
    here_boarded.wait();  // as if it was slow to notice that 1 has landed
    EXPECT_EQ(table.wait(seat, kLong), Course::landed);
    table.land(second, {});
  });
  other_boarded.wait();
  table.land(first, {});
  FlightTable::Seat seat = table.board(sample_key(2));
  EXPECT_EQ(seat.role(), Role::passenger);
  here_boarded.count_down();
  EXPECT_EQ(table.wait(seat, kLong), Course::landed);
}

TEST(Flight, ASeatThatIsGivenUpPutsTheFlightDownForOthersToLead) {
  FlightTable table;
  std::latch boarded(1);
  auto lead = std::make_unique<FlightTable::Seat>(table.board(sample_key(1)));
  std::jthread passenger([&] {
    FlightTable::Seat seat = table.board(sample_key(1));
    boarded.count_down();
    ASSERT_EQ(table.wait(seat, kLong), Course::landed);
    EXPECT_EQ(table.landing(seat).entry, nullptr);
    EXPECT_EQ(table.landing(seat).failure, nullptr);
    FlightTable::Seat again = table.board(sample_key(1));
    EXPECT_EQ(again.role(), Role::leader);
    table.land(again, {});
  });
  boarded.wait();
  lead.reset();
}

TEST(Flight, IsNotWaitedForLongerThanAsked) {
  FlightTable table;
  FlightTable::Seat lead = table.board(sample_key(1));
  std::jthread passenger([&] {
    FlightTable::Seat seat = table.board(sample_key(1));
    EXPECT_EQ(table.wait(seat, 1ms), Course::flying);
    EXPECT_EQ(table.wait(seat, 0ms), Course::flying);
  });
  passenger.join();
  table.land(lead, {});
}

TEST(Flight, TheFirstOfManyThatLandsWakesWhoWaitsForAny) {
  FlightTable table;
  std::vector<FlightTable::Seat> leads;
  for (int number = 0; number < 10; ++number) leads.push_back(table.board(sample_key(number)));
  std::latch boarded(1), woken(1);
  std::jthread other([&] {
    std::vector<FlightTable::Seat> seats;
    std::vector<const FlightTable::Seat*> all;
    for (int number = 0; number < 10; ++number) seats.push_back(table.board(sample_key(number)));
    for (const auto& seat : seats) all.push_back(&seat);
    boarded.count_down();
    table.wait_for_any(all, kLong);
    EXPECT_EQ(table.course(seats[7]), Course::landed);
    EXPECT_EQ(table.course(seats[6]), Course::flying);
    woken.count_down();
  });
  boarded.wait();
  table.land(leads[7], {});
  woken.wait();
}

TEST(Flight, ALeaderSeesWhetherAnybodyLandedSinceItLooked) {
  FlightTable table;
  const std::uint64_t looked = table.landed();
  FlightTable::Seat early = table.board(sample_key(1));
  EXPECT_EQ(early.landed_before(), looked);
  table.land(early, {});
  FlightTable::Seat late = table.board(sample_key(1));
  EXPECT_NE(late.landed_before(), looked);
  table.land(late, {});
}

}  // namespace
}  // namespace almanac::cache
