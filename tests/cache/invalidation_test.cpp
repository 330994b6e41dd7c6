#include <almanac/cache/invalidation.hpp>

#include "disk_tier_fixture.hpp"
#include "engine/unprivileged.hpp"
#include "temporary_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

using std::chrono::hours;

class InvalidationTest : public DiskTierTest {
 protected:
  /// Stores one, made from others, a day ago.
  Key store(const Key& key, const std::vector<Key>& from = {}, const std::function<void(Entry&)>& change = {}) {
    auto entry = std::make_shared<Entry>(Entry{key, sample_artifact(1), {}});
    entry->facts.cost = std::chrono::milliseconds(10);
    entry->facts.created = std::chrono::system_clock::now() - hours(24);
    for (const Key& parent : from) entry->facts.dependencies.push_back(parent.id());
    if (change) change(*entry);
    put(entry);
    return key;
  }
  Key store(std::int64_t number, const std::vector<Key>& from = {}) { return store(sample_key(number), from); }

  Invalidated run(const Selection& selection, InvalidationOptions options = {}) {
    went_.clear();
    options.visit = [this](const EntryInfo& entry, RemovalReason reason) { went_.emplace_back(entry.key.text(), reason); };
    const auto done = invalidate(*fresh(), selection, options);
    EXPECT_TRUE(done.ok()) << done.error().message;
    return done ? *done : Invalidated{};
  }

  bool is_there(const Key& key) { return fs::exists(path_of(key)); }

  std::map<std::string, RemovalReason> logged() {
    std::map<std::string, RemovalReason> all;
    const auto read = RemovalLog::read(folder_.path() / "cache", [&all](const Removal& one) { return all[one.key] = one.reason, true; });
    EXPECT_TRUE(read.ok());
    EXPECT_EQ(read->damaged, 0u);
    return all;
  }

  std::vector<std::pair<std::string, RemovalReason>> went_;
};

TEST_F(InvalidationTest, RemovesWhatIsMeantAndWritesItDown) {
  const Key one = store(1), two = store(2), other = store(sample_key(3, "other"));
  const Invalidated done = run({.kind = "sample"}, {.reason = RemovalReason::pattern});
  EXPECT_EQ(done.meant.entries, 2u);
  EXPECT_GT(done.meant.bytes, 2u * 4096);
  EXPECT_EQ(done.meant.cost, std::chrono::milliseconds(20));
  EXPECT_EQ(done.dependents.entries, 0u);
  EXPECT_EQ(done.failed, 0u);
  EXPECT_FALSE(done.trouble);
  EXPECT_FALSE(is_there(one));
  EXPECT_FALSE(is_there(two));
  EXPECT_TRUE(is_there(other));
  EXPECT_EQ(went_.size(), 2u);
  EXPECT_EQ(logged(), (std::map<std::string, RemovalReason>{{one.text(), RemovalReason::pattern}, {two.text(), RemovalReason::pattern}}));
  EXPECT_EQ(run({.kind = "sample"}).meant.entries, 0u);
}

TEST_F(InvalidationTest, LooksAndRemovesNothingInADryRun) {
  const Key parent = store(1), child = store(2, {parent}), other = store(3);
  const Invalidated done = run({.ids = {parent.id()}}, {.dry_run = true});
  EXPECT_EQ(done.meant.entries, 1u);
  EXPECT_EQ(done.dependents.entries, 1u);
  EXPECT_EQ(done.dependents.cost, std::chrono::milliseconds(10));
  ASSERT_EQ(went_.size(), 2u);
  EXPECT_EQ(went_[0], std::pair(parent.text(), RemovalReason::manual));
  EXPECT_EQ(went_[1], std::pair(child.text(), RemovalReason::dependency));
  for (const Key& key : {parent, child, other}) EXPECT_TRUE(is_there(key));
  EXPECT_TRUE(logged().empty());
}

