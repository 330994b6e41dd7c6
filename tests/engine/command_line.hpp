#pragma once

#include "program.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace almanac::testing {

/// The built program over a cache of its own.
class CommandLineTest : public ::testing::Test {
 protected:
  explicit CommandLineTest(const std::filesystem::path& in = std::filesystem::temp_directory_path()) : folder_(in) {}

  using Words = std::vector<std::string>;

  /// What is typed, and what it finds around it.
  static Words typed(Words words) {
    words.insert(words.begin(), ALMANAC_PROGRAM);
    return words;
  }
  std::vector<std::pair<std::string, std::string>> surroundings() const {
    return {{"ALMANAC_DIR", (folder_ / "cache").string()}, {"HOME", folder_.path().string()}};
  }

  Outcome almanac(Words words) const { return run_program(typed(std::move(words)), surroundings()); }

  /// As typed into a shell.
  Outcome shell(const std::string& line) const { return run_program({"/bin/sh", "-c", line}, surroundings()); }

  /// A file of the test's own, by its path.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }

  /// Runs with --json and gives the document; the program must end with that code.
  nlohmann::json document(Words words, int code = 0) const {
    words.emplace_back("--json");
    const Outcome outcome = almanac(std::move(words));
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }

  void expect_refusal(const Words& words, int code, std::initializer_list<const char*> parts) const {
    const Outcome outcome = almanac(words);
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    for (const char* part : parts) EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err << " lacks " << part;
    EXPECT_TRUE(outcome.out.empty()) << outcome.out;
  }

  /// The files of the entries on disk; of those on their way there, which a running program has, none.
  std::vector<std::filesystem::path> entries() const {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator at(folder_ / "cache" / "objects", error), end; at != end; at.increment(error)) {
      std::error_code ignored;  // a link to itself is no file either
      if (at->is_regular_file(ignored) && !at->path().filename().string().starts_with('.')) files.push_back(at->path());
    }
    return files;
  }

  static std::string contents(const std::filesystem::path& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

  /// Takes away a folder of entries and puts there what nobody can list, not even root.
  static void make_unlistable(const std::filesystem::path& folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_symlink(folder.filename(), folder);
  }

  /// Writes another byte in the middle of a file.
  static void flip(const std::filesystem::path& file) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file)) / 2;
    stream.seekg(middle);
    const int there = stream.get();
    stream.seekp(middle);
    stream.put(static_cast<char>(there ^ 0x10));
  }

  TemporaryFolder folder_;
};

}  // namespace almanac::testing
