// What the README says is so: its program is the one that is built against the installed package, its commands run.

#include "program.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace almanac {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = fs::path(ALMANAC_DATA_FOLDER).parent_path();

std::string contents(const fs::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// The lines of all blocks fenced as `language`.
std::vector<std::string> fenced_lines(const std::string& document, const std::string& language) {
  std::vector<std::string> lines;
  std::istringstream stream(document);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("```")) {
      inside = line == "```" + language;
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

/// The words before a comment.
std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> list;
  std::istringstream stream(line.substr(0, line.find('#')));
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

TEST(Readme, ItsProgramIsTheOneThatIsBuiltAgainstTheInstalledPackage) {
  std::string program;
  for (const std::string& line : fenced_lines(contents(kRoot / "README.md"), "cpp")) program += line + "\n";
  EXPECT_EQ(program, contents(kRoot / "tests" / "consumer" / "main.cpp"));
}

TEST(Readme, EveryCommandRuns) {
  const testing::TemporaryFolder folder;
  fs::create_directory_symlink(kRoot / "data", folder / "data");
  fs::current_path(folder.path());
  std::size_t commands = 0;
  for (const std::string& line : fenced_lines(contents(kRoot / "README.md"), "sh")) {
    std::vector<std::string> command = words(line);
    if (command.empty()) continue;
    if (command.front() == "almanac") {
      command.front() = ALMANAC_PROGRAM;
      const auto outcome = testing::run_program(command, {{"ALMANAC_DIR", folder / "cache"}, {"HOME", folder.path()}});
      EXPECT_EQ(outcome.exit_code, 0) << line << "\n" << outcome.err;
      ++commands;
    } else {
      // The scripts: the one is running this, the other has a test of its own (Scripts.RunRunsTheDemoMission).
      EXPECT_TRUE(fs::exists(kRoot / command.front())) << line;
      EXPECT_NE(fs::status(kRoot / command.front()).permissions() & fs::perms::owner_exec, fs::perms::none) << line;
    }
  }
  EXPECT_GE(commands, 10U);
}

TEST(Readme, EveryFileItNamesIsThere) {
  const std::string text = contents(kRoot / "README.md");
  for (const char* name : {"ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "engine/include/almanac/engine.hpp",
                           "data/missions/photograph.toml", "data/missions/heartbeat.toml", "scripts/bench.sh"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
    EXPECT_TRUE(fs::exists(kRoot / name)) << name;
  }
}

}  // namespace
}  // namespace almanac
