// Artifacts that go from cache to cache as files, and processes that wait for each other.

#include "command_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include <sys/stat.h>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class Exchange : public testing::CommandLineTest {
 protected:
  Words elsewhere(Words words) const {
    words.insert(words.end(), {"--cache-dir", folder_ / "elsewhere"});
    return words;
  }
};

TEST_F(Exchange, AnExportedFileIsTheEntryByteForByte) {
  const json made = document({"export", "fractional_kernel", "alpha=0.5", "n=5000", "--output", folder_ / "kernel.h5"});
  EXPECT_EQ(made["source"], "computed");
  EXPECT_EQ(made["key"], "fractional_kernel@1{alpha=0.5}");
  ASSERT_EQ(entries().size(), 1U) << "what was computed for it is kept";
  EXPECT_EQ(contents(folder_ / "kernel.h5"), contents(entries()[0]));
  EXPECT_EQ(made["bytes"], fs::file_size(folder_ / "kernel.h5"));

  const json again = document({"export", "fractional_kernel", "alpha=0.5", "n=2", "-o", folder_ / "again.h5"});
  EXPECT_EQ(again["source"], "disk");
  const json by_id = document({"export", made["id"].get<std::string>(), "-o", folder_ / "id.h5"});
  EXPECT_EQ(by_id["key"], made["key"]);
  EXPECT_EQ(contents(folder_ / "again.h5"), contents(folder_ / "kernel.h5"));
  EXPECT_EQ(contents(folder_ / "id.h5"), contents(folder_ / "kernel.h5"));
  EXPECT_EQ(almanac({"export", "fractional_kernel", "alpha=0.5", "-o", "/dev/stdout"}).out, contents(folder_ / "kernel.h5"));
  const Outcome piped = testing::run_program(
      {"/bin/sh", "-c", "\"$0\" export fractional_kernel alpha=0.5 -o /dev/stdout | cat", ALMANAC_PROGRAM}, surroundings());
  EXPECT_EQ(piped.out, contents(folder_ / "kernel.h5"));
}

