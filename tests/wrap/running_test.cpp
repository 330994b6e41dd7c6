// How programs run behind `almanac wrap`, and what happens to them where something is wrong.

#include "wrapped_programs.hpp"

#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <fstream>

#include <signal.h>

namespace almanac::testing {
namespace {

namespace fs = std::filesystem;

class WrapRun : public WrapTest {
 protected:
  const Words planning{program("planning_double"), "one", "1", "measure"};

  void expect_line(const Outcome& outcome, const char* part) const {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }

  /// The program, moved under another prefix with these of its libraries; its path there.
  std::string moved_with(std::initializer_list<const char*> libraries, const char* under = "prefix") const {
    const fs::path prefix = folder_ / under, place = prefix / "lib" / "almanac";
    fs::remove_all(prefix);
    fs::create_directories(prefix / "bin");
    fs::create_directories(place);
    fs::copy_file(ALMANAC_PROGRAM, prefix / "bin" / "almanac");
    for (const char* library : libraries) fs::create_symlink(fs::path(ALMANAC_WRAP_LIBRARY_FILE).parent_path() / library, place / library);
    return (prefix / "bin" / "almanac").string();
  }

  /// Runs a program that writes these numbers where the library counts: planned, cached, measured, kept, own, estimated, passed, foreign,
  /// time_limited.
  Outcome counted(std::initializer_list<int> numbers) const {
    std::string bytes;
    for (const int number : numbers) bytes += "\\" + std::to_string(number) + "\\0\\0\\0\\0\\0\\0\\0";
    return almanac(wrapping({"/bin/sh", "-c", "printf \"$0\" | dd of=\"$ALMANAC_WRAP_COUNTS\" conv=notrunc 2>/dev/null", bytes}));
  }

