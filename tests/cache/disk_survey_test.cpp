// The calls of the disk tier that look at many entries.

#include "disk_tier_fixture.hpp"
#include "varied_entry.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace almanac::cache {
namespace {

using DiskTierSurvey = DiskTierTest;

TEST_F(DiskTierSurvey, VisitsEveryValidEntryOnce) {
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    put(sample_entry(sample_key(i), i));
    keys.insert(sample_key(i).text());
  }
  damage(path_of(sample_key(7)), [](Bytes& bytes) { bytes[70] ^= 1; });
  keys.erase(sample_key(7).text());
  std::ofstream(path_of(sample_key(1)).parent_path() / "stray") << "x";
  std::set<std::string> seen;
  ASSERT_TRUE(fresh()->for_each([&](const EntryInfo& info) { return seen.insert(info.key.text()).second; }).ok());
  EXPECT_EQ(seen, keys);
  int calls = 0;
  ASSERT_TRUE(fresh()->for_each([&](const EntryInfo&) { return ++calls < 3; }).ok());
  EXPECT_EQ(calls, 3);
}

TEST_F(DiskTierSurvey, TellsAllThatTheHeaderSays) {
  const EntryPtr entry = varied_entry();
  put(entry);
  const auto info = *fresh()->peek(entry->key.id());
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->key, entry->key);
  EXPECT_EQ(info->facts.cost, entry->facts.cost);
  EXPECT_TRUE(identical(Artifact({}, info->attributes), Artifact({}, entry->artifact.attributes())));
  ASSERT_EQ(info->arrays.size(), 8u);
  EXPECT_EQ(info->arrays[0].name, "f64");
  EXPECT_EQ(info->arrays[0].type, Type::f64);
  EXPECT_EQ(info->arrays[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(info->arrays[0].bytes, 48u);
  EXPECT_EQ(info->path, path_of(entry->key));
  EXPECT_EQ(info->stored_bytes, fs::file_size(info->path));
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - info->last_used), std::chrono::hours(1));
  EXPECT_FALSE(fresh()->peek(Id::of("nobody"))->has_value());
}

TEST_F(DiskTierSurvey, ValidateFindsWhatIsWrongInPathOrder) {
  for (int i = 0; i < 6; ++i) put(sample_entry(sample_key(i), i, 100));
  const auto broken = [&](int i, const std::function<void(Bytes&)>& change) { damage(path_of(sample_key(i)), change); };
  broken(1, [](Bytes& bytes) { bytes.pop_back(); });
  broken(2, [](Bytes& bytes) { bytes[8] = 9; });
  broken(3, [](Bytes& bytes) { bytes[4100] ^= 1; });  // in the HDF5 structure, which get() does not read
  broken(4, [](Bytes& bytes) { bytes[4000] = 1; });   // in the user block, behind the header
  std::ofstream(path_of(sample_key(5)).parent_path() / "stray") << "x";
  std::uint64_t last = 0, all = 0;
  const auto findings = *fresh()->validate(false, [&](std::uint64_t done, std::uint64_t of) {
    EXPECT_EQ(done, ++last);
    all = of;
    return true;
  });
  EXPECT_EQ(last, 7u);
  EXPECT_EQ(all, 7u);
  ASSERT_EQ(findings.size(), 5u);
  EXPECT_TRUE(std::ranges::is_sorted(findings, {}, &Finding::path));
  const auto code_of = [&](const fs::path& path) { return std::ranges::find(findings, path, &Finding::path)->code; };
  EXPECT_EQ(code_of(path_of(sample_key(1))), ErrorCode::corrupt);
  EXPECT_EQ(code_of(path_of(sample_key(2))), ErrorCode::newer_format);
  EXPECT_EQ(code_of(path_of(sample_key(3))), ErrorCode::corrupt);
  EXPECT_EQ(code_of(path_of(sample_key(4))), ErrorCode::corrupt);
  EXPECT_TRUE(fs::exists(path_of(sample_key(1))));

  EXPECT_EQ(fresh()->validate(true, {})->size(), 5u);
  EXPECT_FALSE(fs::exists(path_of(sample_key(3))));
  EXPECT_TRUE(fresh()->validate(true, {})->empty());
  EXPECT_NE(get(sample_key(0)), nullptr);
}