TEST_F(Exchange, WhatIsDamagedIsAFindingUntilItIsMadeAnew) {
  const Words kernel{"fractional_kernel", "alpha=0.5"};
  const auto with = [&](const char* command, Words more = {}) {
    Words words{command};
    words.insert(words.end(), kernel.begin(), kernel.end());
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  EXPECT_NE(almanac(with("info")).err.find("fractional_kernel alpha=0.5: not in the cache"), std::string::npos);
  const std::string id = document(with("export", {"-o", folder_ / "sound.h5"}))["id"];
  const fs::path file = entries().at(0);
  fs::permissions(file, fs::perms::owner_all);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "torn";
  const Outcome damaged = almanac(with("info"));
  EXPECT_EQ(damaged.exit_code, 1);
  for (const char* part : {"damaged, ", file.c_str(), "made anew when it is next asked for"}) EXPECT_NE(damaged.err.find(part), std::string::npos) << part;
  expect_refusal({"info", id}, 1, {"damaged, "});
  expect_refusal({"export", id, "-o", folder_ / "b.h5"}, 1, {"damaged, "});
  EXPECT_FALSE(document(with("info"), 1)["stored"]);
  EXPECT_EQ(almanac({"validate"}).exit_code, 1);
  EXPECT_EQ(document(with("export", {"-o", folder_ / "a.h5"}))["source"], "computed");
  EXPECT_EQ(almanac(with("info")).exit_code, 0);
}

TEST_F(Exchange, SoIsWhatMayNotBeRead) {
  const auto run = [&](Words words) {
    words = typed(std::move(words));
    // For root there is nothing that may not be read.
    if (geteuid() == 0) words.insert(words.begin(), {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return testing::run_program(words, surroundings());
  };
  ASSERT_TRUE(geteuid() != 0 || chown(folder_.path().c_str(), 65534, 65534) == 0);
  if (run({"--version"}).exit_code != 0) GTEST_SKIP() << "nobody may not run the program here";
  ASSERT_EQ(run({"export", "fractional_kernel", "alpha=0.5", "-o", folder_ / "a.h5"}).exit_code, 0);
  const std::string id = json::parse(run({"info", "fractional_kernel", "alpha=0.5", "--json"}).out)["id"];
  const fs::path file = entries().at(0);
  fs::permissions(file, fs::perms::none);
  for (const Words& words : {Words{"info", "fractional_kernel", "alpha=0.5"}, Words{"info", id}, Words{"export", id, "-o", folder_ / "b.h5"}}) {
    const Outcome told = run(words);
    EXPECT_EQ(told.exit_code, 1) << told.err;
    EXPECT_NE(told.err.find("unreadable (denied), "), std::string::npos) << told.err;
  }
  EXPECT_EQ(run({"validate"}).exit_code, 1) << "as there";
  const Outcome healed = run({"export", "fractional_kernel", "alpha=0.5", "-o", folder_ / "c.h5", "--json"});
  EXPECT_EQ(healed.exit_code, 0) << healed.err;
  EXPECT_EQ(json::parse(healed.out)["source"], "computed");
  EXPECT_EQ(run({"info", id}).exit_code, 0);
  EXPECT_EQ(run({"validate"}).exit_code, 0);
}

TEST_F(Exchange, StandardOutputThatIsAFileKeepsWhatOthersWriteToIt) {
  const std::string kernel = "fractional_kernel alpha=0.5";
  const std::string numbers = almanac({"get", "fractional_kernel", "alpha=0.5", "n=2"}).out;
  almanac({"export", "fractional_kernel", "alpha=0.5", "-o", folder_ / "kernel.h5"});
  for (const std::string name : {"-", "/dev/stdout"}) {
    const std::string file = folder_ / "all";
    testing::run_program({"/bin/sh", "-c",
                          "{ echo before; \"$0\" get " + kernel + " n=2 -o " + name + "; \"$0\" export " + kernel + " -o " + name +
                              "; echo behind; } > " + file,
                          ALMANAC_PROGRAM},
                         surroundings());
    EXPECT_TRUE(contents(file) == "before\n" + numbers + contents(folder_ / "kernel.h5") + "behind\n") << name;
  }
  EXPECT_FALSE(fs::exists("-"));
}

TEST_F(Exchange, AnExportIsWholeOrNotAtAll) {
  std::ofstream(folder_ / "there.h5") << "as it was";
  EXPECT_EQ(almanac({"export", "0123456789abcdef0123456789abcdef", "-o", folder_ / "there.h5"}).exit_code, 1);
  expect_refusal({"export", "kernel", "alpha=1", "-o", folder_ / "there.h5"}, 2, {"unknown kind 'kernel'"});
  expect_refusal({"export", "fractional_kernel", "alpha=9", "-o", folder_ / "there.h5"}, 2, {"alpha = 9", "[-2, 4]"});
  expect_refusal({"export", "fractional_kernel", "alpha=1"}, 2, {"--output"});
  expect_refusal({"export", "fractional_kernel", "alpha=1", "-o", "/nonexistent/folder/x"}, 3, {"/nonexistent/folder/"});
  expect_refusal({"export", "fractional_kernel", "alpha=1", "-o", folder_.path()}, 3, {"folder"});
  EXPECT_EQ(contents(folder_ / "there.h5"), "as it was");
  EXPECT_EQ(almanac({"export", "fractional_kernel", "alpha=1", "-o", folder_ / "there.h5"}).exit_code, 0);
  EXPECT_EQ(contents(folder_ / "there.h5").substr(0, 8), contents(entries().at(0)).substr(0, 8));
  for (const auto& file : fs::directory_iterator(folder_.path())) EXPECT_FALSE(file.path().filename().string().starts_with(".there"));
}

TEST_F(Exchange, ATornEntryIsNotExportedButMadeAgain) {
  almanac({"get", "fractional_kernel", "alpha=0.5", "-o", folder_ / "x"});
  const std::string sound = contents(entries().at(0));
  const std::string id = document({"info", "fractional_kernel", "alpha=0.5"})["id"];
  flip(entries()[0]);
  EXPECT_EQ(document({"export", "fractional_kernel", "alpha=0.5", "-o", folder_ / "a.h5"})["source"], "computed");
  EXPECT_EQ(contents(folder_ / "a.h5").size(), sound.size());
  EXPECT_EQ(almanac({"validate"}).exit_code, 0);
  flip(entries()[0]);
  const Outcome outcome = almanac({"export", id, "-o", folder_ / "b.h5"});
  EXPECT_EQ(outcome.exit_code, 1) << "nobody can tell from an id how it is made";
  EXPECT_NE(outcome.err.find("corrupt"), std::string::npos) << outcome.err;
  EXPECT_FALSE(fs::exists(folder_ / "b.h5"));
}

TEST_F(Exchange, ImportTakesWhatExportGaveAndTheFirstStays) {
  almanac({"export", "fractional_kernel", "alpha=0.5", "-o", folder_ / "kernel.h5"});
  almanac({"export", "laplacian", "extent=16", "-o", folder_ / "laplacian.h5"});
  const json first = document(elsewhere({"import", folder_ / "kernel.h5", folder_ / "laplacian.h5"}));
  EXPECT_EQ(first["imported"], 2);
  EXPECT_EQ(first["files"][0]["key"], "fractional_kernel@1{alpha=0.5}");
  const json second = document(elsewhere({"import", folder_ / "kernel.h5"}));
  EXPECT_EQ(second["imported"], 0);
  EXPECT_EQ(second["already_there"], 1);
  EXPECT_EQ(second["files"][0]["result"], "already there");
  EXPECT_EQ(document(elsewhere({"get", "fractional_kernel", "alpha=0.5", "-o", folder_ / "w.csv"}))["source"], "disk");
  EXPECT_EQ(document(elsewhere({"ls"})).size(), 2U);
  EXPECT_EQ(almanac(elsewhere({"validate", "--recompute", "1"})).exit_code, 0);
}

TEST_F(Exchange, WhatIsNotSoundIsRefusedWithTheReasonAndTheRestIsTaken) {
  almanac({"export", "fractional_kernel", "alpha=0.5", "-o", folder_ / "sound.h5"});
  fs::copy_file(folder_ / "sound.h5", folder_ / "flipped.h5");
  flip(folder_ / "flipped.h5");
  almanac({"get", "laplacian", "extent=8", "--format", "h5", "-o", folder_ / "plain.h5"});
  std::ofstream(folder_ / "text.h5") << "no HDF5 file at all";
  const json report = document(elsewhere({"import", folder_ / "flipped.h5", folder_ / "plain.h5", folder_ / "text.h5", folder_ / "none.h5",
                                          folder_.path(), folder_ / "sound.h5"}),
                               2);
  EXPECT_EQ(report["imported"], 1);
  EXPECT_EQ(report["refused"], 5);
  const auto reason = [&](std::size_t file) { return report["files"][file]["reason"].get<std::string>(); };
  EXPECT_EQ(reason(0), "corrupt");
  EXPECT_EQ(reason(1), "foreign") << "for handing on, it is no entry";
  EXPECT_EQ(reason(2), "foreign");
  EXPECT_EQ(reason(3), "missing");
  EXPECT_EQ(reason(4), "foreign");
  EXPECT_EQ(report["files"][5]["result"], "imported");
  const Outcome told = almanac(elsewhere({"import", folder_ / "flipped.h5"}));
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_NE(told.out.find("refused"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("corrupt: "), std::string::npos) << told.out;
  EXPECT_EQ(document(elsewhere({"ls"})).size(), 1U);
  EXPECT_TRUE(fs::exists(folder_ / "flipped.h5")) << "other people's files are left alone";
  std::ofstream(folder_ / "elsewhere2") << "in the way";
  expect_refusal({"import", folder_ / "sound.h5", "--cache-dir", folder_ / "elsewhere2"}, 3, {"elsewhere2"});
}

/// Whether a process catches Ctrl-C and sleeps: what it waits for is somebody else's.
bool waits_for_somebody(int process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  bool sleeps = false, catches = false;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) sleeps = line.find("S (sleeping)") != std::string::npos;
    if (line.starts_with("SigCgt:")) catches = (std::stoull(line.substr(8), nullptr, 16) >> (SIGINT - 1) & 1U) != 0;
  }
  return sleeps && catches;
}

TEST_F(Exchange, ImportReadsPipesAndStandardInputToTheirEnd) {
  almanac({"export", "fractional_kernel", "alpha=0.5", "n=20000", "-o", folder_ / "kernel.h5"});
  almanac({"export", "laplacian", "extent=16", "-o", folder_ / "laplacian.h5"});
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto shell = [&](const std::string& line) {
    return testing::run_program({"/bin/sh", "-c", "cd '" + folder_.path().string() + "'; " + line, ALMANAC_PROGRAM}, surroundings());
  };
  const Outcome both = shell("cat laplacian.h5 > pipe & cat kernel.h5 | \"$0\" import --cache-dir elsewhere --json - pipe; code=$?; wait; exit $code");
  EXPECT_EQ(both.exit_code, 0) << both.err << both.out;
  const json report = json::parse(both.out);
  EXPECT_EQ(report["imported"], 2);
  EXPECT_EQ(report["files"][0]["file"], "-");
  EXPECT_EQ(report["files"][1]["key"], "laplacian@1{boundary=periodic;extent=16;order=2;spacing=1}");
  EXPECT_EQ(almanac(elsewhere({"validate"})).exit_code, 0);
  EXPECT_EQ(shell("\"$0\" import --cache-dir elsewhere /dev/stdin < kernel.h5").exit_code, 0);

  const Outcome torn = shell("head -c 5000 kernel.h5 | \"$0\" import --cache-dir third --json -");
  EXPECT_EQ(torn.exit_code, 2);
  EXPECT_EQ(json::parse(torn.out)["files"][0]["reason"], "corrupt") << torn.out;
  EXPECT_EQ(torn.out.find("/proc/"), std::string::npos) << torn.out;
  EXPECT_EQ(json::parse(shell("\"$0\" import --cache-dir third --json - < /dev/null").out)["files"][0]["reason"], "corrupt");
  for (const auto& at : fs::directory_iterator(folder_ / "third")) EXPECT_FALSE(at.path().filename().string().starts_with(".import"));
}

TEST_F(Exchange, CtrlCEndsTheWaitForAPipeThatNobodyWritesTo) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  testing::RunningProgram program(typed({"import", "--json", folder_ / "pipe"}), surroundings());
  while (!waits_for_somebody(program.process()) && !program.has_ended()) std::this_thread::yield();
  program.signal(SIGINT);
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_TRUE(json::parse(outcome.out)["files"].empty());
}

TEST_F(Exchange, WaitingForAnotherProcessEndsWithCtrlC) {
  // The one plans for some seconds, and is stopped in the middle of it.
  const Words wanted{"fft_wisdom", "extent=500x300", "rigor=patient"};
  Words get{"get", "--quiet", "--json", "-o", folder_ / "wisdom"};
  get.insert(get.begin() + 1, wanted.begin(), wanted.end());
  testing::RunningProgram maker(typed(get), surroundings());
  const auto leases = [&] {
    std::error_code none;  // the maker may have been stopped while its lease had another name besides
    return std::ranges::count_if(fs::directory_iterator(folder_ / "cache" / "leases", none),
                                 [](const fs::directory_entry& file) { return file.path().extension() == ".lease"; });
  };
  while (leases() == 0 && !maker.has_ended()) std::this_thread::yield();
  maker.signal(SIGSTOP);
  ASSERT_FALSE(maker.has_ended());
  for (const std::string command : {"get", "export"}) {
    get[0] = command;
    testing::RunningProgram waiter(typed(get), surroundings());
    while (!waits_for_somebody(waiter.process()) && !waiter.has_ended()) std::this_thread::yield();
    waiter.signal(SIGINT);
    const Outcome outcome = waiter.finish();
    EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
    EXPECT_EQ(json::parse(outcome.out)["error"]["message"], "interrupted") << "it came to its own end";
    EXPECT_TRUE(entries().empty()) << "it planned itself in the end";
    EXPECT_EQ(leases(), 1) << "the maker's";
  }
  maker.signal(SIGKILL);
  maker.finish();
}

}  // namespace
}  // namespace almanac
