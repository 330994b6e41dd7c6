#include "fault_world.hpp"

#include "cache/sample_entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace almanac::cache {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Artifact Made::artifact() const { return sample_artifact(value, size, coverage); }

bool is_one_of(const EntryPtr& entry, const std::vector<Made>& allowed) {
  return std::ranges::any_of(allowed, [&](const Made& made) { return identical(entry->artifact, made.artifact()); });
}

Key key_of(int number) { return sample_key(number); }

EntryPtr entry_of(int number, const Made& made) { return std::make_shared<const Entry>(Entry{key_of(number), made.artifact(), {}}); }

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

World::World(const fs::path& folder) : folder_(folder) { fs::create_directories(folder); }

World::~World() {
  close();
  fs::remove_all(folder_);
}

DiskOptions World::disk_options() {
  return {.root = root(), .durable = durable, .map_threshold = kMapThreshold, .warn = [this](std::string_view line) { told.emplace_back(line); },
          .budget = budget};
}

void World::open() {
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier(1 << 20));
  tiers.push_back(std::make_unique<DiskTier>(disk_options()));
  CacheOptions options;
  options.lease_folder = leases();
  options.lease_wait = 3ms;     // who waits for nobody is late, and right all the same
  options.lease_interval = 1h;  // no heartbeat while calls are counted
  options.warn = [this](std::string_view line) { told.emplace_back(line); };
  cache = std::make_unique<Cache>(std::move(tiers), std::move(options));
}

void World::open_disk() { disk = std::make_unique<DiskTier>(disk_options()); }

void World::close() {
  cache.reset();
  disk.reset();
}

void World::hold(int number, const Made& made) {
  const fs::path file = store(root(), number, made);
  fs::last_write_time(file, fs::file_time_type::clock::now() - 1h);
  expect(number, {made}, true);
}

fs::path World::store(const fs::path& in, int number, const Made& made) {
  DiskTier tier({.root = in, .map_threshold = kMapThreshold});
  EXPECT_TRUE(tier.put(entry_of(number, made)).ok());
  return tier.path_of(key_of(number).id());
}

void World::damage(int number) const {
  const fs::path file = DiskTier({.root = root()}).path_of(key_of(number).id());
  fs::permissions(file, fs::perms::owner_all);
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(-1, std::ios::end);
  bytes.put('!');
}

Request World::request(int number, const Made& made) const {
  Request wanted{.key = key_of(number), .coverage = made.coverage};
  wanted.estimate = 1s;
  wanted.make = [made](const Artifact*) { return made.artifact(); };
  return wanted;
}

void World::ask(int number, const Made& made, bool recompute) const {
  Request wanted = request(number, made);
  wanted.recompute = recompute;
  expect_answer(cache->get_or_compute(wanted), {made});
}

void World::expect_answer(const Answer& answer, const std::vector<Made>& allowed) {
  ASSERT_NE(answer.entry, nullptr);
  EXPECT_TRUE(is_one_of(answer.entry, allowed)) << "a wrong answer, " << answer.source;
}

}  // namespace almanac::cache
