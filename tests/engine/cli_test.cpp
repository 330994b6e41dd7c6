// The built program, driven as a person would.

#include "command_line.hpp"

#include <algorithm>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

class CommandLine : public testing::CommandLineTest {};

TEST_F(CommandLine, GetPrintsNumbersThatReadBackAsTheSameBits) {
  const Outcome csv = almanac({"get", "fractional_kernel", "alpha=0.5", "n=5"});
  EXPECT_EQ(csv.out, "# weights f64 5\n1\n-0.5\n-0.125\n-0.0625\n-0.0390625\n");
  const json document = json::parse(almanac({"get", "fractional_kernel", "alpha=0.1", "n=4", "dt=0.25", "--format", "json"}).out);
  EXPECT_EQ(document["arrays"]["weights"][1].get<double>(), -0.1);
  EXPECT_EQ(document["attributes"]["dt"].get<double>(), 0.25);
  EXPECT_EQ(document["provenance"]["source"], "computed");
}

TEST_F(CommandLine, TheSecondProcessFindsWhatTheFirstMade) {
  EXPECT_EQ(document({"get", "laplacian", "extent=32x32", "--output", folder_ / "a.csv"})["source"], "computed");
  EXPECT_EQ(document({"get", "laplacian", "extent=32x32", "--output", folder_ / "b.csv"})["source"], "disk");
  EXPECT_EQ(contents(folder_ / "a.csv"), contents(folder_ / "b.csv"));
  EXPECT_FALSE(contents(folder_ / "a.csv").empty());
}

TEST_F(CommandLine, LongerStartingWeightsReplaceShorterOnesAndBeginAlike) {
  const auto table = [&](const std::string& steps) {
    return Words{"get", "starting_weights", "scheme=bdf2", "alpha=0.5", "steps=" + steps, "--array", "weights"};
  };
  const std::string before = almanac(table("5")).out;
  EXPECT_EQ(before.substr(0, before.find('\n')), "# weights f64 5x3");
  almanac(table("1025"));
  EXPECT_EQ(entries().size(), 1U);
  EXPECT_EQ(almanac(table("5")).out, before);
  EXPECT_EQ(document({"info", "starting_weights", "scheme=bdf2", "alpha=0.5", "last=1"})["attributes"]["coverage"], 2048);
}

TEST_F(CommandLine, GetWritesNumPyAndHdf5Files) {
  EXPECT_EQ(almanac({"get", "fractional_kernel", "alpha=0.5", "n=3", "--format", "npy", "-o", folder_ / "w.npy"}).exit_code, 0);
  const std::string text = contents(folder_ / "w.npy");
  ASSERT_EQ(text.substr(0, 6), "\x93NUMPY");
  EXPECT_NE(text.find("'shape': (3,)"), std::string::npos);
  EXPECT_EQ((text.size() - 24) % 64, 0U) << "the data is aligned";
  EXPECT_EQ(almanac({"get", "laplacian", "extent=8", "--format", "h5", "-o", folder_ / "l.h5"}).exit_code, 0);
  std::ifstream h5(folder_ / "l.h5", std::ios::binary);
  std::string magic(8, '\0');
  h5.read(magic.data(), 8);
  EXPECT_EQ(magic, "\x89HDF\r\n\x1a\n");
}

