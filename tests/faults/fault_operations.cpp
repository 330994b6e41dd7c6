// What is done to a cache: looking up, storing, growing, healing, and the calls of the disk tier.

#include "fault_world.hpp"

#include "cache/sample_entry.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kBystander = 9;

/// Two keys of one artifact each; the cache open; somebody else's entry beside them.
void prepare_cold(World& world) {
  world.hold(kBystander, {9});
  for (const int number : {0, 1}) world.expect(number, {{1}}, false);
  world.open();
}

void prepare_held(World& world, const Made& made) {
  for (const int number : {0, 1}) world.hold(number, made);
  world.open();
}

void prepare_held_disk(World& world, const Made& made) {
  for (const int number : {0, 1}) world.hold(number, made);
  world.open_disk();
}

void ask_for_first(World& world, int turn) { world.ask(turn, {1}); }

/// Two that may go, and no room for more.
void prepare_full(World& world) {
  for (const int number : {5, 6}) {
    World::store(world.root(), number, {1});
    world.expect(number, {{1}}, false);
  }
  for (const int number : {0, 1}) world.expect(number, {{1}}, false);
  world.budget.max_entries = 2;
}

/// Entries of another cache, to be imported.
void prepare_import(World& world, const Made& made) {
  for (const int number : {0, 1}) World::store(world.folder() / "elsewhere", number, made);
  world.open_disk();
}

void import_one(World& world, int turn) {
  const auto imported = world.disk->import_entry(world.folder() / "elsewhere" / world.disk->path_of(key_of(turn).id()).lexically_relative(world.root()));
  EXPECT_TRUE(!imported || imported->entry.key == key_of(turn));
}

void export_one(World& world, int turn) {
  const fs::path to = world.folder() / ("exported" + std::to_string(turn));
  const auto exported = world.disk->export_entry(key_of(turn).id(), to);
  if (exported && *exported) {
    EXPECT_EQ(bytes_of(to), bytes_of(world.disk->path_of(key_of(turn).id())));
  } else {
    world.unwanted.push_back(to);
  }
}

/// One that is held and two that are not.
void ask_for_many(World& world, int turn) {
  std::vector<Request> requests;
  for (const int number : {0, 1, 2}) requests.push_back(world.request(3 * turn + number, {1}));
  for (const auto& outcome : world.cache->get_many(requests)) {
    EXPECT_EQ(outcome.failure, nullptr);
    World::expect_answer(outcome.answer, {{1}});
  }
}

void put_many(World& world, int turn) {
  std::vector<EntryPtr> entries;
  for (const int number : {0, 1}) entries.push_back(entry_of(2 * turn + number, {1}));
  const std::vector<EntryPtr> stored = world.cache->put_many(entries);
  ASSERT_EQ(stored.size(), entries.size());
  for (const EntryPtr& entry : stored) EXPECT_TRUE(entry && is_one_of(entry, {{1}}));
}

/// A lease of a process that was killed while it made the artifact of a key: its name and its text.
std::pair<std::string, std::string> lease_of_the_dead(int number) {
  const testing::TemporaryFolder folder(testing::quickest_place());
  const pid_t child = ::fork();
  if (child == 0) {
    World world(folder / "world");
    world.open();
    Request wanted = world.request(number, {1});
    wanted.make = [](const Artifact*) -> Artifact { ::_exit(0); };
    world.cache->get_or_compute(wanted);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const auto& left : fs::directory_iterator(folder / "world" / "cache" / "leases")) {
    if (left.path().extension() == ".lease") return {left.path().filename().string(), bytes_of(left.path())};
  }
  throw std::runtime_error("no lease was left");
}

