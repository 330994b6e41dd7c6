#include "flight.hpp"

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

using Role = FlightTable::Role;

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
      if (seat.role() != Role::passenger) return;
      const Landing landing = table.wait(seat);
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
      const Landing landing = table.wait(seat);
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

TEST(Flight, WhoWouldCloseACycleOfWaitersGoesAlone) {
  FlightTable table;
  FlightTable::Seat first = table.board(sample_key(1));
  std::latch other_waits(1);
  std::jthread other([&] {
    FlightTable::Seat second = table.board(sample_key(2));
    FlightTable::Seat seat = table.board(sample_key(1));
    EXPECT_EQ(seat.role(), Role::passenger);
    other_waits.count_down();
    table.wait(seat);
    table.land(second, {});
  });
  other_waits.wait();
  // The other thread leads 2 and waits for 1, which is led here: waiting for 2 would never end.
  EXPECT_EQ(table.board(sample_key(2)).role(), Role::loner);
  table.land(first, {});
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
    table.wait(seat);
    table.land(second, {});
  });
  other_boarded.wait();
  table.land(first, {});
  FlightTable::Seat seat = table.board(sample_key(2));
  EXPECT_EQ(seat.role(), Role::passenger);
  here_boarded.count_down();
  table.wait(seat);
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
