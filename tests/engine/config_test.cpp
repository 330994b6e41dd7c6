#include <almanac/config.hpp>
#include <almanac/error.hpp>

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace almanac {
namespace {

/// Sets a variable and puts back what was there.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

class ConfigTest : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& text) {
    const auto path = folder_ / "almanac.toml";
    std::ofstream(path) << text;
    return path;
  }
  std::string message(const std::filesystem::path& path, const std::map<std::string, std::string, std::less<>>& flags = {}) {
    try {
      Config::load(path, flags);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
  static Config::Setting setting(const Config& config, std::string_view name) {
    for (const Config::Setting& one : config.settings()) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "no setting " << name;
    return {};
  }

  testing::TemporaryFolder folder_;
  // The surroundings of the test's user stay outside.
  Variable home_{"HOME", folder_.path().c_str()};
  Variable config_home_{"XDG_CONFIG_HOME", folder_.path().c_str()};
  Variable directory_{"ALMANAC_DIR", ""};
  Variable memory_{"ALMANAC_MAX_MEMORY", ""};
};

TEST_F(ConfigTest, FlagsBeatTheEnvironmentWhichBeatsTheFileWhichBeatsDefaults) {
  const auto path = file("max_memory = \"1MB\"\nlease_wait = \"5s\"\ndurable = true\n");
  const Variable memory("ALMANAC_MAX_MEMORY", "2MB");
  EXPECT_EQ(Config::load(path).max_memory, 2'000'000U);
  const Config config = Config::load(path, {{"max_memory", "3MB"}});
  EXPECT_EQ(config.max_memory, 3'000'000U);
  EXPECT_TRUE(config.durable);
  EXPECT_TRUE(config.disk);
  EXPECT_EQ(setting(config, "max_memory").source, "--max-memory");
  EXPECT_EQ(setting(config, "lease_wait").source, path.string() + ":2");
  EXPECT_EQ(setting(config, "disk").source, "default");
}

TEST_F(ConfigTest, SaysFileLineAndKnownNamesForAnUnknownSetting) {
  const auto path = file("durable = true\nmax_memroy = \"1MB\"\n");
  const std::string text = message(path);
  EXPECT_NE(text.find("almanac.toml:2"), std::string::npos) << text;
  EXPECT_NE(text.find("max_memroy"), std::string::npos) << text;
  EXPECT_NE(text.find("max_memory"), std::string::npos) << text;
}

TEST_F(ConfigTest, RefusesValuesOutOfRangeAndNamesWhatIsAllowed) {
  EXPECT_NE(message(file("max_memory = \"-1MB\"\n")).find("a size such as 500MB"), std::string::npos);
  EXPECT_NE(message(file("durable = \"perhaps\"\n")).find("true or false"), std::string::npos);
  EXPECT_NE(message(file("lease_wait = [1]\n")).find("a duration"), std::string::npos);
  EXPECT_NE(message(file("lease_wait = \n")).find("almanac.toml:1"), std::string::npos);
  const Variable memory("ALMANAC_MAX_MEMORY", "much");
  EXPECT_NE(message(file("")).find("$ALMANAC_MAX_MEMORY"), std::string::npos);
}

TEST_F(ConfigTest, SettingsOfAKindAreInATableOfItsName) {
  EXPECT_FALSE(Config::load(file("")).tune_in_background);
  const Config config = Config::load(file("durable = true\n[fft]\ntune_in_background = true\n"));
  EXPECT_TRUE(config.tune_in_background);
  EXPECT_TRUE(config.durable);
  EXPECT_NE(setting(config, "fft.tune_in_background").source.find("almanac.toml:3"), std::string::npos);
  const Variable off("ALMANAC_FFT_TUNE_IN_BACKGROUND", "false");
  EXPECT_FALSE(Config::load(file("[fft]\ntune_in_background = true\n")).tune_in_background);
  for (const char* wrong : {"[fft]\ntune = true\n", "[fft]\ntune_in_background = 3\n", "[ftt]\n", "fft = true\n", "tune_in_background = true\n",
                            "[fft.tune_in_background]\n"}) {
    EXPECT_NE(message(file(wrong)).find("almanac.toml:"), std::string::npos) << wrong;
  }
}

TEST_F(ConfigTest, AMissingNamedFileIsAnError) {
  EXPECT_THROW(Config::load(folder_ / "none.toml"), InputError);
}

TEST_F(ConfigTest, TheCacheFolderFollowsTheVariables) {
  EXPECT_EQ(Config::load().cache_dir, (folder_ / ".cache" / "almanac"));
  const Variable xdg("XDG_CACHE_HOME", "/somewhere");
  EXPECT_EQ(Config::load().cache_dir, "/somewhere/almanac");
  const Variable directory("ALMANAC_DIR", "/elsewhere");
  EXPECT_EQ(Config::load().cache_dir, "/elsewhere");
}

}  // namespace
}  // namespace almanac