TEST_F(InvalidationTest, TakesWhatWasMadeFromItDownToTheLastBeforeTheFirst) {
  // 1 → 2 → 4, 1 → 3 → 4 → 5; 6 stands alone, 7 was made from 6.
  const Key k1 = store(1), k2 = store(2, {k1}), k3 = store(3, {k1}), k4 = store(4, {k2, k3}), k5 = store(5, {k4});
  const Key k6 = store(6), k7 = store(7, {k6});
  const Invalidated done = run({.ids = {k1.id()}});
  EXPECT_EQ(done.meant.entries, 1u);
  EXPECT_EQ(done.dependents.entries, 4u);
  for (const Key& key : {k1, k2, k3, k4, k5}) EXPECT_FALSE(is_there(key)) << key.text();
  for (const Key& key : {k6, k7}) EXPECT_TRUE(is_there(key)) << key.text();
  ASSERT_EQ(went_.size(), 5u);
  const auto place = [this](const Key& key) { return std::ranges::find(went_, key.text(), &decltype(went_)::value_type::first) - went_.begin(); };
  EXPECT_LT(place(k5), place(k4));
  EXPECT_LT(place(k4), place(k2));
  EXPECT_LT(place(k4), place(k3));
  EXPECT_EQ(place(k1), 4);
  EXPECT_EQ(logged().at(k1.text()), RemovalReason::manual);
  EXPECT_EQ(logged().at(k5.text()), RemovalReason::dependency);
}

TEST_F(InvalidationTest, CountsWhatIsMeantAndADependentOnce) {
  const Key parent = store(1), child = store(2, {parent}), far = store(sample_key(3, "other"), {child});
  for (const bool dry_run : {true, false}) {
    const Invalidated done = run({.kind = "sample"}, {.reason = RemovalReason::pattern, .dry_run = dry_run});
    EXPECT_EQ(done.meant.entries, 2u);
    EXPECT_EQ(done.dependents.entries, 1u);
    EXPECT_EQ(went_.size(), 3u);
  }
  EXPECT_EQ(logged().at(child.text()), RemovalReason::pattern);
  EXPECT_EQ(logged().at(far.text()), RemovalReason::dependency);
}

TEST_F(InvalidationTest, FindsWhatWasMadeFromAnEntryThatHadLeftByItsId) {
  const Key parent = sample_key(1), child = store(2, {parent});
  EXPECT_EQ(run({.kind = "nothing"}, {.parents = {Id{1, 2}}}).dependents.entries, 0u);
  EXPECT_EQ(run({.ids = {parent.id()}, .expired = true}).dependents.entries, 0u);  // it was not seen to be expired
  EXPECT_TRUE(is_there(child));
  EXPECT_EQ(run({.ids = {parent.id()}}, {.dry_run = true}).dependents.entries, 1u);
  EXPECT_EQ(run({.kind = "nothing"}, {.parents = {parent.id()}}).dependents.entries, 1u);
  EXPECT_FALSE(is_there(child));
}

TEST_F(InvalidationTest, EndsWhereEntriesWereMadeFromEachOther) {
  const Key one = sample_key(1), two = sample_key(2);
  store(one, {two});
  store(two, {one});
  EXPECT_EQ(run({.ids = {one.id()}}).dependents.entries, 1u);
  EXPECT_FALSE(is_there(one));
  EXPECT_FALSE(is_there(two));
}