TEST_F(CommandLine, InfoSaysWhatAnythingIsWorthStoredOrNot) {
  const Words kernel{"info", "fractional_kernel", "alpha=0.5", "n=1024"};
  const json before = document(kernel, 1);
  EXPECT_EQ(before["stored"], false);
  EXPECT_EQ(before["economics"]["cost_source"], "estimate");
  EXPECT_EQ(before["economics"]["bytes"], 8192);
  EXPECT_EQ(before["economics"]["admission"], "balanced");
  const json tier = before["economics"]["tiers"].back();
  EXPECT_EQ(tier["tier"], "disk");
  EXPECT_EQ(tier["there"], false);
  EXPECT_NEAR(tier["least_cost"].get<double>(), tier["load"].get<double>() + 200e-6, 1e-12);  // and what a process takes that begins
  EXPECT_EQ(tier["stored"], before["economics"]["cost"] > tier["least_cost"]);
  almanac({"get", "fractional_kernel", "alpha=0.5", "n=1024", "-o", folder_ / "x"});
  const json after = document(kernel);
  EXPECT_EQ(after["stored"], true);
  EXPECT_EQ(after["economics"]["cost_source"], "measured");
  EXPECT_EQ(after["economics"]["cost"], after["cost"]);
  EXPECT_EQ(after["economics"]["tiers"].back()["there"], true);
  const std::string text = almanac(kernel).out;
  EXPECT_NE(text.find("stored when it is made"), std::string::npos) << text;

  // By other settings it is stored only where it is asked for by name, as here.
  write("aside.toml", "[kinds.laplacian]\nwrite = \"cache_aside\"\n");
  const Words laplacian{"--config", folder_ / "aside.toml", "info", "laplacian", "extent=16"};
  EXPECT_EQ(document(laplacian, 1)["economics"]["tiers"].back()["reason"], "cache_aside");
  EXPECT_NE(almanac(laplacian).out.find("where it is asked for by name"), std::string::npos);
  almanac({"--config", folder_ / "aside.toml", "get", "laplacian", "extent=16", "-o", folder_ / "x"});
  EXPECT_EQ(document(laplacian)["stored"], true);
  expect_refusal({"--config", write("odd.toml", "policy = \"random\"\n"), "ls"}, 2, {"odd.toml:1", "policy = 'random'", "gdsf, lru"});
}

TEST_F(CommandLine, LsInfoStatsAndClearAgreeOnWhatIsThere) {
  almanac({"get", "fractional_kernel", "alpha=0.5", "-o", folder_ / "x"});
  almanac({"get", "laplacian", "extent=16", "-o", folder_ / "x"});
  const json list = document({"ls"});
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(document({"ls", "laplacian"}).size(), 1U);
  json by_name = document({"info", "fractional_kernel", "alpha=0.5"}), by_id = document({"info", list[0]["id"].get<std::string>()});
  for (json* one : {&by_name, &by_id}) one->erase("economics");  // what is learned of speeds goes on
  EXPECT_EQ(by_name, by_id);
  EXPECT_EQ(by_name["attributes"]["coverage"], 1024);
  EXPECT_EQ(by_name["bytes"].get<std::uint64_t>(), fs::file_size(by_name["path"].get<std::string>()));
  EXPECT_EQ(document({"stats"})["total"]["artifacts"], 2);
  EXPECT_EQ(document({"stats", "laplacian"})["total"]["artifacts"], 1);
  expect_refusal({"clear", "laplacian"}, 2, {"--yes"});
  EXPECT_EQ(document({"clear", "laplacian", "--yes"})["removed"], 1);
  EXPECT_EQ(almanac({"info", "laplacian", "extent=16"}).exit_code, 1);
  EXPECT_EQ(document({"clear", "fractional_kernel", "alpha=0.5"})["removed"], 1);
  EXPECT_EQ(document({"ls"}).size(), 0U);
}

