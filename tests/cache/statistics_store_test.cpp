// Statistics of many processes: journals that add up, are torn, lie about although they are counted, or cannot be put together.

#include "statistics/statistics_store.hpp"

#include "engine/temporary_folder.hpp"
#include "statistics/checked_line.hpp"
#include "statistics/process_statistics.hpp"
#include "statistics/statistics_text.hpp"
#include "two_shelves.hpp"

#include <almanac/cache/removal.hpp>
#include <almanac/cache/statistics.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

const Time kNow = Time(std::chrono::microseconds(1'795'405'601'234'567));

/// What a process may have counted; every number another.
Statistics counted() {
  Statistics all;
  KindMetrics& kind = all.kinds["laplacian"];
  TierHits memory{.hits = 3, .bytes = 300, .cost = 30ms};
  for (const auto time : {90ns, 110ns, 130ns}) memory.times.add(time);
  add_hits(kind, "memory", memory);
  TierHits disk{.hits = 1, .bytes = 100, .cost = 10ms};
  disk.times.add(7us);
  add_hits(kind, "disk", disk);
  kind.misses = 2;
  kind.joined = 5;
  kind.bytes += 700;
  kind.passed_by = 1;
  kind.stored = 6;
  kind.storing = 8ms;
  kind.would_have_hit = 9;
  for (const auto time : {11ms, 12ms}) kind.compute_times.add(time);
  for (const auto time : {13ms, 14ms}) kind.miss_times.add(time);
  all.kinds["my_table"].joined = 1;
  all.tiers["disk"] = {.hits = 1, .misses = 15, .puts = 16, .evictions = 17, .corruptions = 18, .errors = 19, .would_have_hit = 20};
  all.speeds["disk"] = {{.load = {21ns, 0.25}, .write = {22ns, 1.0 / 3}}, kNow};
  all.days[20780] = {.requests = 11, .hits = 4, .bytes = 1100, .saved = -5ns, .surveyed = kNow, .held_entries = 24, .held_bytes = 25};
  for (const char* text : {"laplacian@1{boundary=periodic;extent=512x512}", "my_table@2{name=two words}"}) {
    all.used[Id::of(text)] = {.text = text, .uses = 26, .last_use = kNow, .cost = 27ms, .bytes = 28, .computed = kNow - 1h, .coverage = 30};
  }
  all.processes = 1;
  all.uptime = 29s;
  all.since = kNow - 1min;
  all.until = kNow;
  return all;
}

std::string text_of(const Statistics& statistics) {
  StatisticsText text;
  text.statistics = statistics;
  return text.text();
}

/// Lines without their checksums, without the head and the end: how much there is of what.
void expect_at_most(const Statistics& found, const Statistics& true_ones, std::uint64_t times = 1) {
  for (const auto& [name, kind] : found.kinds) {
    const auto known = true_ones.kinds.find(name);
    ASSERT_NE(known, true_ones.kinds.end()) << name;
    for (auto count : {&KindMetrics::hits, &KindMetrics::misses, &KindMetrics::joined, &KindMetrics::bytes, &KindMetrics::bytes_hit,
                       &KindMetrics::passed_by, &KindMetrics::stored, &KindMetrics::would_have_hit}) {
      EXPECT_LE(kind.*count, times * (known->second.*count)) << name;
    }
    EXPECT_LE(kind.storing, static_cast<std::int64_t>(times) * known->second.storing);
    EXPECT_LE(kind.compute_times.total(), static_cast<std::int64_t>(times) * known->second.compute_times.total());
  }
  for (const auto& [name, tier] : found.tiers) {
    ASSERT_TRUE(true_ones.tiers.contains(name));
    EXPECT_LE(tier.evictions, times * true_ones.tiers.at(name).evictions);
  }
  for (const auto& [id, key] : found.used) {
    ASSERT_TRUE(true_ones.used.contains(id)) << key.text;
    EXPECT_LE(key.uses, times * true_ones.used.at(id).uses);
  }
  EXPECT_LE(found.processes, times * true_ones.processes);
  EXPECT_LE(found.uptime, static_cast<std::int64_t>(times) * true_ones.uptime);
}

/// The same, number by number.
void expect_same(const Statistics& found, const Statistics& wanted) { EXPECT_EQ(text_of(found), text_of(wanted)); }

Statistics times(std::uint64_t count, const Statistics& one) {
  Statistics sum;
  for (std::uint64_t i = 0; i < count; ++i) sum.add(one);
  return sum;
}

class StatisticsStoreTest : public ::testing::Test {
 protected:
  fs::path root() const { return folder_.path(); }
  fs::path in_folder(std::string_view name) const { return folder_ / "statistics" / name; }
  StatisticsStore store() const { return StatisticsStore(root()); }

  std::vector<fs::path> journals() const {
    std::vector<fs::path> files;
    if (!fs::exists(folder_ / "statistics")) return files;
    for (const auto& file : fs::directory_iterator(folder_ / "statistics")) {
      if (file.path().extension() == ".journal") files.push_back(file.path());
    }
    return files;
  }
  static std::string contents(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

  testing::TemporaryFolder folder_;
};

// ---- text

TEST(StatisticsText, IsReadBackAsItWas) {
  StatisticsText text;
  text.statistics = counted();
  text.includes = {"a.journal", "b.journal"};
  const StatisticsText read = StatisticsText::parse(text.text());
  EXPECT_EQ(read.state, StatisticsText::State::whole);
  EXPECT_EQ(read.includes, text.includes);
  EXPECT_EQ(read.text(), text.text());
  const Statistics& there = read.statistics;
  const Statistics known = counted();
  EXPECT_EQ(there.kinds.at("laplacian").by_tier.at("memory").times, known.kinds.at("laplacian").by_tier.at("memory").times);
  EXPECT_EQ(there.kinds.at("laplacian").saved, known.kinds.at("laplacian").saved);
  EXPECT_EQ(there.kinds.at("laplacian").bytes, 1100u);
  EXPECT_EQ(there.kinds.at("laplacian").would_have_hit, 9u);
  EXPECT_EQ(there.kinds.at("my_table").joined, 1u);
  EXPECT_EQ(there.tiers.at("disk").would_have_hit, 20u);
  EXPECT_EQ(there.speeds.at("disk").speed.write.nanoseconds_per_byte, 1.0 / 3);
  EXPECT_EQ(there.days.at(20780).saved, -5ns);
  EXPECT_EQ(there.days.at(20780).surveyed, kNow);
  const UsedKey& key = there.used.at(Id::of("my_table@2{name=two words}"));
  EXPECT_EQ(key.text, "my_table@2{name=two words}");
  EXPECT_EQ(key.uses, 26u);
  EXPECT_EQ(key.computed, kNow - 1h);
  EXPECT_EQ(key.coverage, 30);
  EXPECT_EQ(there.since, kNow - 1min);
}

TEST(StatisticsText, OfATornOrFlippedFileHasWholeLinesAlone) {
  const Statistics known = counted();
  const std::string text = text_of(known);
  std::set<std::string> lines;
  for (std::size_t length = 0; length < text.size(); ++length) {
    const StatisticsText read = StatisticsText::parse(std::string_view(text).substr(0, length));
    EXPECT_NE(read.state, StatisticsText::State::whole) << length;
    expect_at_most(read.statistics, known);
    lines.insert(read.text());
  }
  EXPECT_GT(lines.size(), 8u) << "the lines before the tear count";
  for (std::size_t place = 0; place < text.size(); ++place) {
    std::string flipped = text;
    flipped[place] = static_cast<char>(flipped[place] ^ 1);
    const StatisticsText read = StatisticsText::parse(flipped);
    EXPECT_NE(read.state, StatisticsText::State::whole) << place;
    expect_at_most(read.statistics, known);
  }
}

TEST(StatisticsText, OfAnotherVersionIsNotRead) {
  std::string text;
  CheckedLine(text, "almanac-statistics 2");
  text += text_of(counted());
  const StatisticsText read = StatisticsText::parse(text);
  EXPECT_EQ(read.state, StatisticsText::State::newer);
  EXPECT_TRUE(read.statistics.kinds.empty());
}

TEST(StatisticsText, WithFactsOfALaterTimeIsRead) {
  std::string text;
  CheckedLine(text, "almanac-statistics 1");
  CheckedLine(text, "weather").word("fair");
  CheckedLine(text, "kind").word("laplacian").named("joined", 3).named("colour", 4);
  CheckedLine(text, "used").named("uses", 5).named("colour", 6).word("a@1{n=1}");
  const StatisticsText read = StatisticsText::parse(text);
  EXPECT_EQ(read.statistics.kinds.at("laplacian").joined, 3u);
  EXPECT_EQ(read.statistics.used.at(Id::of("a@1{n=1}")).uses, 5u);
}

TEST(StatisticsText, OfALearnedSpeedIsReadBack) {
  Learned learned;
  learned.speeds["disk"] = {.load = {3000ns, 0.1}, .write = {4000ns, 1e-3}};
  learned.past["laplacian"] = {7, 8};
  const Learned read = parse_learned(text_of(learned));
  EXPECT_EQ(read.speeds.at("disk").load.latency, 3000ns);
  EXPECT_EQ(read.speeds.at("disk").load.nanoseconds_per_byte, 0.1);
  EXPECT_EQ(read.speeds.at("disk").write.nanoseconds_per_byte, 1e-3);
  EXPECT_EQ(read.past.at("laplacian").hits, 7u);
  EXPECT_EQ(read.past.at("laplacian").made, 8u);
}

// ---- journals

TEST_F(StatisticsStoreTest, AddsUpWhatSeveralProcessesWrote) {
  for (int process = 0; process < 3; ++process) EXPECT_TRUE(store().add(counted()));
  EXPECT_EQ(journals().size(), 3u);
  expect_same(store().read(), times(3, counted()));
  EXPECT_EQ(journals().size(), 0u) << "who reads puts them together";
  expect_same(store().read(), times(3, counted()));
  EXPECT_TRUE(store().add(counted()));
  expect_same(store().read(), times(4, counted()));
  EXPECT_EQ(store().learned().speeds.at("disk").load.latency, 21ns);
  EXPECT_EQ(store().learned().past.at("laplacian").hits, 16u);
}

TEST_F(StatisticsStoreTest, CountsAJournalOnceThatItsMergerDidNotRemove) {
  EXPECT_TRUE(store().add(counted()));
  const fs::path journal = journals().at(0);
  const std::string text = contents(journal);
  expect_same(store().read(), counted());
  // As if whoever put them together had been killed before it removed it.
  StatisticsText total = StatisticsText::parse(contents(in_folder("total")));
  EXPECT_TRUE(total.includes.contains(journal.filename().string()));
  write(journal, text);
  expect_same(store().read(), counted());
  EXPECT_FALSE(fs::exists(journal));
  // And again, with another one beside it: the next total still knows of it.
  write(journal, text);
  EXPECT_TRUE(store().add(counted()));
  expect_same(store().read(), times(2, counted()));
  expect_same(store().read(), times(2, counted()));
}

TEST_F(StatisticsStoreTest, UsesATotalWholeOrNotAtAll) {
  EXPECT_TRUE(store().add(counted()));
  const fs::path journal = journals().at(0);
  const std::string text = contents(journal);
  expect_same(store().read(), counted());
  const std::string total = contents(in_folder("total"));
  for (std::size_t length = 0; length < total.size(); length += 37) {
    write(in_folder("total"), total.substr(0, length));
    write(journal, text);
    expect_same(store().read(), counted());
  }
}

TEST_F(StatisticsStoreTest, PutsManyJournalsTogetherAsTheyCome) {
  const std::size_t many = 3 * StatisticsStore::kManyJournals;
  for (std::size_t process = 0; process < many; ++process) {
    EXPECT_TRUE(store().add(counted()));
    EXPECT_LE(journals().size(), StatisticsStore::kManyJournals);
  }
  expect_same(store().read(), times(many, counted()));
}

TEST_F(StatisticsStoreTest, ReadsWhileAnotherHoldsTheLockAndLeavesAllAsItIs) {
  EXPECT_TRUE(store().add(counted()));
  const int lock = ::open(in_folder("merge.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  expect_same(store().read(), counted());
  EXPECT_EQ(journals().size(), 1u);
  EXPECT_FALSE(fs::exists(in_folder("total")));
  for (std::size_t process = 0; process <= StatisticsStore::kMostJournals + 10; ++process) store().add(counted());
  EXPECT_LE(journals().size(), StatisticsStore::kMostJournals + 1) << "where nobody can put them together, the oldest go";
  ::close(lock);
  expect_at_most(store().read(), counted(), StatisticsStore::kMostJournals + 20);
}

TEST_F(StatisticsStoreTest, LeavesWhatALaterVersionWrote) {
  EXPECT_TRUE(store().add(counted()));
  std::string newer;
  CheckedLine(newer, "almanac-statistics 2");
  write(in_folder("newer.journal"), newer);
  expect_same(store().read(), counted());
  EXPECT_TRUE(fs::exists(in_folder("newer.journal")));
  write(in_folder("total"), newer);
  EXPECT_TRUE(store().add(counted()));
  expect_same(store().read(), counted());
  EXPECT_EQ(contents(in_folder("total")), newer) << "and what it has counted is not lost";
}

TEST_F(StatisticsStoreTest, OfNoFolderNoRootOrATornOneIsEmpty) {
  EXPECT_TRUE(store().read().empty());
  EXPECT_FALSE(fs::exists(folder_ / "statistics")) << "who only reads makes nothing";
  EXPECT_TRUE(StatisticsStore(folder_ / "not" / "there").read().empty());
  EXPECT_FALSE(StatisticsStore(folder_ / "not" / "there").add(counted()));
  fs::create_directory(folder_ / "statistics");
  write(in_folder("x.journal"), "no journal at all\n");
  write(in_folder("empty.journal"), "");
  fs::create_directory(in_folder("folder.journal"));
  EXPECT_TRUE(store().read().empty());
}

TEST_F(StatisticsStoreTest, WritesAllOfAJournalOrNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{200, 200};  // a full disk
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(store().add(counted()) ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "it says that it was not written";
  EXPECT_TRUE(journals().empty());
  EXPECT_TRUE(fs::is_empty(folder_ / "statistics")) << "and leaves nothing";
}

TEST_F(StatisticsStoreTest, ForgetsEverything) {
  EXPECT_TRUE(forget_statistics(root()));
  store().add(counted());
  store().read();
  store().add(counted());
  EXPECT_TRUE(forget_statistics(root()));
  EXPECT_TRUE(read_statistics(root()).empty());
  EXPECT_TRUE(read_learned(root()).past.empty());
}

TEST_F(StatisticsStoreTest, OfManyThreadsAtOnceLosesNothing) {
  constexpr int kThreads = 8, kJournals = 20;
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < kThreads; ++number) {
      threads.emplace_back([&] {
        for (int journal = 0; journal < kJournals; ++journal) {
          EXPECT_TRUE(store().add(counted()));
          if (journal % 5 == 0) expect_at_most(store().read(), counted(), kThreads * kJournals);
        }
      });
    }
  }
  expect_same(store().read(), times(kThreads * kJournals, counted()));
}

TEST_F(StatisticsStoreTest, TellsWhatASurveySawLast) {
  note_survey(root(), 10, 1000);
  note_survey(root(), 12, 1300);
  const Statistics all = read_statistics(root());
  ASSERT_EQ(all.days.size(), 1u);
  EXPECT_EQ(all.days.begin()->second.held_entries, 12u);
  EXPECT_EQ(all.days.begin()->second.held_bytes, 1300u);
  EXPECT_EQ(all.processes, 0u);
}

// ---- would have hit

TEST_F(StatisticsStoreTest, CountsWhatIsComputedAgainAfterItWasEvicted) {
  const Key key = sample_key(1), other = sample_key(2);
  const auto journal = [&](Time when) {
    Statistics made;
    made.used[key.id()] = {.text = key.text(), .uses = 1, .last_use = when, .computed = when};
    made.kinds["sample"].joined = 1;
    made.processes = 1;
    made.since = made.until = when;
    return made;
  };
  const auto removed = [&](const Key& what, RemovalReason reason, Time when) {
    const Removal removal{.id = what.id(), .reason = reason, .key = what.text(), .when = when, .who = "somebody"};
    RemovalLog(root()).append({&removal, 1});
  };
  const auto regrets = [&] { return store().read().kinds.at("sample").would_have_hit; };
  EXPECT_TRUE(store().add(journal(kNow)));
  EXPECT_EQ(regrets(), 0u);
  removed(key, RemovalReason::manual, kNow + 1s);
  removed(other, RemovalReason::capacity, kNow + 1s);
  EXPECT_TRUE(store().add(journal(kNow + 2s)));
  EXPECT_EQ(regrets(), 0u) << "not for room; another one";
  removed(key, RemovalReason::capacity, kNow + 3s);
  EXPECT_EQ(regrets(), 0u) << "nobody wanted it since";
  EXPECT_TRUE(store().add(journal(kNow + 4s)));
  EXPECT_EQ(regrets(), 1u);
  EXPECT_EQ(regrets(), 1u);
  EXPECT_TRUE(store().add(journal(kNow + 5s)));
  EXPECT_EQ(regrets(), 1u) << "made anew for another reason";
}

// ---- a cache's own

class StatisticsOfCaches : public StatisticsStoreTest {
 protected:
  std::unique_ptr<Cache> open() const {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 20));
    tiers.push_back(std::make_unique<ShelfTier>("far", far_));
    CacheOptions options;
    options.statistics_root = root();
    return std::make_unique<Cache>(std::move(tiers), options);
  }
  std::shared_ptr<Shelf> far_ = std::make_shared<Shelf>();
};

TEST_F(StatisticsOfCaches, AreWrittenAtTheirEnd) {
  for (int process = 0; process < 2; ++process) {
    auto cache = open();
    for (int turn = 0; turn < 5; ++turn) (void)cache->get_or_compute(constant(sample_key(1), 1));
    EXPECT_EQ(journals().size(), static_cast<std::size_t>(process));
  }
  const Statistics all = read_statistics(root());
  const KindMetrics& kind = all.kinds.at("sample");
  EXPECT_EQ(kind.misses, 1u);
  EXPECT_EQ(kind.hits, 9u);
  EXPECT_EQ(kind.by_tier.at("memory").hits, 8u);
  EXPECT_EQ(kind.by_tier.at("far").hits, 1u);
  EXPECT_EQ(kind.compute_times.count(), 1u);
  EXPECT_EQ(all.processes, 2u);
  EXPECT_GT(all.uptime, 0ns);
  EXPECT_LE(all.since, all.until);
  ASSERT_EQ(all.days.size(), 1u);
  EXPECT_EQ(all.days.begin()->second.requests, 10u);
  EXPECT_EQ(all.days.begin()->second.hits, 9u);
  ASSERT_EQ(all.used.size(), 1u);
  const UsedKey& used = all.used.at(sample_key(1).id());
  EXPECT_EQ(used.uses, 10u) << "in memory, beyond it, and where it was made";
  EXPECT_EQ(used.text, sample_key(1).text());
  EXPECT_EQ(used.bytes, 32u);
  EXPECT_GT(used.computed, Time());
  EXPECT_EQ(all.tiers.at("memory").hits, 8u);
  EXPECT_EQ(all.tiers.at("memory").misses, 2u);
}

TEST_F(StatisticsOfCaches, ThatWereAskedForNothingWriteNothing) {
  open();
  open()->metrics();
  EXPECT_FALSE(fs::exists(folder_ / "statistics"));
}

TEST_F(StatisticsOfCaches, WriteWhatIsNewAtEachTime) {
  auto cache = open();
  (void)cache->get_or_compute(constant(sample_key(1), 1));
  cache->save_statistics();
  cache->save_statistics();
  EXPECT_EQ(journals().size(), 1u);
  for (int turn = 0; turn < 3; ++turn) (void)cache->get_or_compute(constant(sample_key(1), 1));
  cache->save_statistics();
  EXPECT_EQ(journals().size(), 2u);
  cache.reset();
  EXPECT_EQ(journals().size(), 2u);
  const Statistics all = read_statistics(root());
  EXPECT_EQ(all.kinds.at("sample").hits, 3u);
  EXPECT_EQ(all.kinds.at("sample").misses, 1u);
  EXPECT_EQ(all.used.at(sample_key(1).id()).uses, 4u);
  EXPECT_EQ(all.processes, 1u);
}

TEST_F(StatisticsOfCaches, KeepWhatCouldNotBeWrittenForTheNextTime) {
  auto cache = open();
  write(folder_ / "statistics", "not a folder");
  (void)cache->get_or_compute(constant(sample_key(1), 1));
  cache->save_statistics();
  fs::remove(folder_ / "statistics");
  (void)cache->get_or_compute(constant(sample_key(1), 1));
  cache.reset();
  const Statistics all = read_statistics(root());
  EXPECT_EQ(all.kinds.at("sample").misses, 1u);
  EXPECT_EQ(all.kinds.at("sample").hits, 1u);
  EXPECT_EQ(all.used.at(sample_key(1).id()).uses, 2u);
}

TEST_F(StatisticsOfCaches, TellTheUsesOfWhatLeftMemory) {
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier({.budget_bytes = 1 << 20, .max_entries = 1, .policy = Policy::lru}));
  CacheOptions options;
  options.statistics_root = root();
  Cache cache(std::move(tiers), options);
  for (int turn = 0; turn < 4; ++turn) (void)cache.get_or_compute(constant(sample_key(1), 1));
  for (int turn = 0; turn < 3; ++turn) (void)cache.get_or_compute(constant(sample_key(2), 1));
  (void)cache.get_or_compute(constant(sample_key(1), 1));
  cache.save_statistics();
  const Statistics all = read_statistics(root());
  EXPECT_EQ(all.used.at(sample_key(1).id()).uses, 5u);
  EXPECT_EQ(all.used.at(sample_key(2).id()).uses, 3u);
  EXPECT_EQ(all.tiers.at("memory").evictions, 2u);
  EXPECT_EQ(all.tiers.at("memory").would_have_hit, 1u);
}

TEST_F(StatisticsOfCaches, InAForkedProcessAreItsOwn) {
  auto cache = open();
  (void)cache->get_or_compute(constant(sample_key(1), 1));
  const pid_t child = ::fork();
  if (child == 0) {
    cache->save_statistics();  // learns that it is another process
    (void)cache->get_or_compute(constant(sample_key(1), 1));
    cache.reset();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  cache.reset();
  const Statistics all = read_statistics(root());
  EXPECT_EQ(all.kinds.at("sample").misses, 1u);
  EXPECT_EQ(all.kinds.at("sample").hits, 1u);
  EXPECT_EQ(all.processes, 2u);
}

TEST_F(StatisticsStoreTest, OfALongProcessAreWrittenOnceAMinute) {
  std::uint64_t joined = 0;
  ProcessStatistics statistics(root(), {[&] {
                                          ProcessStatistics::Counted counted;
                                          counted.metrics.kinds["sample"].joined = joined;
                                          return counted;
                                        },
                                        [](const Tier::VisitUse&) {}});
  const auto begin = ProcessStatistics::Clock::now();
  const EntryPtr entry = sample_entry(sample_key(1), 1);
  const auto note_at = [&](std::chrono::seconds after) {
    ++joined;
    statistics.note_use(*entry, begin + after);
    return journals().size();
  };
  EXPECT_EQ(note_at(0s), 0u);
  EXPECT_EQ(note_at(59s), 0u);
  EXPECT_EQ(note_at(61s), 1u);
  EXPECT_EQ(note_at(62s), 1u);
  EXPECT_EQ(note_at(120s), 1u);
  EXPECT_EQ(note_at(122s), 2u);
  EXPECT_EQ(read_statistics(root()).kinds.at("sample").joined, 6u);
  EXPECT_EQ(read_statistics(root()).used.at(sample_key(1).id()).uses, 6u);
}

// ---- Prometheus

/// The text format 0.0.4, strictly: gives the samples by name and labels. Fails on what no scraper would take, or promtool mind.
std::map<std::string, double> samples_of(const std::string& text) {
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::string family;
  const auto is_name = [](std::string_view name) {
    return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
           std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == ':'; });
  };
  EXPECT_TRUE(text.ends_with('\n'));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("# HELP ")) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(helped.insert(name).second) << "two families of one name: " << name;
      EXPECT_GT(line.size(), 8 + name.size()) << "no help";
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      family = line.substr(7, space - 7);
      types[family] = line.substr(space + 1);
      EXPECT_TRUE(helped.contains(family)) << line;
      EXPECT_TRUE((std::set<std::string>{"counter", "gauge", "histogram"}).contains(types[family])) << line;
      EXPECT_EQ(types[family] == "counter", family.ends_with("_total")) << line;
      continue;
    }
    const std::size_t space = line.rfind(' ');
    const std::string left = line.substr(0, space);
    const std::string name = left.substr(0, left.find('{'));
    EXPECT_TRUE(is_name(name)) << line;
    std::string base = name;
    if (types[family] == "histogram") {
      for (const char* part : {"_bucket", "_sum", "_count"}) {
        if (name == family + part) base = family;
      }
    }
    EXPECT_EQ(base, family) << "a sample outside its family: " << line;
    if (left.size() > name.size()) {
      EXPECT_TRUE(left.ends_with('}')) << line;
      std::set<std::string> labels;
      std::string_view rest = std::string_view(left).substr(name.size() + 1, left.size() - name.size() - 2);
      while (!rest.empty()) {
        const std::size_t equals = rest.find("=\"");
        EXPECT_NE(equals, std::string_view::npos) << line;
        if (equals == std::string_view::npos) break;
        EXPECT_TRUE(is_name(rest.substr(0, equals)) && labels.insert(std::string(rest.substr(0, equals))).second) << line;
        std::size_t close = equals + 2;
        while (close < rest.size() && rest[close] != '"') close += rest[close] == '\\' ? 2 : 1;
        EXPECT_LT(close, rest.size()) << line;
        rest = close + 1 < rest.size() ? rest.substr(close + 2) : std::string_view();
      }
      EXPECT_EQ(name.ends_with("_bucket"), labels.contains("le")) << line;
    }
    char* stopped = nullptr;
    const std::string value = line.substr(space + 1);
    const double number = std::strtod(value.c_str(), &stopped);
    EXPECT_EQ(*stopped, '\0') << line;
    EXPECT_TRUE(types[family] != "counter" || number >= 0) << line;
    EXPECT_TRUE(samples.emplace(left, number).second) << "twice: " << line;
  }
  return samples;
}