  /// Runs a line of shell in the folder; $0 is the program, $1 … the words.
  Outcome shell(const std::string& line, Words words) const {
    words.insert(words.begin(), {"/bin/sh", "-c", "cd '" + folder_.path().string() + "' && " + line, ALMANAC_PROGRAM});
    return run_program(words, surroundings());
  }
};

TEST_F(WrapRun, TheExitCodeIsTheProgramsOwn) {
  EXPECT_EQ(wrap({program("leaving_program"), "exit", "7"}).outcome.exit_code, 7);
  EXPECT_EQ(wrap({program("leaving_program"), "raise", std::to_string(SIGKILL)}).outcome.exit_code, 128 + SIGKILL);
  expect_refusal(wrapping({"/nowhere/no_such_program"}), 2, {"no_such_program"});
}

TEST_F(WrapRun, SignalsGoOnToTheProgram) {
  // The program signals whoever started it, and waits for what comes of it.
  EXPECT_EQ(wrap({program("leaving_program"), "signal-parent", std::to_string(SIGTERM)}).outcome.exit_code, 128 + SIGTERM);
  EXPECT_EQ(wrap({program("leaving_program"), "signal-parent", std::to_string(SIGINT)}).outcome.exit_code, 128 + SIGINT);
}

TEST_F(WrapRun, OneLineSaysWhatWasPlanned) {
  expect_line(wrap(planning).outcome, "almanac: 1 FFTW plan: 1 measured");
  expect_line(wrap(planning).outcome, "almanac: 1 FFTW plan: 1 from the cache; ");
  expect_line(wrap({program("leaving_program"), "exit", "0"}).outcome, "no FFTW planning was seen");
  EXPECT_EQ(almanac({"wrap", "--quiet", "--", planning[0], "one", "1", "measure"}).err, "");
  const Outcome refused = almanac({"wrap", "--json", "--", planning[0]});
  EXPECT_EQ(refused.exit_code, 2);
  expect_line(refused, "--report");
}

TEST_F(WrapRun, OnlyWhoAsksForMoreThanTheCacheHasGetsAServer) {
  EXPECT_EQ(wrap({program("leaving_program"), "exit", "0"}).report.at("server"), false);
  EXPECT_EQ(wrap(planning).report.at("server"), true);
  const Wrapped warm = wrap(planning);
  EXPECT_EQ(warm.report.at("server"), false);
  EXPECT_EQ(warm["cached"], 1U) << warm.report;
}

TEST_F(WrapRun, AWarmProgramNeedsNoneOfTheOtherCommands) {
  wrap(planning);
  Words words = wrapping(planning);
  words.insert(words.begin(), moved_with({"libalmanac_fftw_wrap.so"}));
  EXPECT_EQ(run_program(words, surroundings()).exit_code, 0);
  EXPECT_EQ(report().at("cached"), 1U) << report();

  // Nor does one that plans what nobody has: it measures, and keeps that to itself.
  words.back() = "patient";
  const Outcome alone = run_program(words, surroundings());
  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_NE(value(alone.out, "plan"), "none");
  EXPECT_EQ(report().at("measured"), 1U) << report();
  EXPECT_EQ(report().at("kept"), 0U) << report();
  expect_line(alone, "1 measured and not kept: libalmanac_commands.so is not beside this program");
}

TEST_F(WrapRun, TheOtherCommandsOfAnotherVersionAreNotUsed) {
  const std::string moved = moved_with({"libalmanac_fftw_wrap.so"});
  const fs::path place = folder_ / "prefix" / "lib" / "almanac" / "libalmanac_commands.so";
  Words words = wrapping(planning);
  words.insert(words.begin(), moved);
  for (const auto& [other, why] : {std::pair<std::string, const char*>{program("libother_version.so"), "is not of this version: it is 0.0.0"},
                                   {ALMANAC_WRAP_LIBRARY_FILE, "is not of this version: it has no almanac_version"}}) {
    fs::remove(place);
    fs::create_symlink(other, place);
    const Outcome outcome = run_program({moved, "kinds"}, surroundings());
    EXPECT_EQ(outcome.exit_code, 3);
    expect_line(outcome, why);
    const Outcome alone = run_program(words, surroundings());
    EXPECT_EQ(alone.exit_code, 0);
    EXPECT_NE(value(alone.out, "plan"), "none");
    expect_line(alone, why);
    EXPECT_TRUE(entries().empty());
  }
}

TEST_F(WrapRun, WhateverIsMissingTheProgramIsRun) {
  const Words words{"wrap", "--", program("leaving_program"), "exit", "7"};
  Words bare = words;
  bare.insert(bare.begin(), moved_with({}));
  const Outcome without_library = run_program(bare, surroundings());
  EXPECT_EQ(without_library.exit_code, 7);
  expect_line(without_library, "left alone: libalmanac_fftw_wrap.so is not beside this program");

  auto nowhere = surroundings();
  nowhere.emplace_back("TMPDIR", "/nowhere");
  const Outcome without_folder = run_program(typed(words), nowhere);
  EXPECT_EQ(without_folder.exit_code, 7);
  expect_line(without_folder, "left alone: cannot make /nowhere/almanac-wrap-");
}

TEST_F(WrapRun, FoldersMayHaveBlanksAndColonsInTheirNames) {
  Words words = wrapping(planning);
  words.insert(words.begin(), moved_with({"libalmanac_fftw_wrap.so"}, "a prefix"));
  fs::copy_file(ALMANAC_WRAP_LIBRARY_FILE, folder_ / "a prefix" / "lib" / "almanac" / "copy");
  fs::rename(folder_ / "a prefix" / "lib" / "almanac" / "copy", folder_ / "a prefix" / "lib" / "almanac" / "libalmanac_fftw_wrap.so");
  for (const char* name : {"plain", "with blanks", "with:colons"}) {
    fs::create_directory(folder_ / name);
    auto there = surroundings();
    there.emplace_back("TMPDIR", (folder_ / name).string());
    const Outcome outcome = run_program(words, there);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(report().at("measured"), 1U) << outcome.err;
    EXPECT_TRUE(fs::is_empty(folder_ / name));
  }
}

TEST_F(WrapRun, WhatIsWrongOfACommandLineIsRefusedAsEver) {
  expect_refusal({"wrap", "--rigor", "patient", "--", "true"}, 2, {"--rigor requires --upgrade"});
  expect_refusal({"wrap", "--nonsense", "--", "true"}, 2, {"--nonsense"});
  expect_refusal({"wrap"}, 2, {"program is required"});
  expect_refusal({"ls", "wrap", "--", "echo", "run"}, 2, {"not expected"});
  expect_refusal({"--config", "/nowhere/settings", "wrap", "--", "true"}, 2, {"/nowhere/settings"});
  EXPECT_EQ(almanac({"--config", "/nowhere/settings", "wrap", "--report", "x", "--json", "--", "true"}).out.find("{\n  \"error\""), 0U);
  const Outcome help = almanac({"wrap", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("--upgrade"), std::string::npos) << help.out;
  EXPECT_NE(almanac({"--help"}).out.find("wrap"), std::string::npos);
}

TEST_F(WrapRun, TheProgramsWordsAreItsOwn) {
  const Words odd{"[a,b]", "[]", "", "[ 1 = 1 ]", "-n", "--json", "--help", "--", "wrap", "run", "'\"", "a,b", "--report=x"};
  std::string expected;
  for (const std::string& word : odd) expected += '<' + word + '>';
  const Words printing{"/bin/sh", "-c", "printf '<%s>' \"$@\"", "sh"};
  for (const Words& front : {Words{"wrap", "--"}, Words{"wrap"}, Words{"--quiet", "wrap", "--rigor", "patient", "--upgrade"}}) {
    Words words = front;
    words.insert(words.end(), printing.begin(), printing.end());
    words.insert(words.end(), odd.begin(), odd.end());
    const Outcome outcome = almanac(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, expected);
  }
  EXPECT_EQ(almanac({"wrap", "--", "/bin/sh", "-c", "[ 1 = 1 ]"}).exit_code, 0);
  EXPECT_EQ(almanac({"wrap", "--", "/bin/sh", "-c", "[ 1 = 2 ]"}).exit_code, 1);
  // Nor do they ask us for anything, where ours are refused.
  expect_refusal({"wrap", "--nonsense", "--", "true", "--json"}, 2, {"--nonsense"});
  expect_refusal({"wrap", "--"}, 2, {"program is required"});
  expect_refusal({"wrap", "--", ""}, 2, {"there is no such program"});
}

TEST_F(WrapRun, WithoutTheOtherCommandsTheyFailAsOthersDo) {
  const std::string bare = moved_with({});
  const Outcome outcome = run_program({bare, "--json", "ls"}, surroundings());
  EXPECT_EQ(outcome.exit_code, 3);
  expect_line(outcome, "libalmanac_commands.so is not beside this program");
  EXPECT_EQ(outcome.out.find("{\n  \"error\""), 0U) << outcome.out;
  EXPECT_EQ(run_program({bare, "ls"}, surroundings()).out, "");
}

TEST_F(WrapRun, SettingsHoldForThePlansThatAreKept) {
  std::ofstream(folder_ / "almanac.toml") << "cache_dir = '" << (folder_ / "elsewhere").string() << "'\n";
  const Words words{"--config", (folder_ / "almanac.toml").string(), "wrap", "--report", (folder_ / "report.json").string(), "--",
                    planning[0], "one", "1", "measure"};
  for (const char* where : {"measured", "cached"}) {
    const Outcome outcome = run_program(typed(words), {{"HOME", folder_.path().string()}});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(report().at(where), 1U) << report();
  }
  EXPECT_TRUE(fs::exists(folder_ / "elsewhere" / "objects"));
  EXPECT_TRUE(entries().empty());
}

TEST_F(WrapRun, SettingsAreReadOnceForAProgram) {
  // Who has changed them meanwhile has changed them for the next.
  for (const char* text : {"nonsense = [", "cache_dir = 'there'\ndisk = false"}) {
    std::ofstream(folder_ / "settings") << "cache_dir = 'here'\n";
    fs::remove_all(folder_ / "here");
    const std::string line = std::string("printf '%s' \"") + text + "\" > settings; exec \"$0\" \"$@\"";
    const Outcome outcome = run_program({"/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder_.path().string(), ALMANAC_PROGRAM, "--config", "settings",
                                         "wrap", "--report", "report.json", "--", "/bin/sh", "-c", line, planning[0], "one", "1", "measure"},
                                        {{"HOME", folder_.path().string()}});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(report().at("kept"), 1U) << outcome.err;
    EXPECT_TRUE(fs::exists(folder_ / "here" / "objects"));
    EXPECT_FALSE(fs::exists(folder_ / "there"));
  }
}

TEST_F(WrapRun, StandardStreamsThatAreClosedStayClosed) {
  const std::string look = "for place in 0 1 2; do [ ! -e /proc/$$/fd/$place ] || echo $place; done";
  const Outcome looking = shell("exec \"$0\" \"$@\" <&- 2>&-", wrapping({"/bin/sh", "-c", look}));
  EXPECT_EQ(looking.exit_code, 0);
  EXPECT_EQ(looking.out, "1\n");
  const Outcome planned = shell("exec \"$0\" \"$@\" <&- >&- 2>&-", wrapping(planning));
  EXPECT_EQ(planned.exit_code, 0);
  EXPECT_EQ(report().at("kept"), 1U) << report();
}

TEST_F(WrapRun, AReportThatCannotBeWrittenIsSaidBeforeTheProgramRuns) {
  const fs::path place = folder_ / "place";
  fs::create_directory(place);
  for (const std::string& report : {place.string(), (place / "none" / "report").string(), std::string("/dev/null/report")}) {
    expect_refusal({"wrap", "--report", report, "--", "/bin/sh", "-c", "echo run"}, 3, {"cannot write", report.c_str()});
  }
  const Outcome late = almanac({"wrap", "--report", (place / "report").string(), "--", "/bin/sh", "-c", "rm -r \"$0\"; exit 7", place.string()});
  EXPECT_EQ(late.exit_code, 7);
  expect_line(late, "almanac: warning: cannot write ");
}

TEST_F(WrapRun, OneLineSaysWhyPlansAreWhatTheyAre) {
  expect_line(counted({2, 0, 0, 0, 0, 2, 0}), "almanac: 2 FFTW plans: 2 estimated\n");
  expect_line(counted({2, 0, 1, 1, 0, 2, 0}), "almanac: 2 FFTW plans: 2 estimated (1 could not be upgraded)\n");
  EXPECT_EQ(report().at("measured"), 0U);
  expect_line(counted({1, 0, 0, 0, 0, 0, 1, 1}), "1 passed on (not FFTW 3.3: its wisdom cannot be used)\n");
  expect_line(counted({1, 0, 0, 0, 0, 0, 1, 0, 1}), "1 passed on (the program limits the planner's time: what it measures is not kept)\n");
  expect_line(counted({2, 0, 0, 0, 0, 0, 2, 0, 1}), "not kept; problems, flags or solvers that wisdom is not kept for)\n");
  expect_line(counted({2, 0, 0, 0, 0, 1, 1, 1, 1}), "1 passed on (not FFTW 3.3: its wisdom cannot be used)\n");
  expect_line(counted({1, 0, 1, 0}), "1 measured and not kept: what FFTW tells of them does not suffice to plan them again\n");
  expect_line(counted({1, 0, 1, 1}), "1 measured and not kept: the cache did not take what was measured\n");
}

TEST_F(WrapRun, ProgramsThatTheProgramStartsAreServedToo) {
  const fs::path script = folder_ / "script";
  const std::string one = "'" + planning[0] + "' one 1 measure";
  std::ofstream(script) << "#!/bin/sh\n" << one << "; " << one << "\n";
  fs::permissions(script, fs::perms::owner_all);
  const Wrapped wrapped = wrap({script.string()});
  EXPECT_EQ(wrapped["measured"], 1U) << wrapped.report;
  EXPECT_EQ(wrapped["cached"], 1U) << wrapped.report;
}

TEST_F(WrapRun, OurLibrariesAreFoundWithoutProcAndThroughTheLoader) {
#if defined(ALMANAC_ADDRESS_SANITIZER) || defined(ALMANAC_THREAD_SANITIZER)
  GTEST_SKIP() << "the sanitizer's runtime wants /proc";
#endif
  // What lies about in the working folder is none of ours.
  fs::create_directories(folder_ / "lib" / "almanac");
  fs::create_symlink(program("libother_version.so"), folder_ / "lib" / "almanac" / "libalmanac_commands.so");
  fs::create_symlink(ALMANAC_PROGRAM, folder_ / "linked");
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  for (const std::string& started : {std::string(ALMANAC_PROGRAM), std::string("./linked")}) {
    const std::string kinds = "'" + started + "' kinds";
    const Outcome bare = run_program({"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                                      "mount -t tmpfs tmpfs /proc || exit 77; cd '" + folder_.path().string() + "' && exec " + kinds},
                                     surroundings());
    if (bare.exit_code == 0 || bare.err.find("almanac") != std::string::npos) {  // else nothing can be mounted here
      EXPECT_NE(bare.out.find("fft_wisdom"), std::string::npos) << bare.err;
    }
    if (!fs::exists(loader)) continue;
    const Outcome through = run_program({"/bin/sh", "-c", "cd '" + folder_.path().string() + "' && exec " + loader + ' ' + kinds}, surroundings());
    EXPECT_EQ(through.exit_code, 0) << through.err;
    EXPECT_NE(through.out.find("fft_wisdom"), std::string::npos) << through.err;
  }
}

TEST_F(WrapRun, AStaticProgramIsLeftAlone) {
  const Wrapped wrapped = wrap({program("static_program"), "exit", "3"});
  EXPECT_EQ(wrapped.outcome.exit_code, 3);
  expect_line(wrapped.outcome, "the program was left alone: it is linked statically");
}

TEST_F(WrapRun, ASetuidProgramIsLeftAlone) {
  const fs::path copy = folder_ / "setuid_program";
  fs::copy_file(program("leaving_program"), copy);
  fs::permissions(copy, fs::perms::owner_all | fs::perms::set_uid);
  if ((fs::status(copy).permissions() & fs::perms::set_uid) == fs::perms::none) GTEST_SKIP() << "no setuid files here";
  const Wrapped wrapped = wrap({copy.string(), "exit", "3"});
  EXPECT_EQ(wrapped.outcome.exit_code, 3);
  expect_line(wrapped.outcome, "left alone: it is setuid");
}

TEST_F(WrapRun, AProgramWithAnotherDynamicLoaderIsLeftAlone) {
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  std::string image = contents(program("leaving_program"));
  const std::size_t place = image.find(loader);
  if (place == std::string::npos) GTEST_SKIP() << "programs name another loader here";
  image.replace(place, loader.size(), std::string("loader").append(loader.size() - 6, '\0'));
  std::ofstream(folder_ / "other", std::ios::binary) << image;
  fs::permissions(folder_ / "other", fs::perms::owner_all);

  fs::create_symlink(loader, folder_ / "loader");
  const Outcome same = shell("exec \"$0\" \"$@\"", wrapping({"./other", "exit", "3"}));
  EXPECT_EQ(same.exit_code, 3) << same.err;
  expect_line(same, "no FFTW planning was seen");

  fs::remove(folder_ / "loader");
  fs::copy_file(loader, folder_ / "loader");
  const Outcome other = shell("exec \"$0\" \"$@\"", wrapping({"./other", "exit", "3"}));
  EXPECT_EQ(other.exit_code, 3) << other.err;
  expect_line(other, "left alone: it has another dynamic loader (loader)");
}

TEST_F(WrapRun, WhatStartsWithEveryProgramNeedsTheCLibraryOnly) {
#if defined(ALMANAC_ADDRESS_SANITIZER) || defined(ALMANAC_THREAD_SANITIZER)
  const Words built{ALMANAC_WRAP_LIBRARY_FILE};  // the program has its sanitizer's runtime, and the C++ library with it
#else
  const Words built{ALMANAC_WRAP_LIBRARY_FILE, ALMANAC_PROGRAM};
#endif
  for (const std::string& file : built) {
    const Outcome outcome = run_program({ALMANAC_READELF, "--dynamic", "--wide", file});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    std::size_t needed = 0;
    for (const std::string& line : lines(outcome.out)) {
      if (line.find("(NEEDED)") == std::string::npos) continue;
      ++needed;
      const bool is_allowed = std::ranges::any_of(std::array{"[libc.so", "[libm.so", "[libdl.so", "[ld-linux"},
                                                  [&](const char* name) { return line.find(name) != std::string::npos; });
      EXPECT_TRUE(is_allowed) << file << line;
    }
    EXPECT_GE(needed, 1U);
    EXPECT_EQ(outcome.out.find("RUNPATH"), std::string::npos);
  }
}

TEST_F(WrapRun, ACacheThatCannotBeUsedCostsAWarning) {
  const Outcome outcome = almanac({"--cache-dir", "/dev/null/cache", "wrap", "--", planning[0], "one", "1", "measure"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(value(outcome.out, "plan"), "none");
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 2) << outcome.err;
  expect_line(outcome, "1 measured and not kept: the cache did not take what was measured");
}

TEST_F(WrapRun, ADamagedEntryIsMeasuredAnew) {
  wrap(planning);
  for (const bool is_cut : {true, false}) {
    ASSERT_EQ(entries().size(), 1U);
    const fs::path entry = entries().front();
    fs::permissions(entry, fs::perms::owner_all);
    if (is_cut) {
      fs::resize_file(entry, fs::file_size(entry) / 2);
    } else {
      const std::size_t bundle = contents(entry).rfind("fftw_codelet");
      ASSERT_NE(bundle, std::string::npos);
      std::fstream(entry, std::ios::in | std::ios::out | std::ios::binary).seekp(static_cast<std::streamoff>(bundle)).put('g');
    }
    const Wrapped mended = wrap(planning);
    EXPECT_EQ(mended["measured"], 1U) << mended.report;
    expect_line(mended.outcome, "quarantine");
    EXPECT_EQ(wrap(planning)["cached"], 1U);
  }
}

TEST_F(WrapRun, ABundleThatPlansNothingIsReplaced) {
  wrap(planning);
  for (const bool is_cut : {true, false}) {
    {
      cache::DiskTier tier({.root = folder_ / "cache", .producer = {"test", "none"}});
      std::optional<cache::Key> key;
      ASSERT_TRUE(tier.for_each([&](const cache::EntryInfo& info) { key = info.key; return false; }));
      const auto entry = tier.get(*key);
      ASSERT_TRUE(entry && *entry);
      const auto bytes = (*entry)->artifact.at("wisdom").as<std::uint8_t>();
      std::vector<std::uint8_t> other(bytes.begin(), bytes.end());
      if (is_cut) {
        other.resize(other.size() / 2);
      } else {
        // Sound wisdom, and not of this problem: only the first record's hash differs.
        const auto digit = std::find(other.begin(), other.end(), ')') - 1;
        *digit = *digit == '0' ? '1' : '0';
      }
      const auto size = static_cast<std::int64_t>(other.size());
      ASSERT_TRUE(tier.replace(std::make_shared<const cache::Entry>(
          cache::Entry{*key, cache::Artifact({cache::Array::of("wisdom", {size}, std::move(other))}), (*entry)->facts})));
    }
    const Wrapped mended = wrap(planning);
    EXPECT_EQ(mended["measured"], 1U) << mended.report;
    EXPECT_NE(value(mended.outcome.out, "plan"), "none");
    EXPECT_EQ(wrap(planning)["cached"], 1U) << report();
  }
}

TEST_F(WrapRun, TheLibraryAloneChangesNothing) {
  // As in a program that was given its own environment, but kept what is loaded into it.
  const std::string library = (folder_ / "library.so").string();  // the loader takes no name with a blank
  fs::create_symlink(ALMANAC_WRAP_LIBRARY_FILE, library);
  for (const Words& words : {planning, Words{program("planning_double"), "export"}, Words{program("loading_program"), ALMANAC_FFTW_LIBRARY}}) {
    const Outcome outcome = run_program(words, {{"LD_PRELOAD", library}});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out.find("no"), std::string::npos) << outcome.out;
  }
}

TEST_F(WrapRun, AlmanacItselfPlansAsEver) {
#ifdef ALMANAC_ADDRESS_SANITIZER
  GTEST_SKIP() << "the sanitizer's runtime must be the first library of its programs";
#endif
  // Its engine holds the lease of what it measures: nobody else is to wait for that on its behalf.
  const Wrapped wrapped = wrap({ALMANAC_PROGRAM, "get", "fft_wisdom", "extent=24x30", "--format", "json"});
  EXPECT_EQ(wrapped.outcome.exit_code, 0) << wrapped.outcome.err;
  EXPECT_GT(wrapped["passed_on"], 0U) << wrapped.report;
  EXPECT_EQ(wrapped["passed_on"] + wrapped["estimated"], wrapped["planned"]) << wrapped.report;
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(WrapRun, AProgramOutlivesItsParent) {
  const Outcome outcome = almanac(wrapping({program("planning_double"), "orphan"}));
  EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
  EXPECT_NE(value(outcome.out, "orphan"), "none");
  EXPECT_NE(value(outcome.out, "orphan"), "no line orphan");
  EXPECT_TRUE(entries().empty());
}

}  // namespace
}  // namespace almanac::testing