TEST_F(InvalidationTest, MeansByTagAgeProducerVersionAndTime) {
  const Key tagged = store(1), old = store(2), foreign = store(3), newer = store(Key("sample", 2, {{"number", 4}})), expired = store(5), rest = store(6);
  store(sample_key(12), {}, [](Entry& entry) { entry.facts.created -= hours(24 * 365); });
  store(sample_key(13), {}, [](Entry& entry) { entry.facts.producer = {"elsewhere/9", "NONE"}; });
  store(sample_key(15), {}, [](Entry& entry) { entry.facts.expires = std::chrono::system_clock::now() - hours(1); });
  ASSERT_TRUE(fresh()->tag("paper", tagged.id()).ok());
  const timespec long_ago[2] = {{1'000'000, 0}, {1'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_of(old).c_str(), long_ago, 0), 0);

  EXPECT_EQ(run({.tag = "paper"}).meant.entries, 1u);
  EXPECT_FALSE(is_there(tagged));
  EXPECT_EQ(run({.tag = "nobody"}).meant.entries, 0u);
  EXPECT_EQ(run({.older_than = hours(24 * 30)}).meant.entries, 1u);
  EXPECT_FALSE(is_there(sample_key(12)));
  EXPECT_EQ(run({.unused_for = hours(24 * 30)}).meant.entries, 1u);
  EXPECT_FALSE(is_there(old));
  EXPECT_EQ(run({.producer = "elsewhere/*"}).meant.entries, 1u);
  EXPECT_FALSE(is_there(sample_key(13)));
  EXPECT_EQ(run({.kind = "sample", .version = 2}).meant.entries, 1u);
  EXPECT_FALSE(is_there(newer));
  EXPECT_EQ(run({.expired = true}, {.reason = RemovalReason::ttl_expired}).meant.entries, 1u);
  EXPECT_FALSE(is_there(sample_key(15)));
  EXPECT_EQ(logged().at(sample_key(15).text()), RemovalReason::ttl_expired);
  for (const Key& key : {foreign, expired, rest}) EXPECT_TRUE(is_there(key));

  const auto refused = invalidate(*fresh(), {.tag = "../objects"}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
}

TEST_F(InvalidationTest, LeavesWhatOthersHaveGotAsItIs) {
  const Key key = sample_key(1);
  auto big = std::make_shared<Entry>(Entry{key, sample_artifact(7, 10'000), {}});
  put(big);
  const EntryPtr held = get(key);
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(run({}).meant.entries, 1u);
  EXPECT_EQ(value_of(held->artifact), 7);
  EXPECT_EQ(get(key), nullptr);
}

TEST_F(InvalidationTest, StopsWhenItIsToldToWithCascadesWhole) {
  const Key parent = store(1);
  std::vector<Key> children;
  for (int number = 10; number < 30; ++number) children.push_back(store(number, {parent}));
  std::size_t gone = 0;
  InvalidationOptions options{.stop = [&gone] { return gone >= 5; }};
  options.visit = [&gone](const EntryInfo&, RemovalReason) { ++gone; };
  const auto done = invalidate(*fresh(), {.ids = {parent.id()}}, options);
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done->interrupted);
  EXPECT_EQ(done->dependents.entries, 5u);
  EXPECT_TRUE(is_there(parent));  // by which the rest is found
  EXPECT_EQ(run({.ids = {parent.id()}}).dependents.entries, 15u);
  EXPECT_FALSE(is_there(parent));
}

TEST_F(InvalidationTest, KeepsWhatSomethingWasMadeFromThatCannotBeRemoved) {
  const Key parent = store(1), child = store(2, {parent});
  const fs::path parent_place = path_of(parent), folder = path_of(child).parent_path();
  ASSERT_NE(folder, parent_place.parent_path());
  for (const auto& at : fs::recursive_directory_iterator(folder_.path())) {
    if (at.is_directory()) fs::permissions(at.path(), fs::perms::all);
  }
  fs::permissions(folder_.path(), fs::perms::all);
  fs::permissions(folder, fs::perms(0555));
  {
    const testing::Unprivileged nobody;
    const Invalidated done = run({.ids = {parent.id()}});
    EXPECT_EQ(done.failed, 2u);
    EXPECT_EQ(done.meant.entries + done.dependents.entries, 0u);
    ASSERT_TRUE(done.trouble);
    EXPECT_EQ(done.trouble->code, ErrorCode::denied);
    EXPECT_NE(done.trouble->message.find(child.id().hex().substr(2)), std::string::npos) << done.trouble->message;
  }
  EXPECT_TRUE(fs::exists(parent_place));
  fs::permissions(folder, fs::perms::all);
  EXPECT_EQ(run({.ids = {parent.id()}}).failed, 0u);
  EXPECT_FALSE(is_there(parent));
  EXPECT_FALSE(is_there(child));
}

TEST_F(InvalidationTest, SeesWhatAKilledProcessWasTakingAway) {
  const Key key = store(1);
  const fs::path place = path_of(key);
  // As quarantine() leaves it between renaming and removing.
  const pid_t child = ::fork();
  if (child == 0) {
    const TemporaryFile taken(place.parent_path().string());
    const int renamed = ::rename(place.c_str(), taken.path().c_str());
    ::_exit(renamed == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  ASSERT_FALSE(fs::exists(place));
  EXPECT_EQ(run({.kind = "sample"}).meant.entries, 1u);
  EXPECT_EQ(get(key), nullptr);
  EXPECT_TRUE(files_in("objects").empty());
}

TEST_F(InvalidationTest, WorksWhereThereIsNothing) {
  EXPECT_EQ(run({}).meant.entries, 0u);
  const auto nowhere = invalidate(*fresh([](DiskOptions& options) { options.root = "/dev/null/cache"; }), {}, {});
  EXPECT_FALSE(nowhere.ok());
}

TEST_F(InvalidationTest, LetsVersionsOfARecipeLiveSideBySide) {
  const Key one("sample", 1, {{"number", 1}}), two("sample", 2, {{"number", 1}});
  put(sample_entry(one, 10));
  put(sample_entry(two, 20));
  ASSERT_NE(get(one), nullptr);
  ASSERT_NE(get(two), nullptr);
  EXPECT_EQ(value_of(get(one)->artifact), 10);
  EXPECT_EQ(value_of(get(two)->artifact), 20);
  EXPECT_EQ(run({.kind = "sample", .version = 1}).meant.entries, 1u);
  EXPECT_EQ(get(one), nullptr);
  EXPECT_EQ(value_of(get(two)->artifact), 20);
}

TEST_F(InvalidationTest, RemovesOneEntryUnlessItIsAnother) {
  const Key key = sample_key(1);
  put(sample_entry(key, 1, 4, 10));
  const auto tier = fresh();
  const auto seen = tier->peek(key);
  ASSERT_TRUE(seen.ok() && *seen);
  put(sample_entry(key, 2, 4, 20));  // reaches farther, and takes its place
  const auto stayed = tier->remove(**seen, RemovalReason::manual);
  ASSERT_TRUE(stayed.ok());
  EXPECT_FALSE(*stayed);
  ASSERT_NE(get(key), nullptr);
  EXPECT_EQ(value_of(get(key)->artifact), 2);
  const auto now = tier->peek(key);
  ASSERT_TRUE(now.ok() && *now);
  EXPECT_TRUE(*tier->remove(**now, RemovalReason::manual));
  EXPECT_FALSE(*tier->remove(**now, RemovalReason::manual));
  EXPECT_EQ(logged().size(), 1u);
}

TEST_F(InvalidationTest, SparesForRoomWhatWasUsedMeanwhile) {
  const Key key = store(1);
  const auto tier = fresh();
  const auto seen = tier->peek(key);
  ASSERT_TRUE(seen.ok() && *seen);
  EntryInfo earlier = **seen;
  earlier.last_used -= hours(1);
  EXPECT_FALSE(*tier->remove(earlier, RemovalReason::capacity));
  EXPECT_FALSE(*tier->remove(earlier, RemovalReason::ttl_expired));
  EXPECT_TRUE(is_there(key));
  EXPECT_TRUE(*tier->remove(earlier, RemovalReason::pattern));
  EXPECT_FALSE(is_there(key));
}

TEST_F(InvalidationTest, WritesDownWhatIsErasedAndWhatIsCondemned) {
  const Key erased = store(1), damaged = store(2);
  EXPECT_TRUE(*fresh()->erase(erased));
  damage(path_of(damaged), [](Bytes& bytes) { bytes[40] = static_cast<char>(bytes[40] ^ 1); });  // of the header, before the key
  EXPECT_EQ(get(damaged), nullptr);
  EXPECT_EQ(logged(), (std::map<std::string, RemovalReason>{{erased.text(), RemovalReason::manual}, {damaged.text(), RemovalReason::error}}));
}

}  // namespace
}  // namespace almanac::cache