TEST_F(DiskTierSurvey, ValidateFindsAnEntryInTheWrongPlace) {
  put(sample_entry(sample_key(2), 2));
  fs::create_directories(path_of(sample_key(1)).parent_path());
  fs::copy_file(path_of(sample_key(2)), path_of(sample_key(1)));
  const auto findings = *fresh()->validate(false, {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, ErrorCode::collision);
}

TEST_F(DiskTierSurvey, ValidateFindsALinkThatLeadsNowhere) {
  const fs::path place = path_of(sample_key(1));
  fs::create_directories(place.parent_path());
  fs::create_symlink(folder_.path() / "gone.h5", place);
  const auto findings = *fresh()->validate(false, {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, ErrorCode::foreign);
  ASSERT_EQ(fresh()->validate(true, {})->size(), 1u);
  EXPECT_FALSE(fs::is_symlink(place)) << "it is in quarantine";
  EXPECT_TRUE(fresh()->validate(true, {})->empty());
}

TEST_F(DiskTierSurvey, AnEmptyOrVanishedCacheIsValid) {
  const auto tier = fresh();
  EXPECT_TRUE(tier->validate(false, {})->empty());
  fs::remove_all(folder_.path() / "cache");
  EXPECT_TRUE(tier->validate(false, {})->empty());
  EXPECT_TRUE(tier->for_each([](const EntryInfo&) { return true; }).ok());
}

TEST_F(DiskTierSurvey, TagsAreEmptyFiles) {
  const Id id = sample_key(1).id();
  const auto tier = fresh();
  ASSERT_TRUE(tier->tag("photograph", id).ok());
  ASSERT_TRUE(tier->tag("photograph", id).ok());
  EXPECT_EQ(fs::file_size(folder_.path() / "cache" / "tags" / "photograph" / id.hex()), 0u);
  for (const std::string& wrong : {std::string(), std::string(".x"), std::string("a/b"), std::string(".."), std::string("ä"), std::string(65, 'x')}) {
    const Status tagged = tier->tag(wrong, id);
    ASSERT_FALSE(tagged.ok()) << wrong;
    EXPECT_EQ(tagged.error().code, ErrorCode::invalid_argument);
  }
}

// ---- which key a damaged file had

TEST_F(DiskTierSurvey, FindingsTellKeyAndCoverageByAValidHeader) {
  put(sample_entry(sample_key(1), 1, 100, 700));
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes.at(bytes.size() - 900) ^= 1; });
  const auto findings = *fresh()->validate(false, {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].key, sample_key(1));
  EXPECT_EQ(findings[0].coverage, 700);
  EXPECT_FALSE(findings[0].is_out_of_the_way);
}

TEST_F(DiskTierSurvey, FindingsTellTheKeyWhateverElseInTheHeaderIsBroken) {
  for (const std::size_t at : {0u, 8u, 12u, 16u, 20u, 24u, 32u, 40u, 48u, 150u}) {
    put(sample_entry(sample_key(1), 1));
    damage(path_of(sample_key(1)), [at](Bytes& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ 0x41); });
    const auto findings = *fresh()->validate(true, {});
    ASSERT_EQ(findings.size(), 1u) << at;
    EXPECT_EQ(findings[0].key, sample_key(1)) << at;
    EXPECT_EQ(findings[0].coverage, 0) << at;
    EXPECT_TRUE(findings[0].is_out_of_the_way) << at;
  }
}

