// almanac wisdom and almanac doctor, as a person drives them.

#include "command_line.hpp"

#include <algorithm>
#include <fstream>

namespace almanac::testing {
namespace {

class CommandLineWisdom : public CommandLineTest {
 protected:
  void plan(const std::string& extent, const std::string& more = "rigor=measure") const {
    ASSERT_EQ(almanac({"get", "fft_wisdom", "extent=" + extent, more, "--output", file("unused")}).exit_code, 0);
  }
  std::string file(const char* name) const { return (folder_ / name).string(); }
};

TEST_F(CommandLineWisdom, IsExportedAndTakenInElsewhere) {
  plan("24x20");
  plan("77");
  const nlohmann::json exported = document({"wisdom", "export", file("all.wisdom"), "--quiet"});
  EXPECT_EQ(exported["bundles"], 2);
  const std::string text = contents(file("all.wisdom"));
  EXPECT_TRUE(text.starts_with("(fftw-")) << text;
  EXPECT_EQ(exported["records"], std::count(text.begin(), text.end(), '\n') - 2);
  EXPECT_EQ(almanac({"wisdom", "export", "-", "--quiet"}).out, text);

  const Words elsewhere{"--cache-dir", file("elsewhere")};
  const auto with = [&](Words words) {
    words.insert(words.end(), elsewhere.begin(), elsewhere.end());
    return words;
  };
  const nlohmann::json imported = document(with({"wisdom", "import", file("all.wisdom"), "--extent", "24x20", "77", "--quiet"}));
  EXPECT_EQ(imported["recognised"], 2);
  EXPECT_EQ(imported["stored"].size(), 2U);
  EXPECT_EQ(imported["unattributed"], 0);
  EXPECT_EQ(document(with({"get", "fft_wisdom", "extent=77", "--output", file("unused")}))["source"], "disk");
  EXPECT_EQ(almanac(with({"doctor", "--fft", "77", "24x20"})).exit_code, 0);
}

TEST_F(CommandLineWisdom, ThatIsNotThereIsNoFile) {
  plan("24");
  EXPECT_EQ(almanac({"wisdom", "export", file("none"), "--precision", "single"}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(file("none")));
  EXPECT_EQ(document({"wisdom", "export", file("none"), "--rigor", "patient,exhaustive", "--quiet"}, 1)["bundles"], 0);
  EXPECT_EQ(almanac({"wisdom", "export", file("some"), "--extent", "24"}).exit_code, 0);
}

TEST_F(CommandLineWisdom, OfNoUseIsRefusedWithReasonAndLine) {
  plan("24");
  ASSERT_EQ(almanac({"wisdom", "export", file("good")}).exit_code, 0);
  const std::string good = contents(file("good"));
  const auto replaced = [&](const std::string& what, const std::string& with) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), with);
  };
  expect_refusal({"wisdom", "import", file("missing")}, 2, {"missing", "No such file"});
  expect_refusal({"wisdom", "import", folder_.path().string()}, 2, {"it is a folder"});
  expect_refusal({"wisdom", "import", write("a", "")}, 2, {"there is no wisdom"});
  expect_refusal({"wisdom", "import", write("b", good.substr(0, good.size() - 5))}, 2, {": line ", "cut off"});
  expect_refusal({"wisdom", "import", write("c", replaced("fftw-3", "fftw-4"))}, 2, {"line 1", "another FFTW version"});
  expect_refusal({"wisdom", "import", write("d", replaced("fftw_wisdom", "fftwq_wisdom"))}, 2, {"line 1", "another precision"});
  expect_refusal({"wisdom", "import", write("e", replaced(" #x", " #xf"))}, 2, {"line 1"});
  const std::string huge = std::string(good).insert(good.find(" #x", good.find('\n')) + 3, "fffff");
  expect_refusal({"wisdom", "import", write("f", huge)}, 2, {"line 2", "flags do not fit 20 bits"});
  expect_refusal({"wisdom", "import", write("g", std::string(100'000'000, 'x'))}, 2, {"more than 4194304 bytes"});
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(CommandLineWisdom, IsTakenInAsTheOptionsSay) {
  plan("24", "rigor=patient");
  ASSERT_EQ(almanac({"wisdom", "export", file("all")}).exit_code, 0);
  const auto imported = [&](const char* where, Words more) {
    more.insert(more.begin(), {"wisdom", "import", file("all"), "--quiet", "--cache-dir", file(where)});
    return document(more);
  };
  const nlohmann::json without = imported("a", {});
  const nlohmann::json with = imported("b", {"--extent", "24", "512x512", "--direction", "forward,backward", "--precision", "double"});
  EXPECT_EQ(with["tried"], without["tried"].get<int>() + 2) << "512x512 is known already";
  EXPECT_EQ(with["recognised"], without["recognised"].get<int>() + 1);
  EXPECT_EQ(with["stored"].size(), without["stored"].size() + 2) << "of patient wisdom, patient and measure";
  EXPECT_TRUE(with["already_there"].empty()) << with;
  const nlohmann::json measured = imported("c", {"--extent", "24", "--rigor", "measure"});
  EXPECT_EQ(measured["stored"].size() * 2, with["stored"].size());
  EXPECT_NE(measured["stored"][0].get<std::string>().find("rigor=measure"), std::string::npos);
  expect_refusal({"wisdom", "import", file("all"), "--precision", "single"}, 2, {"it is in double precision", "--precision asks for single"});
  expect_refusal({"wisdom", "import", file("all"), "--rigor", "adaptive"}, 2, {"--rigor", "adaptive"});
}

TEST_F(CommandLineWisdom, IsExplainedByTheDoctor) {
  plan("24");
  plan("24", "in_place=true");
  plan("25");
  EXPECT_EQ(almanac({"doctor", "--fft", "24"}).exit_code, 0);
  const nlohmann::json there = document({"doctor", "--fft", "24", "25"});
  EXPECT_EQ(there["usable"], true);
  EXPECT_EQ(there["transforms"].size(), 2U);
  const nlohmann::json missing = document({"doctor", "--fft", "24", "--threads", "3"}, 1)["transforms"][0];
  EXPECT_EQ(missing["usable"], false);
  EXPECT_EQ(missing["near_misses"].size(), 2U);
  EXPECT_EQ(missing["near_misses"][0]["differences"]["threads"]["wanted"], "3");
  const Outcome text = almanac({"doctor", "--fft", "24", "--rigor", "patient"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_NE(text.out.find("rigor: there measure, here patient"), std::string::npos) << text.out;
}

TEST_F(CommandLineWisdom, OfWhichTheDoctorIsNotToldIsAskedFor) {
  expect_refusal({"doctor", "--fft"}, 2, {"which transform"});
  expect_refusal({"doctor", "--fft", "0x7"}, 2, {"extent[0]"});
  expect_refusal({"doctor", "--fft", "24", "--transform", "dct9"}, 2, {"transform", "dct9"});
  expect_refusal({"wisdom"}, 2, {"subcommand"});
}

}  // namespace
}  // namespace almanac::testing
