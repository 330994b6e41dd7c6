#include <almanac/config.hpp>
#include <almanac/error.hpp>

#include "free_memory.hpp"
#include "recipes/builtin_kinds.hpp"
#include "temporary_folder.hpp"
#include "tiers.hpp"

#include <almanac/recipe.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

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

TEST_F(ConfigTest, BudgetsAreSizesOrShares) {
  const Config plain = Config::load(file(""));
  EXPECT_FALSE(plain.max_disk || plain.max_entries);
  EXPECT_EQ(plain.max_memory_share, 0);
  EXPECT_EQ(setting(plain, "max_disk").value, "none");
  const Config config = Config::load(file("max_memory = \"20%\"\nmax_disk = \"2.5%\"\nmax_entries = 1000\ncompressed_memory = \"64MB\"\n"));
  EXPECT_DOUBLE_EQ(config.max_memory_share, 0.2);
  EXPECT_DOUBLE_EQ(config.max_disk_share, 0.025);
  EXPECT_EQ(config.max_entries, 1000u);
  EXPECT_EQ(config.compressed_memory, 64'000'000u);
  EXPECT_EQ(setting(config, "max_memory").value, "20%");
  EXPECT_EQ(setting(config, "max_disk").value, "2.5%");
  // The last word counts, whatever form the others had.
  const Config flagged = Config::load(file("max_memory = \"20%\"\nmax_disk = \"10%\"\n"), {{"max_memory", "1MB"}, {"max_disk", "none"}});
  EXPECT_EQ(flagged.max_memory, 1'000'000u);
  EXPECT_EQ(flagged.max_memory_share, 0);
  EXPECT_FALSE(flagged.max_disk || flagged.max_disk_share > 0);
  EXPECT_EQ(Config::load(file("max_disk = \"20GB\"\n")).max_disk, 20'000'000'000u);
}

TEST_F(ConfigTest, RefusesNonsenseWithTheFieldTheValueAndTheChoices) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong{
      {"policy = \"random\"", {":1: policy = 'random'", "gdsf, lru, lfu, fifo, ttl"}},
      {"admission = \"eager\"", {"admission = 'eager'", "aggressive, balanced, conservative, dynamic"}},
      {"write = \"behind\"", {"write = 'behind'", "write_through, write_back, read_through, cache_aside"}},
      {"max_disk = \"-1GB\"", {"max_disk = '-1GB'", "a size above 0", "none"}},
      {"max_disk = 0", {"max_disk = '0'"}},
      {"max_disk = \"0%\"", {"max_disk = '0%'"}},
      {"max_disk = \"20 parsecs\"", {"max_disk = '20 parsecs'"}},
      {"max_memory = \"120%\"", {"max_memory = '120%'", "a share"}},
      {"max_memory = \"nan%\"", {"max_memory"}},
      {"compressed_memory = \"1 furlong\"", {"compressed_memory = '1 furlong'"}},
      {"max_entries = -3", {"max_entries = '-3'", "a number above 0"}},
      {"ttl = \"0s\"", {"ttl = '0s'", "a duration above 0"}},
      {"ttl = \"30 moons\"", {"ttl = '30 moons'"}},
      {"[kinds.laplacain]\npin = true", {":1: [kinds.laplacain]", "unknown kind 'laplacain'", "fractional_kernel, laplacian", "own = true"}},
      {"[kinds.laplacian]\nttl = \"soon\"", {":2: kinds.laplacian.ttl = 'soon'", "a duration"}},
      {"[kinds.laplacian]\ntime_to_live = \"1d\"", {":2: unknown setting 'kinds.laplacian.time_to_live'", "kinds.laplacian.ttl"}},
      {"[kinds.laplacian]\ntiers = [\"memory\", \"tape\"]", {"kinds.laplacian.tiers = 'memory, tape'", "memory, disk or both"}},
      {"[kinds.laplacian]\ntiers = [[1]]", {"kinds.laplacian.tiers: must be memory, disk or both"}},
      {"[kinds.laplacian]\npin = \"perhaps\"", {"kinds.laplacian.pin = 'perhaps'", "true or false"}},
      {"[kinds.laplacian]\ncompression = \"zip\"", {"kinds.laplacian.compression = 'zip'", "none, deflate"}},
      {"[kinds.laplacian.ttl]", {"kinds.laplacian.ttl: must be a duration"}},
      {"[kinds.mine]\nown = 3", {"kinds.mine.own = '3'", "true or false"}},
      {"[kinds.\"Mine!\"]\nown = true", {"[kinds.Mine!]: no kind has such a name"}},
      {"[kinds]\nlaplacian = true", {"kinds.laplacian: must be a table, [kinds.NAME]"}},
      {"kinds = 3", {"kinds: must be a table"}},
  };
  for (const auto& [text, parts] : wrong) {
    const std::string said = message(file(text + "\n"));
    for (const std::string& part : parts) EXPECT_NE(said.find(part), std::string::npos) << text << "\n" << said;
  }
}