TEST_F(DiskTierSurvey, FindingsTellNoKeyThatIsNotTheOneOfThePlace) {
  put(sample_entry(sample_key(1), 1));
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[56] = static_cast<char>(bytes[56] ^ 1); });  // in the text itself
  put(sample_entry(sample_key(2), 2));
  fs::create_directories(path_of(sample_key(3)).parent_path());
  fs::copy_file(path_of(sample_key(2)), path_of(sample_key(3)));
  const auto findings = *fresh()->validate(false, {});
  ASSERT_EQ(findings.size(), 2u);
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.key.has_value()) << finding.path;
    EXPECT_EQ(finding.coverage, 0);
  }
}

// ---- what is out of place, and what changes meanwhile

TEST_F(DiskTierSurvey, WhatHasNoEntrysNameIsMovedOutOfTheWayOnlyWhenAsked) {
  put(sample_entry(sample_key(1), 1));
  const fs::path objects = folder_.path() / "cache" / "objects";
  const fs::path folder = path_of(sample_key(1)).parent_path();
  std::ofstream(folder / "stray") << "x";
  std::ofstream(folder / "a name; with $(things) in it") << "x";
  std::ofstream(objects / "file") << "x";
  fs::create_directories(folder / "inside" / "further");
  fs::create_directories(objects / "elsewhere");
  std::ofstream(objects / "elsewhere" / "thing") << "x";
  fs::create_symlink("nowhere", folder / "link");

  const auto found = *fresh()->validate(false, {});
  EXPECT_EQ(found.size(), 6u);
  EXPECT_TRUE(std::ranges::is_sorted(found, {}, &Finding::path));
  for (const Finding& finding : found) {
    EXPECT_EQ(finding.code, ErrorCode::foreign);
    EXPECT_FALSE(finding.is_out_of_the_way);
    EXPECT_NE(fs::symlink_status(finding.path).type(), fs::file_type::not_found);
  }
  EXPECT_TRUE(files_in("quarantine").empty());

  const auto moved = *fresh()->validate(true, {});
  EXPECT_EQ(moved.size(), 6u);
  for (const Finding& finding : moved) EXPECT_TRUE(finding.is_out_of_the_way) << finding.path;
  EXPECT_TRUE(warnings_.empty()) << "the findings say it: " << warnings_[0];
  EXPECT_TRUE(fresh()->validate(true, {})->empty());
  EXPECT_NE(get(sample_key(1)), nullptr);
  EXPECT_FALSE(files_in("quarantine").empty());
}

TEST_F(DiskTierSurvey, AFileInThePlaceOfAFolderIsMovedOutOfTheWay) {
  const fs::path folder = path_of(sample_key(1)).parent_path();
  fs::create_directories(folder.parent_path());
  std::ofstream(folder) << "x";
  EXPECT_FALSE(fresh()->put(sample_entry(sample_key(1), 1)).ok());
  EXPECT_EQ(fresh()->validate(true, {})->size(), 1u);
  EXPECT_TRUE(fresh()->put(sample_entry(sample_key(1), 1)).ok());
}

/// A folder that nobody can list, not even root.
void make_unlistable(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_symlink(folder.filename(), folder);
}

