// almanac eval relaxation: what a scheme gives, beside what is exact.

#include "command_line.hpp"

#include <algorithm>
#include <cmath>

namespace almanac {
namespace {

using nlohmann::json;
using testing::Outcome;

/// The reference values of one problem, 25 digits each, as texts.
const json& golden_relaxation(const std::string& id) {
  static const json kNone, kAll = json::parse(std::ifstream(ALMANAC_DATA_FOLDER "/golden/fractional.json"));
  for (const json& problem : kAll.at("problems")) {
    if (problem.at("id") == id) return problem.at("reference_values");
  }
  ADD_FAILURE() << id;
  return kNone;
}

class EvalRelaxation : public testing::CommandLineTest {
 protected:
  /// `name` is "alpha=0.5 lambda=1 BDF1": two parameters as eval takes them, and more.
  static Words words_of(const std::string& name, std::initializer_list<std::string> more) {
    Words words{"eval", "relaxation"};
    std::istringstream stream(name);
    for (std::string word; stream >> word;) {
      if (word.find('=') != std::string::npos) words.push_back(word);
    }
    words.insert(words.end(), more);
    return words;
  }
};

TEST_F(EvalRelaxation, IsTheDiscreteSchemeItself) {
  int compared = 0;
  for (const auto& [name, table] : golden_relaxation("R05-relaxation-discrete").items()) {
    const std::string scheme = name.ends_with("L1") ? "scheme=l1" : name.ends_with("BDF1") ? "scheme=bdf1" : "scheme=bdf2";
    const std::string start = name.ends_with("BDF2") ? "start=none" : "start=initial";
    for (const char* steps : {"10", "80", "640"}) {
      const double exact = std::stod(table.at(steps).at("y_N").get<std::string>());
      const Outcome outcome = almanac(words_of(name, {scheme, start, std::string("n=") + steps, "history=direct"}));
      ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
      // Sums of up to 640 terms about the size of y(0) = 1, each rounded by 2^-53 at most: 25 of these as errors add up at random,
      // 2.8e-15, and as much again for what the steps before hand on.
      EXPECT_NEAR(std::stod(outcome.out), exact, 5.6e-15) << name << ' ' << steps;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 24);
}

TEST_F(EvalRelaxation, TellsTheExactValueAndTheErrorBesideIt) {
  for (const auto& [name, value] : golden_relaxation("R04-relaxation").items()) {
    const double exact = std::stod(value.get<std::string>());
    const json told = document(words_of(name, {"scheme=l1", "n=50"}));
    EXPECT_NEAR(told["facts"]["exact"].get<double>(), exact, 1e-13) << name;
    EXPECT_EQ(told["facts"]["error"].get<double>(), told["values"][0].get<double>() - told["facts"]["exact"].get<double>());
    EXPECT_NE(told["facts"]["error"], 0.0);
  }
  // Oscillations: y' (0) counts too. E_{1.5}(-1) and E_{1.5,2}(-1).
  const json oscillation = document({"eval", "relaxation", "scheme=bdf2", "alpha=1.5", "n=200", "y0=0", "y1=1"});
  EXPECT_NEAR(oscillation["facts"]["exact"].get<double>(),
              document({"eval", "mittag_leffler", "alpha=1.5", "beta=2", "z=-1"})["values"][0].get<double>(), 1e-14);
  EXPECT_LT(std::abs(oscillation["facts"]["error"].get<double>()), 1e-4);
  const Outcome plain = almanac({"eval", "relaxation", "scheme=l1", "alpha=0.8", "lambda=10", "n=64"});
  EXPECT_EQ(std::ranges::count(plain.out, '\n'), 1);
  EXPECT_NE(plain.err.find("exact = 0.0249028"), std::string::npos) << plain.err;
  EXPECT_NE(plain.err.find("error = "), std::string::npos) << plain.err;
}

TEST_F(EvalRelaxation, AGradedMeshGivesL1ItsOrderBack) {
  const auto error = [&](const char* steps, const char* mesh) {
    return std::abs(document({"eval", "relaxation", "scheme=l1", "alpha=0.5", std::string("n=") + steps, std::string("mesh=") + mesh})["facts"]["error"]
                        .get<double>());
  };
  // Order 2 - alpha = 1.5 with grading 3, order 1 without: asserted within 0.2.
  EXPECT_NEAR(std::log2(error("80", "graded") / error("160", "graded")), 1.5, 0.2);
  EXPECT_NEAR(std::log2(error("80", "uniform") / error("160", "uniform")), 1.0, 0.2);
  const Words graded{"eval", "relaxation", "scheme=l1", "alpha=0.5", "n=20", "mesh=graded"};
  Words said = graded;
  said.emplace_back("grading=3");
  EXPECT_EQ(almanac(graded).out, almanac(said).out);
}

TEST_F(EvalRelaxation, SaysWhichGradingItTookWhereNoneWasGiven) {
  const auto graded = [&](const char* alpha) {
    return document({"eval", "relaxation", "scheme=l1", std::string("alpha=") + alpha, "n=20", "mesh=graded"})["facts"]["grading"].get<double>();
  };
  EXPECT_EQ(graded("0.5"), 3.0);
  EXPECT_EQ(graded("0.001"), 100.0);  // order / alpha would be 1999, which no mesh takes
}

TEST_F(EvalRelaxation, RefusesWithParameterValueAndRange) {
  const auto refuse = [&](std::initializer_list<const char*> more, std::initializer_list<const char*> parts) {
    Words words{"eval", "relaxation"};
    words.insert(words.end(), more.begin(), more.end());
    expect_refusal(words, 2, parts);
  };
  refuse({"scheme=l1", "alpha=0.5"}, {"n is missing"});
  refuse({"scheme=l1", "alpha=0.5", "n=0"}, {"n = 0", "[1, 10000000]"});
  refuse({"scheme=euler", "alpha=0.5", "n=10"}, {"scheme = 'euler'", "bdf1", "predictor_corrector"});
  refuse({"scheme=bdf2", "alpha=0", "n=10"}, {"alpha = 0", "above 0 and at most 2"});
  refuse({"scheme=bdf2", "alpha=2.5", "n=10"}, {"alpha = 2.5"});
  refuse({"scheme=l1_2", "alpha=1.5", "n=10"}, {"alpha = 1.5"});
  refuse({"scheme=l1", "alpha=0.5", "n=10", "t=0"}, {"t = 0", "above 0"});
  refuse({"scheme=l1", "alpha=0.5", "n=10", "y1=1"}, {"y1 = 1", "0 where alpha is at most 1"});
  refuse({"scheme=l1", "alpha=0.5", "n=10", "grading=2"}, {"grading", "mesh=graded"});
  refuse({"scheme=l1", "alpha=0.5", "n=10", "mesh=graded", "grading=0.5"}, {"grading = 0.5", "[1, 100]"});
  refuse({"scheme=bdf2", "alpha=0.5", "n=10", "mesh=graded"}, {"mesh"});
  refuse({"scheme=predictor_corrector", "alpha=0.5", "n=10", "corrections=0"}, {"corrections = 0"});
  refuse({"scheme=predictor_corrector", "alpha=0.5", "n=10", "corrections=5000"}, {"corrections = 5000", "[1, 100]"});
  // What happens at a step is told with it.
  refuse({"scheme=rectangle_explicit", "alpha=0.5", "lambda=1e200", "n=10"}, {"relaxation: ", "step"});
}

}  // namespace
}  // namespace almanac