TEST_F(ConfigTest, KindsBeginWithWhatIsSaidOfAll) {
  const auto path = file("[kinds.laplacian]\npin = true\n[kinds.fft_wisdom]\nadmission = \"aggressive\"\ntiers = [\"disk\"]\n"
                         "[kinds.mine]\nown = true\nttl = \"none\"\n");
  const Variable admission("ALMANAC_ADMISSION", "conservative");
  const Config config = Config::load(path, {{"ttl", "30d"}});
  ASSERT_EQ(config.kinds.size(), 3u);
  const cache::KindSettings& laplacian = config.kinds.at("laplacian");
  EXPECT_TRUE(laplacian.pin);
  EXPECT_EQ(laplacian.admission, cache::Admission::conservative);
  EXPECT_EQ(laplacian.ttl, std::chrono::hours(24 * 30));
  EXPECT_EQ(config.kinds.at("fft_wisdom").admission, cache::Admission::aggressive);
  EXPECT_EQ(config.kinds.at("fft_wisdom").tiers, (std::set<std::string, std::less<>>{"disk"}));
  EXPECT_FALSE(config.kinds.at("mine").ttl);
  EXPECT_EQ(setting(config, "kinds.laplacian.pin").source, path.string() + ":2");
  EXPECT_EQ(setting(config, "kinds.laplacian.pin").value, "true");
  EXPECT_EQ(setting(config, "kinds.fft_wisdom.tiers").value, "disk");
  EXPECT_EQ(setting(config, "admission").source, "$ALMANAC_ADMISSION");
  EXPECT_EQ(setting(config, "ttl").source, "--ttl");
}

TEST_F(ConfigTest, GoesOnToAnotherProgramAsItWasSaid) {
  const Variable admission("ALMANAC_ADMISSION", "dynamic");
  const Config config = Config::load(file("max_memory = \"123456789\"\nmax_disk = \"7%\"\n[kinds.mine]\nown = true\nttl = \"1h\"\n"),
                                     {{"cache_dir", "/there"}});
  const Variable other("ALMANAC_ADMISSION", "aggressive");
  const Config same = Config::of(config.given());
  EXPECT_EQ(same.max_memory, 123'456'789u);
  EXPECT_DOUBLE_EQ(same.max_disk_share, 0.07);
  EXPECT_EQ(same.cache_dir, "/there");
  EXPECT_EQ(same.defaults.admission, cache::Admission::dynamic);
  EXPECT_EQ(same.kinds.at("mine").ttl, std::chrono::hours(1));
  EXPECT_EQ(same.settings().size(), config.settings().size());
}

TEST_F(ConfigTest, KnowsTheKindsThatRecipesMake) {
  std::set<std::string_view> known(recipes::kBuiltinKinds.begin(), recipes::kBuiltinKinds.end()), made;
  for (const auto& recipe : RecipeRegistry::builtin().recipes()) made.insert(recipe->kind());
  EXPECT_EQ(known, made);
}

TEST_F(ConfigTest, TheProfilesAreRightInEveryLine) {
  const std::filesystem::path profiles = std::filesystem::path(ALMANAC_DATA_FOLDER) / "config";
  const Config workstation = Config::load(profiles / "workstation.toml");
  EXPECT_DOUBLE_EQ(workstation.max_memory_share, 0.2);
  EXPECT_EQ(workstation.max_disk, 20'000'000'000u);
  EXPECT_TRUE(workstation.kinds.at("fft_wisdom").pin);
  EXPECT_EQ(workstation.kinds.at("laplacian").write, cache::WriteMode::write_back);
  EXPECT_EQ(workstation.kinds.at("laplacian").admission, cache::Admission::conservative);
  const Config cluster = Config::load(profiles / "cluster.toml");
  EXPECT_DOUBLE_EQ(cluster.max_disk_share, 0.05);
  EXPECT_EQ(cluster.max_entries, 2'000'000u);
  EXPECT_EQ(cluster.defaults.admission, cache::Admission::dynamic);
  EXPECT_EQ(cluster.kinds.at("fractional_kernel").compression, cache::Compression::deflate);
  EXPECT_EQ(cluster.kinds.at("our_table").ttl, std::chrono::hours(24 * 30));
}

TEST_F(ConfigTest, SharesBecomeSizesWhereTiersAreOpened) {
  Config config = Config::load(file("max_memory = \"10%\"\nmax_disk = \"50%\"\n"), {{"cache_dir", (folder_ / "a" / "b").string()}});
  const std::uint64_t size = file_system_size(folder_.path());
  EXPECT_GT(size, 0u);
  EXPECT_EQ(file_system_size(folder_ / "not" / "there"), size);
  const Tiers places = open_tiers(config, {});
  EXPECT_EQ(places.tiers.size(), 2u);
  EXPECT_GT(config.max_memory, 0u);
  EXPECT_LT(config.max_memory, free_memory());
  ASSERT_TRUE(config.max_disk.has_value());
  EXPECT_NEAR(static_cast<double>(*config.max_disk), 0.5 * static_cast<double>(size), 1);
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