TEST_F(DiskTierSurvey, AFolderThatCannotBeListedHidesNothingElse) {
  for (int i = 0; i < 12; ++i) put(sample_entry(sample_key(i), i));
  const fs::path first = path_of(sample_key(3)).parent_path(), second = path_of(sample_key(8)).parent_path();
  std::size_t there = 0;
  for (int i = 0; i < 12; ++i) {
    const fs::path folder = path_of(sample_key(i)).parent_path();
    there += folder != first && folder != second ? 1 : 0;
  }
  make_unlistable(first);
  make_unlistable(second);

  const auto tier = fresh();
  std::size_t seen = 0;
  for (const int errors : {2, 4}) {
    seen = 0;
    EXPECT_TRUE(tier->for_each([&](const EntryInfo&) { return ++seen > 0; }).ok());
    EXPECT_EQ(seen, there);
    EXPECT_EQ(tier->stats().errors, static_cast<std::uint64_t>(errors));
  }
  ASSERT_EQ(warnings_.size(), 1u) << "told once";
  EXPECT_NE(warnings_[0].find("cannot list"), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find(", nor 1 more; "), std::string::npos) << warnings_[0];

  warnings_.clear();
  damage(path_of(sample_key(0)), [](Bytes& bytes) { bytes.pop_back(); });
  for (const bool quarantine : {false, true}) {
    std::uint64_t last = 0;
    const auto findings = fresh()->validate(quarantine, [&](std::uint64_t done, std::uint64_t) { return (last = done) > 0; });
    ASSERT_TRUE(findings.ok()) << findings.error().message;
    ASSERT_EQ(findings->size(), 3u);
    EXPECT_EQ(last, there);
    std::set<fs::path> unlisted;
    for (const Finding& finding : *findings) {
      if (finding.code == ErrorCode::corrupt) continue;
      EXPECT_NE(finding.message.find("cannot list"), std::string::npos) << finding.message;
      EXPECT_FALSE(finding.is_out_of_the_way);
      unlisted.insert(finding.path);
    }
    EXPECT_EQ(unlisted, (std::set<fs::path>{first, second}));
    EXPECT_TRUE(warnings_.empty()) << warnings_[0];
  }
}

TEST_F(DiskTierSurvey, NamesOfSeveralLinesAreToldOnOne) {
  put(sample_entry(sample_key(1), 1));
  const fs::path folder = path_of(sample_key(1)).parent_path();
  std::ofstream(folder / "two\nlines\x1b[2J\x7f") << "x";
  ASSERT_EQ(fresh()->validate(true, {})->size(), 1u);
  for (const fs::path& file : files_in("quarantine")) {
    if (file.extension() != ".txt") continue;
    const Bytes bytes = bytes_of(file);
    const std::string reason(bytes.begin(), bytes.end());
    EXPECT_EQ(std::ranges::count(reason, '\n'), 3) << reason;
    EXPECT_NE(reason.find("two\\nlines\\x1b[2J\\x7f\n"), std::string::npos) << reason;
  }
  const auto broken_lines = [this](DiskOptions& options) { options.root = folder_ / "a\nb"; };
  ASSERT_TRUE(fresh(broken_lines)->put(sample_entry(sample_key(1), 1)).ok());
  damage(fresh(broken_lines)->path_of(sample_key(1).id()), [](Bytes& bytes) { bytes[100] ^= 1; });
  EXPECT_EQ(*fresh(broken_lines)->get(sample_key(1)), nullptr);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("/a\\nb/objects"), std::string::npos) << warnings_[0];
  EXPECT_EQ(warnings_[0].find('\n'), std::string::npos) << warnings_[0];
}

TEST_F(DiskTierSurvey, ValidateStopsWhenAsked) {
  for (int i = 0; i < 10; ++i) put(sample_entry(sample_key(i), i));
  std::uint64_t last = 0;
  EXPECT_TRUE(fresh()->validate(false, [&](std::uint64_t done, std::uint64_t) { return (last = done) < 4; }).ok());
  EXPECT_EQ(last, 4u);
}

TEST_F(DiskTierSurvey, WhatVanishesWhileItIsLookedAtIsNoTrouble) {
  for (int i = 0; i < 40; ++i) put(sample_entry(sample_key(i), i));
  const auto remove_all = [&] { fs::remove_all(folder_.path() / "cache" / "objects"); };
  const auto tier = fresh();
  const auto findings = tier->validate(true, [&](std::uint64_t done, std::uint64_t) {
    if (done == 5) remove_all();
    return true;
  });
  ASSERT_TRUE(findings.ok()) << findings.error().message;
  EXPECT_TRUE(findings->empty());
  for (int i = 0; i < 40; ++i) put(sample_entry(sample_key(i), i));
  int visited = 0;
  EXPECT_TRUE(tier->for_each([&](const EntryInfo&) {
                    if (++visited == 5) remove_all();
                    return true;
                  })
                  .ok());
  EXPECT_GE(visited, 5);
}

}  // namespace
}  // namespace almanac::cache