TEST_F(CommandLine, ValidateTellsAFlippedByteAndTheNextGetHealsIt) {
  almanac({"get", "fractional_kernel", "alpha=0.5", "-o", folder_ / "x"});
  EXPECT_EQ(almanac({"validate"}).exit_code, 0);
  flip(entries().at(0));
  const Outcome wrong = almanac({"validate", "--json"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(json::parse(wrong.out)["wrong"][0]["reason"], "corrupt");
  const Outcome healed = almanac({"get", "fractional_kernel", "alpha=0.5", "n=2"});
  EXPECT_EQ(healed.out, "# weights f64 2\n1\n-0.5\n");
  EXPECT_NE(healed.err.find("warning"), std::string::npos);
  EXPECT_EQ(almanac({"validate"}).exit_code, 0);
}

TEST_F(CommandLine, WarmUpTwiceMakesNothingTheSecondTime) {
  std::ofstream(folder_ / "catalog.toml") << "[[fft_wisdom]]\nextent = [\"16\", \"8x8\"]\n[[fractional_kernel]]\nalpha = 0.5\n";
  EXPECT_EQ(document({"warmup", folder_ / "catalog.toml"})["kinds"]["fft_wisdom"]["made"], 2);
  const json again = document({"warmup", folder_ / "catalog.toml"});
  EXPECT_EQ(again["kinds"]["fft_wisdom"]["made"], 0);
  EXPECT_EQ(again["kinds"]["fft_wisdom"]["found"], 2);
  EXPECT_EQ(document({"warmup", folder_ / "catalog.toml", "--kind", "fractional_kernel"})["kinds"].size(), 1U);
  EXPECT_NE(almanac({"warmup", folder_ / "catalog.toml"}).err.find("nothing to make"), std::string::npos);
}

TEST_F(CommandLine, KindsAndConfigTellWhatThereIs) {
  const json kinds = document({"kinds"});
  ASSERT_EQ(kinds.size(), 5U);
  EXPECT_EQ(kinds[0]["parameters"][0]["name"], "alpha");
  const json config = document({"config", "--cache-dir", "/elsewhere"});
  EXPECT_EQ(config["cache_dir"]["value"], "/elsewhere");
  EXPECT_EQ(config["cache_dir"]["source"], "--cache-dir");
  EXPECT_EQ(document({"config"})["cache_dir"]["source"], "$ALMANAC_DIR");
}

TEST_F(CommandLine, BadInputIsOneClearMessageAndExitCode2) {
  expect_refusal({"get", "kernel"}, 2, {"unknown kind 'kernel'", "fractional_kernel"});
  expect_refusal({"get", "fractional_kernel"}, 2, {"alpha is missing"});
  expect_refusal({"get", "fractional_kernel", "alpha=NaN"}, 2, {"alpha", "NaN", "-2 … 4"});
  expect_refusal({"get", "fractional_kernel", "alpha=1", "n=0"}, 2, {"n = 0"});
  expect_refusal({"get", "fractional_kernel", "alpha=1", "n=900000000000"}, 2, {"n = 900000000000"});
  expect_refusal({"get", "laplacian", "extent=99999999x99999999x99999999"}, 2, {"extent"});
  expect_refusal({"get", "fractional_kernel", "alpha"}, 2, {"'alpha'", "name=value"});
  expect_refusal({"get", "fractional_kernel", "alpha=1", "--format", "xml"}, 2, {"xml"});
  expect_refusal({"get", "laplacian", "extent=8", "--format", "npy"}, 2, {"--array", "data, indices, indptr"});
  expect_refusal({"frobnicate"}, 2, {"'frobnicate' is no command"});
  expect_refusal({"get", "fractional_kernel", "alpha=4", "dt=1e-300"}, 2, {"dt = 1e-300", "range of doubles"});
  expect_refusal({}, 2, {});
  expect_refusal({"ls", "kernel"}, 2, {"unknown kind"});
  expect_refusal({"clear"}, 2, {"--all"});
  expect_refusal({"warmup", folder_ / "none.toml"}, 2, {"none.toml"});
  expect_refusal({"get", "fractional_kernel", "alpha=1", "-o", "/nonexistent/folder/x"}, 3, {"/nonexistent/folder/x"});
  expect_refusal({"run", folder_ / "none.toml"}, 2, {"none.toml"});
  EXPECT_EQ(almanac({"--help"}).exit_code, 0);
  EXPECT_EQ(almanac({"--version"}).exit_code, 0);
}

TEST_F(CommandLine, AFailureIsADocumentTooWhereOneWasAskedFor) {
  const Outcome outcome = almanac({"get", "kernel", "--json"});
  EXPECT_EQ(outcome.exit_code, 2);
  const json document = json::parse(outcome.out);
  EXPECT_EQ(document["error"]["exit_code"], 2);
  EXPECT_NE(document["error"]["message"].get<std::string>().find("unknown kind"), std::string::npos);
}

TEST_F(CommandLine, SoIsACommandLineThatCannotBeRead) {
  const std::vector<std::pair<Words, const char*>> wrong{{{"--json", "get", "fractional_kernel", "--format", "xml"}, "xml"},
                                                         {{"get", "--json"}, "kind is required"},
                                                         {{"ls", "--what", "--json"}, "--what"},
                                                         {{"--json"}, "subcommand"},
                                                         {{"frobnicate", "--json"}, "'frobnicate' is no command"}};
  for (const auto& [words, part] : wrong) {
    const Outcome outcome = almanac(words);
    EXPECT_EQ(outcome.exit_code, 2) << part;
    const json document = json::parse(outcome.out);
    EXPECT_EQ(document["error"]["exit_code"], 2) << part;
    EXPECT_NE(document["error"]["message"].get<std::string>().find(part), std::string::npos) << document;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(almanac({"get", "--help", "--json"}).exit_code, 0);
}

TEST_F(CommandLine, OutputThatIsLostIsAnError) {
  for (const std::string command : {"kinds", "kinds --json", "get fractional_kernel alpha=0.5", "eval", "eval weights alpha=0.5 n=100000",
                                    "--help", "--version", "ls --help"}) {
    const Outcome outcome = testing::run_program({"/bin/sh", "-c", "\"$0\" " + command + " > /dev/full", ALMANAC_PROGRAM},
                                                 {{"ALMANAC_DIR", folder_ / "cache"}, {"HOME", folder_.path()}});
    EXPECT_EQ(outcome.exit_code, 3) << command;
    EXPECT_NE(outcome.err.find("standard output"), std::string::npos) << outcome.err;
  }
}

TEST_F(CommandLine, OutputFollowsLinksKeepsPermissionsAndWritesToDevices) {
  std::ofstream(folder_ / "target.csv") << "old";
  fs::permissions(folder_ / "target.csv", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("target.csv", folder_ / "link.csv");
  EXPECT_EQ(almanac({"get", "fractional_kernel", "alpha=0.5", "n=1", "-o", folder_ / "link.csv"}).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.csv"));
  const std::string text = contents(folder_ / "target.csv");
  EXPECT_EQ(text, "# weights f64 1\n1\n");
  EXPECT_EQ(fs::status(folder_ / "target.csv").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(almanac({"get", "fractional_kernel", "alpha=0.5", "n=1", "-o", "/dev/stdout"}).out, text);
  EXPECT_EQ(almanac({"get", "fractional_kernel", "alpha=0.5", "-o", folder_.path()}).exit_code, 3);
}

TEST_F(CommandLine, AWarmUpThatCannotStoreSaysSo) {
  std::ofstream(folder_ / "cache") << "a file";
  std::ofstream(folder_ / "catalog.toml") << "[[laplacian]]\nextent = \"8\"\n";
  const Outcome outcome = almanac({"warmup", folder_ / "catalog.toml", "--json"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(json::parse(outcome.out)["kinds"]["laplacian"]["not_stored"], 1);
}

TEST_F(CommandLine, ABrokenCacheFolderCostsOneWarning) {
  std::ofstream(folder_ / "cache") << "a file";
  const Outcome outcome = almanac({"get", "fractional_kernel", "alpha=0.5", "n=2"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "# weights f64 2\n1\n-0.5\n");
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  expect_refusal({"ls"}, 3, {(folder_ / "cache").c_str()});
}

}  // namespace
}  // namespace almanac