void leave_leases_of_the_dead(World& world) {
  static const std::array left = {lease_of_the_dead(0), lease_of_the_dead(1)};
  fs::create_directories(world.leases());
  for (const auto& [name, text] : left) std::ofstream(world.leases() / name) << text;
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {.name = "Cold", .prepare = prepare_cold, .run = ask_for_first, .stores = true},
      {.name = "ColdDurable",
       .prepare =
           [](World& world) {
             world.durable = true;
             prepare_cold(world);
           },
       .run = ask_for_first,
       .stores = true},
      {.name = "ColdInANewFolder",
       .prepare = [](World& world) { world.expect(0, {{1}}, false), world.expect(1, {{1}}, false); },
       .run =
           [](World& world, int turn) {
             if (turn == 0) world.open();
             world.ask(turn, {1});
           },
       .stores = true},
      {.name = "ColdLarge",
       .prepare = [](World& world) { world.expect(0, {{1, kMapped}}, false), world.expect(1, {{1, kMapped}}, false), world.open(); },
       .run = [](World& world, int turn) { world.ask(turn, {1, kMapped}); },
       .stores = true},
      {.name = "ColdAfterADeadHolder",
       .prepare =
           [](World& world) {
             prepare_cold(world);
             leave_leases_of_the_dead(world);
           },
       .run = ask_for_first},
      {.name = "HitSmall", .prepare = [](World& world) { prepare_held(world, {1}); }, .run = ask_for_first},
      {.name = "HitRead",
       .prepare = [](World& world) { prepare_held(world, {1, kRead}); },
       .run = [](World& world, int turn) { world.ask(turn, {1, kRead}); }},
      {.name = "HitMapped",
       .prepare = [](World& world) { prepare_held(world, {1, kMapped}); },
       .run = [](World& world, int turn) { world.ask(turn, {1, kMapped}); }},
      {.name = "Growth",
       .prepare =
           [](World& world) {
             prepare_held(world, {1, kSmall, 4});
             for (const int number : {0, 1}) world.expect(number, {{1, kSmall, 4}, {2, kRead, 1900}}, true);
           },
       .run = [](World& world, int turn) { world.ask(turn, {2, kRead, 1900}); }},
      {.name = "Recompute",
       .prepare =
           [](World& world) {
             prepare_held(world, {1});
             for (const int number : {0, 1}) world.expect(number, {{2}, {1}}, true);
           },
       .run = [](World& world, int turn) { world.ask(turn, {2}, true); }},
      {.name = "Erase",
       .prepare =
           [](World& world) {
             prepare_held(world, {1});
             for (const int number : {0, 1}) world.expect(number, {{1}}, false);
           },
       .run = [](World& world, int turn) { world.cache->erase(key_of(turn)); }},
      {.name = "Peek",
       .prepare = [](World& world) { prepare_held(world, {1}); },
       .run =
           [](World& world, int turn) {
             const auto info = world.cache->peek(key_of(turn));
             EXPECT_TRUE(!info || info->key == key_of(turn));
           }},
      {.name = "List",
       .prepare = [](World& world) { prepare_held_disk(world, {1}); },
       .run =
           [](World& world, int) {
             std::size_t listed = 0;
             (void)world.disk->for_each([&](const EntryInfo& info) {
               EXPECT_TRUE(info.key == key_of(0) || info.key == key_of(1));
               return ++listed < 10;
             });
             EXPECT_LE(listed, 2u);
           }},
      {.name = "Validate",
       .prepare = [](World& world) { prepare_held_disk(world, {1, kRead}); },
       .run =
           [](World& world, int) {
             const auto findings = world.disk->validate(true, {});
             if (!findings) return;
             for (const Finding& finding : *findings) {
               EXPECT_FALSE(finding.is_out_of_the_way) << finding.message;
               EXPECT_TRUE(finding.code == ErrorCode::io || finding.code == ErrorCode::denied) << finding.message;
             }
           }},
      {.name = "Tag",
       .prepare = [](World& world) { prepare_held_disk(world, {1}); },
       .run = [](World& world, int turn) { (void)world.disk->tag("kept", key_of(turn).id()); }},
      {.name = "Import",
       .prepare =
           [](World& world) {
             prepare_import(world, {1, kRead});
             for (const int number : {0, 1}) world.expect(number, {{1, kRead}}, false);
           },
       .run = import_one},
      {.name = "ImportOfALongerOne",
       .prepare =
           [](World& world) {
             for (const int number : {0, 1}) world.hold(number, {1, kSmall, 4});
             prepare_import(world, {2, kRead, 1900});
             for (const int number : {0, 1}) world.expect(number, {{1, kSmall, 4}, {2, kRead, 1900}}, true);
           },
       .run = import_one},
      {.name = "Export", .prepare = [](World& world) { prepare_held_disk(world, {1, kRead}); }, .run = export_one},
      {.name = "ColdUnderABudget", .prepare = [](World& world) { prepare_full(world), world.open(); }, .run = ask_for_first},
      {.name = "PutUnderABudgetThatIsKept",
       .prepare =
           [](World& world) {
             prepare_full(world);
             world.open_disk();
             EXPECT_TRUE(world.disk->put(entry_of(5, {1})).ok());
             EXPECT_TRUE(world.disk->put(entry_of(7, {1})).ok());
           },
       .run =
           [](World& world, int turn) {
             const auto stored = world.disk->put(entry_of(turn, {1}));
             EXPECT_TRUE(!stored || is_one_of(*stored, {{1}}));
           }},
      {.name = "Maintain",
       .prepare =
           [](World& world) {
             prepare_held_disk(world, {1, kRead});
             for (const int number : {5, 6}) {
               fs::last_write_time(World::store(world.root(), number, {1}), fs::file_time_type::clock::now() - 3h);
               world.expect(number, {{1}}, false);
             }
           },
       .run = [](World& world, int) { (void)world.disk->maintain({.max_age = 2h}); }},
      {.name = "GetMany",
       .prepare =
           [](World& world) {
             for (const int number : {0, 3}) world.hold(number, {1});
             for (const int number : {1, 2, 4, 5}) world.expect(number, {{1}}, false);
             world.open();
           },
       .run = ask_for_many},
      {.name = "PutMany",
       .prepare =
           [](World& world) {
             for (const int number : {0, 1, 2, 3}) world.expect(number, {{1}}, false);
             world.open();
           },
       .run = put_many,
       .stores = true},
      {.name = "Healing",
       .prepare =
           [](World& world) {
             prepare_held(world, {1});
             for (const int number : {0, 1}) {
               world.expect(number, {{1}}, false);
               world.damage(number);
             }
           },
       .run = ask_for_first,
       .heals = true},
  };
  return all;
}

}  // namespace almanac::cache