TEST(Prometheus, SaysTheCountsInItsTextFormat) {
  const auto samples = samples_of(prometheus_text(counted()));
  EXPECT_EQ(samples.at("almanac_requests_total{kind=\"laplacian\",result=\"hit\"}"), 4);
  EXPECT_EQ(samples.at("almanac_requests_total{kind=\"laplacian\",result=\"miss\"}"), 2);
  EXPECT_EQ(samples.at("almanac_hits_total{kind=\"laplacian\",tier=\"memory\"}"), 3);
  EXPECT_EQ(samples.at("almanac_hit_seconds_count{kind=\"laplacian\",tier=\"memory\"}"), 3);
  EXPECT_EQ(samples.at("almanac_hit_seconds_sum{kind=\"laplacian\",tier=\"memory\"}"), 330e-9);
  EXPECT_EQ(samples.at("almanac_hit_seconds_bucket{kind=\"laplacian\",tier=\"memory\",le=\"+Inf\"}"), 3);
  EXPECT_EQ(samples.at("almanac_hit_seconds_bucket{kind=\"laplacian\",tier=\"memory\",le=\"2.55e-07\"}"), 3);
  EXPECT_EQ(samples.at("almanac_hit_seconds_bucket{kind=\"laplacian\",tier=\"disk\",le=\"2.55e-07\"}"), 0);
  EXPECT_EQ(samples.at("almanac_hit_seconds_bucket{kind=\"laplacian\",tier=\"disk\",le=\"4.095e-06\"}"), 0);
  EXPECT_EQ(samples.at("almanac_hit_seconds_bucket{kind=\"laplacian\",tier=\"disk\",le=\"1.6383e-05\"}"), 1);
  EXPECT_EQ(samples.at("almanac_tier_evictions_total{tier=\"disk\"}"), 17);
  EXPECT_EQ(samples.at("almanac_held_bytes"), 25);
  EXPECT_EQ(samples.at("almanac_processes_total"), 1);
}

TEST(Prometheus, SaysWhatThereIsOfNothing) {
  const auto samples = samples_of(prometheus_text({}));
  EXPECT_EQ(samples.at("almanac_processes_total"), 0);
}

}  // namespace
}  // namespace almanac::cache
