// almanac eval: numbers that anybody can check against anything, and refusals that say what is allowed.

#include "command_line.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac {
namespace {

using nlohmann::json;
using testing::Outcome;

constexpr double kUlp = std::numeric_limits<double>::epsilon();

/// The reference values of one problem, 25 digits each, as texts.
const json& golden(const std::string& id) {
  static const json kNone, kAll = json::parse(std::ifstream(ALMANAC_DATA_FOLDER "/golden/fractional.json"));
  for (const json& problem : kAll.at("problems")) {
    if (problem.at("id") == id) return problem.at("reference_values");
  }
  ADD_FAILURE() << id;
  return kNone;
}

double number(const json& text) { return std::stod(text.get<std::string>()); }

class Eval : public testing::CommandLineTest {
 protected:
  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
  /// What is printed, a number a line.
  std::vector<double> numbers(Words words) const {
    const Outcome outcome = almanac(std::move(words));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::vector<double> all;
    for (const std::string& line : lines(outcome.out)) all.push_back(std::stod(line));
    return all;
  }
};

TEST_F(Eval, PrintsWeightsOneALineThatReadBackAsTheSameBits) {
  EXPECT_EQ(almanac({"eval", "weights", "alpha=0.5", "n=5"}).out, "1\n-0.5\n-0.125\n-0.0625\n-0.0390625\n");
  EXPECT_EQ(almanac({"eval", "weights", "alpha=0.1", "n=1", "first=1"}).out, "-0.1\n");
  const json& all = golden("R01-gl-weights");
  // 0.8 ulp of the weights of alpha as a double, and the half of an ulp that reading the 25 digits takes.
  for (const auto& [alpha, weights] : all.items()) {
    for (const auto& [index, weight] : weights.items()) {
      const std::vector<double> given = numbers({"eval", "weights", "alpha=" + alpha, "n=1", "first=" + index});
      ASSERT_EQ(given.size(), 1U);
      EXPECT_NEAR(given[0], number(weight), 1.3 * kUlp * std::abs(number(weight))) << alpha << ' ' << index;
    }
  }
}

TEST_F(Eval, GivesTheWeightsOfConvolutionQuadrature) {
  // 2 ulp, and 0.8 as a double is off by at most 2^-54, where the weights change by ω ln n about: less than 10 ulp together.
  int compared = 0;
  for (const auto& [name, weights] : golden("R03-bdf-cq-weights").items()) {
    const std::string scheme = "scheme=bdf" + name.substr(2, 1), alpha = name.substr(4);
    const std::vector<double> given = numbers({"eval", "quadrature", scheme, alpha, "n=11"});
    ASSERT_EQ(given.size(), 11U);
    for (const auto& [index, weight] : weights.items()) {
      const std::size_t n = std::stoul(index);
      const double value = n < given.size() ? given[n] : numbers({"eval", "quadrature", scheme, alpha, "n=1", "first=" + index})[0];
      EXPECT_NEAR(value, number(weight), 10 * kUlp * std::abs(number(weight))) << name << ' ' << index;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 70);
}

TEST_F(Eval, GivesMittagLefflerOfRealAndComplexArguments) {
  const json& all = golden("R22-mittag-leffler");
  const auto expect = [&](const char* name, Words words, std::size_t at = 0) {
    words.insert(words.begin(), {"eval", "mittag_leffler"});
    const json given = document(words)["values"][at], exact = all.at(name);
    const auto part = [](const json& value, std::size_t i) -> const json& {
      if (value.is_array()) return value[i];
      return value;
    };
    // The stated 1e-14 max(|E|, |z E'|): of these |z E'| is at most 100 |E|.
    const double size = exact.is_array() ? std::hypot(number(exact[0]), number(exact[1])) : std::abs(number(exact));
    for (std::size_t i = 0; i < (exact.is_array() ? 2 : 1); ++i) {
      EXPECT_NEAR(part(given, i).get<double>(), number(part(exact, i)), 1e-12 * size) << name;
    }
  };
  expect("E_{0.5,1}^{1}(-1)", {"alpha=0.5", "z=-1"});
  expect("E_{0.5,0.5}^{1}(-1)", {"alpha=0.5", "beta=0.5", "z=-1"});
  expect("E_{0.1,1}^{1}(-0.9)", {"alpha=0.1", "z=-0.9"});
  expect("E_{0.7,0.3}^{1}(-5)", {"alpha=0.7", "beta=0.3", "z=-5"});
  expect("E_{1.5,2}^{1}(-100)", {"alpha=1.5", "beta=2", "z=1,-100"}, 1);
  expect("E_{2,2}^{1}(-9)", {"alpha=2", "beta=2", "z=-9"});
  expect("E_{3,1}^{1}(-100)", {"alpha=3", "z=-1e2"});
  expect("E_{0.6,0.8}^{2}(-3)", {"alpha=0.6", "beta=0.8", "gamma=2", "z=-3"});
  expect("E_{0.7,1}(1+2i)", {"alpha=0.7", "z=1+2i"});
  expect("E_{1.3,0.6}(-5+5i)", {"alpha=1.3", "beta=0.6", "z=-5+5j"});
  EXPECT_NEAR(numbers({"eval", "mittag_leffler", "alpha=0.7", "derivative=1", "z=-1"})[0],
              -number(all.at("matrix E_0.7(-[[1,1],[0,1]]) [0,1] = -E_0.7'(-1)")), 1e-14);
}

TEST_F(Eval, WritesComplexNumbersAsAPlusBi) {
  const Outcome outcome = almanac({"eval", "mittag_leffler", "alpha=1", "z=0,2i,-2i"});
  const std::vector<std::string> given = lines(outcome.out);
  ASSERT_EQ(given.size(), 3U) << outcome.err;
  EXPECT_EQ(given[0], "1+0i");
  std::size_t read = 0;
  EXPECT_NEAR(std::stod(given[1], &read), std::cos(2.0), 1e-14);
  EXPECT_EQ(given[1][read], '+');
  EXPECT_NEAR(std::stod(given[1].substr(read)), std::sin(2.0), 1e-14);
  EXPECT_EQ(given[1].back(), 'i');
  EXPECT_NE(given[2].find('-', 1), std::string::npos) << given[2];
  EXPECT_EQ(almanac({"eval", "mittag_leffler", "alpha=1", "z=0"}).out, "1\n") << "of real ones real";
}

TEST_F(Eval, SaysWhatLeavesTheRangeOfDoubles) {
  const Outcome outcome = almanac({"eval", "mittag_leffler", "alpha=1", "z=710,-800,1"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(lines(outcome.out)[0], "inf");
  EXPECT_EQ(lines(outcome.out)[1], "0");
  EXPECT_EQ(lines(outcome.err).size(), 2U) << outcome.err;
  EXPECT_NE(outcome.err.find("z = 710: overflow"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("z = -800: underflow"), std::string::npos) << outcome.err;
  const json told = document({"eval", "mittag_leffler", "alpha=1", "z=710,1"});
  EXPECT_EQ(told["values"][0], "inf") << "JSON has no number for it";
  EXPECT_TRUE(told["values"][1].is_number());
  ASSERT_EQ(told["notes"].size(), 1U);
  EXPECT_NE(told["notes"][0].get<std::string>().find("overflow"), std::string::npos);
}

TEST_F(Eval, GivesTheWeightsOfLSchemesInTheirThreeForms) {
  // L1: c_k = ((k+1)^(1/2) - k^(1/2)) / Gamma(3/2), nodal c_k - c_(k-1).
  const double scale = 2 / std::sqrt(std::acos(-1.0));
  const std::vector<double> differences = numbers({"eval", "l_weights", "alpha=0.5", "n=4"});
  const std::vector<double> nodal = numbers({"eval", "l_weights", "scheme=l1", "alpha=0.5", "n=4", "form=nodal"});
  ASSERT_EQ(differences.size(), 4U);
  ASSERT_EQ(nodal.size(), 4U);
  double before = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const double exact = scale * (std::sqrt(static_cast<double>(k + 1)) - std::sqrt(static_cast<double>(k)));
    EXPECT_NEAR(differences[k], exact, 1e-15);
    EXPECT_NEAR(nodal[k], exact - before, 1e-15);
    before = exact;
  }
  EXPECT_EQ(numbers({"eval", "l_weights", "alpha=0.5", "n=2", "form=corrections"}), (std::vector<double>{0, 0}));
  const json sigma = document({"eval", "l_weights", "scheme=l2_1_sigma", "alpha=0.5", "n=1", "form=corrections"});
  EXPECT_EQ(sigma["facts"]["offset"], 0.75);
  EXPECT_LT(std::abs(sigma["values"][0].get<double>()), 0.2);
  expect_refusal({"eval", "l_weights", "alpha=0.5", "n=2", "first=0", "form=corrections"}, 2, {"first = 0", "[1, 100000000]"});
  expect_refusal({"eval", "l_weights", "scheme=l1_2", "alpha=1.5", "n=2"}, 2, {"alpha = 1.5"});
}

TEST_F(Eval, GivesTheWeightsOfProductIntegration) {
  const double scale = 2 / std::sqrt(std::acos(-1.0));  // 1 / Gamma(3/2)
  const std::vector<double> rectangle = numbers({"eval", "product_integration", "rule=rectangle", "alpha=0.5", "n=3"});
  ASSERT_EQ(rectangle.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(rectangle[k], scale * (std::sqrt(static_cast<double>(k + 1)) - std::sqrt(static_cast<double>(k))), 1e-15);
  // Of alpha = 1 it is the trapezoidal rule itself.
  EXPECT_EQ(numbers({"eval", "product_integration", "rule=trapezoid", "alpha=1", "n=3"}), (std::vector<double>{0.5, 1, 1}));
  EXPECT_EQ(numbers({"eval", "product_integration", "rule=trapezoid_start", "alpha=1", "n=3"}), (std::vector<double>{0.5, 0.5, 0.5}));
}

TEST_F(Eval, StartingWeightsMakeTheirPowersExact) {
  const json starting = document({"eval", "starting_weights", "scheme=bdf1", "alpha=0.5", "steps=3", "exponents=0,1"});
  EXPECT_EQ(starting["columns"], json({"f_0", "f_1"}));
  EXPECT_EQ(starting["facts"]["exponents"], json({0.0, 1.0}));
  EXPECT_EQ(starting["facts"]["first_node"], 0);
  EXPECT_GE(starting["facts"]["condition"], 1.0);
  EXPECT_GE(starting["facts"]["digits_lost"], 0.0);
  EXPECT_LT(starting["facts"]["error"], 2.3e-16) << "what rounding to double takes";
  const std::vector<double> omega = numbers({"eval", "weights", "alpha=0.5", "n=4"});
  ASSERT_EQ(starting["values"].size(), 3U);
  for (std::size_t n = 1; n <= 3; ++n) {
    double of_one = 0, of_t = 0;  // the derivatives of 1 and t at n
    for (std::size_t k = 0; k <= n; ++k) {
      of_one += omega[n - k];
      of_t += omega[n - k] * static_cast<double>(k);
    }
    const json& row = starting["values"][n - 1];
    const auto t = static_cast<double>(n);
    EXPECT_NEAR(of_one + row[0].get<double>() + row[1].get<double>(), 1 / std::sqrt(std::acos(-1.0) * t), 1e-14);
    EXPECT_NEAR(of_t + row[1].get<double>(), 2 * std::sqrt(t / std::acos(-1.0)), 1e-14);
  }
  EXPECT_EQ(document({"eval", "starting_weights", "scheme=bdf3", "alpha=0.5", "steps=1"})["facts"]["exponents"],
            json({0.0, 0.5, 1.0, 1.5, 2.0}));
}

TEST_F(Eval, StartingWeightsSayWhatTheyLost) {
  const Outcome close = almanac({"eval", "starting_weights", "scheme=bdf4", "alpha=0.5", "steps=2", "exponents=0,1e-5,2e-5,3e-5"});
  EXPECT_EQ(close.exit_code, 0) << close.err;
  EXPECT_NE(close.err.find("of 34 digits are lost"), std::string::npos) << close.err;
  EXPECT_NE(close.err.find("condition = "), std::string::npos) << close.err;
  const Words words{"eval", "starting_weights", "scheme=bdf4", "alpha=0.5", "steps=2"};
  const auto with = [&](std::initializer_list<const char*> more) {
    Words all = words;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  expect_refusal(with({"exponents=0,1e-16,2e-16,3e-16"}), 2, {"exponents"});
  expect_refusal(with({"exponents=1,0.5"}), 2, {"exponents[1] = 0.5", "exceed the one before, 1"});
  expect_refusal(with({"exponents=1", "last=2"}), 2, {"exponents or last, not both"});
  expect_refusal(with({"last=20"}), 2, {"last = 20", "[0, 16]"});
  expect_refusal({"eval", "starting_weights", "scheme=bdf1", "alpha=0.5", "steps=10000001"}, 2, {"steps = 10000001", "[1, 10000000]"});
}

TEST_F(Eval, GivesTheCorrectionsOfTheFirstSteps) {
  EXPECT_EQ(numbers({"eval", "initial_corrections", "scheme=bdf3"}), (std::vector<double>{11.0 / 12, -5.0 / 12}));
  EXPECT_EQ(numbers({"eval", "initial_corrections", "scheme=bdf3", "derivative=1"}), (std::vector<double>{1.0 / 12, 0}));
  EXPECT_EQ(almanac({"eval", "initial_corrections", "scheme=bdf1"}).out, "");
  EXPECT_EQ(document({"eval", "initial_corrections", "scheme=bdf1"})["values"], json::array());
  expect_refusal({"eval", "initial_corrections", "scheme=bdf3", "derivative=2"}, 2, {"derivative = 2", "[0, 1]"});
  expect_refusal({"eval", "initial_corrections", "scheme=trapezoidal"}, 2, {"scheme = 'trapezoidal'", "bdf1"});
}

TEST_F(Eval, WeightsOfAUniformMeshAreThoseOfTheUniformScheme) {
  const std::vector<double> mesh = numbers({"eval", "l_mesh_weights", "alpha=0.4", "end=4", "steps=4"});
  const std::vector<double> uniform = numbers({"eval", "l_weights", "alpha=0.4", "n=4"});
  ASSERT_EQ(mesh.size(), 4U);
  for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(mesh[j], uniform[3 - j], 1e-14);
  EXPECT_EQ(numbers({"eval", "l_mesh_weights", "alpha=0.4", "steps=4", "grading=3", "step=2"}).size(), 2U);
  EXPECT_EQ(numbers({"eval", "integration_mesh_weights", "rule=trapezoid", "alpha=1", "end=4", "steps=4"}),
            (std::vector<double>{0.5, 1, 1, 1, 0.5}));
  EXPECT_EQ(numbers({"eval", "integration_mesh_weights", "rule=rectangle", "alpha=1", "end=4", "steps=2", "grading=2", "step=1"}),
            (std::vector<double>{1}));
  expect_refusal({"eval", "l_mesh_weights", "alpha=0.4", "steps=4", "step=5"}, 2, {"step = 5", "[1, 4]"});
  expect_refusal({"eval", "l_mesh_weights", "alpha=1.4", "steps=4"}, 2, {"alpha = 1.4"});
  expect_refusal({"eval", "integration_mesh_weights", "rule=trapezoid_start", "alpha=1", "steps=4"}, 2, {"rule = 'trapezoid_start'"});
}

TEST_F(Eval, ExponentialsAddUpToTheWeightsWithinTheirBound) {
  const json sum = document({"eval", "exponentials", "alpha=0.7", "first=20", "last=400", "tolerance=1e-10"});
  EXPECT_EQ(sum["columns"], json({"rate", "coefficient"}));
  EXPECT_EQ(sum["facts"]["terms"], sum["values"].size());
  const double bound = sum["facts"]["bound"];
  EXPECT_LE(bound, 1.1e-10);
  const std::vector<double> weights = numbers({"eval", "weights", "alpha=0.7", "first=20", "n=381"});
  double difference = 0;
  for (std::size_t n = 0; n < weights.size(); ++n) {
    double value = 0;
    for (const json& term : sum["values"]) value += term[1].get<double>() * std::exp(-term[0].get<double>() * static_cast<double>(n));
    difference += std::abs(weights[n] - value);
  }
  EXPECT_LE(difference, bound);
  EXPECT_GT(difference, 0);
  const Outcome plain = almanac({"eval", "exponentials", "alpha=0.7", "last=400"});
  EXPECT_EQ(lines(plain.out)[0].find(','), lines(plain.out)[0].rfind(','));
  EXPECT_NE(plain.err.find("bound = "), std::string::npos) << plain.err;
  EXPECT_NE(plain.err.find("columns: rate,coefficient"), std::string::npos) << plain.err;
  EXPECT_EQ(almanac({"eval", "exponentials", "alpha=0.7", "last=400", "--quiet"}).err, "");
}

TEST_F(Eval, GivesThePointsOfAMesh) {
  EXPECT_EQ(almanac({"eval", "mesh", "steps=4"}).out, "0\n0.25\n0.5\n0.75\n1\n");
  EXPECT_EQ(almanac({"eval", "mesh", "end=2", "steps=2", "grading=2"}).out, "0\n0.5\n2\n");
}

TEST_F(Eval, DigitsAreAsManyAsAskedFor) {
  EXPECT_EQ(almanac({"eval", "weights", "alpha=0.3", "n=1", "first=3", "--digits", "3"}).out, "-0.0595\n");
  EXPECT_EQ(almanac({"eval", "weights", "alpha=0.3", "n=1", "first=3"}).out,
            almanac({"eval", "weights", "alpha=0.3", "n=1", "first=3", "--digits", "17"}).out);
  EXPECT_EQ(document({"eval", "weights", "alpha=0.3", "n=1", "first=3", "--digits", "3"})["values"][0].dump(), "-0.0595");
  EXPECT_EQ(document({"eval", "mittag_leffler", "alpha=1", "z=1i", "--digits", "2"})["values"][0].dump(), "[0.54,0.84]");
}

TEST_F(Eval, ADocumentHasTheParametersAsTheyWereTaken) {
  const json told = document({"eval", "mittag_leffler", "alpha=0.7", "z=-3+4i,-1"});
  EXPECT_EQ(told["function"], "mittag_leffler");
  EXPECT_EQ(told["parameters"].dump(), R"({"alpha":0.7,"beta":1.0,"derivative":0,"gamma":1.0,"z":[[-3.0,4.0],-1.0]})");
  EXPECT_EQ(told["columns"], json({"value"}));
  EXPECT_EQ(told["values"].size(), 2U);
  EXPECT_EQ(told["notes"], json::array());
}

TEST_F(Eval, ListsItsFunctionsAndHelpsOnOne) {
  const json list = document({"eval"});
  EXPECT_EQ(list, document({"eval", "--list"}));
  std::vector<std::string> names;
  for (const json& function : list) {
    names.push_back(function["function"]);
    EXPECT_FALSE(function["accuracy"].get<std::string>().empty());
    const Outcome help = almanac({"eval", names.back(), "--help"});
    EXPECT_EQ(help.exit_code, 0);
    for (const json& parameter : function["parameters"]) {
      EXPECT_NE(help.out.find("  " + parameter["name"].get<std::string>() + " "), std::string::npos) << help.out;
    }
    EXPECT_EQ(document({"eval", names.back(), "--list"}), function);
    EXPECT_NE(almanac({"eval", "--list"}).out.find(help.out), std::string::npos) << names.back();
  }
  for (const char* name : {"mittag_leffler", "weights", "quadrature", "initial_corrections", "starting_weights", "l_weights", "l_mesh_weights",
                           "product_integration", "integration_mesh_weights", "exponentials", "mesh"}) {
    EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
  }
  const Outcome help = almanac({"eval", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("--digits"), std::string::npos) << help.out;
  EXPECT_NE(almanac({"--help"}).out.find("  eval "), std::string::npos);
}

TEST_F(Eval, RefusesWithParameterValueAndRange) {
  expect_refusal({"eval", "gamma"}, 2, {"unknown function 'gamma'", "mittag_leffler, weights, quadrature"});
  expect_refusal({"eval", "weights", "alpha=0.5"}, 2, {"weights: n is missing", "1 … 10000000"});
  expect_refusal({"eval", "weights", "alpha=0.5", "n=0"}, 2, {"n = 0", "[1, 10000000]"});
  expect_refusal({"eval", "weights", "alpha=0.5", "n=10000001"}, 2, {"n = 10000001", "[1, 10000000]"});
  expect_refusal({"eval", "weights", "alpha=0.5", "n=2", "first=100000000"}, 2, {"n = 2", "[1, 1]"});
  expect_refusal({"eval", "weights", "alpha=0.5", "n=2", "first=-1"}, 2, {"first = -1", "[0, 100000000]"});
  expect_refusal({"eval", "weights", "alpha=4.5", "n=2"}, 2, {"alpha = 4.5", "[-2, 4]"});
  expect_refusal({"eval", "weights", "alpha=nan", "n=2"}, 2, {"weights: alpha = 'nan'", "real", "-2 … 4"});
  expect_refusal({"eval", "weights", "alpha=1", "alpha=2", "n=2"}, 2, {"alpha is given twice"});
  expect_refusal({"eval", "weights", "beta=1"}, 2, {"weights has no parameter 'beta'", "alpha, n, first"});
  expect_refusal({"eval", "weights", "0.5"}, 2, {"'0.5'", "name=value"});
  expect_refusal({"eval", "weights", "alpha=0.5", "n=2", "--digits", "18"}, 2, {"--digits", "18", "1", "17"});
  expect_refusal({"eval", "weights", "alpha=0.5", "n=2", "--digits", "0"}, 2, {"--digits"});
  expect_refusal({"eval", "quadrature", "scheme=bdf7", "alpha=0.5", "n=2"}, 2, {"scheme = 'bdf7'", "bdf1, bdf2", "newton_gregory"});
  expect_refusal({"eval", "quadrature", "scheme=trapezoidal", "alpha=0.5", "n=1", "first=10000001"}, 2, {"first = 10000001", "[0, 10000000]"});
  expect_refusal({"eval", "mittag_leffler", "alpha=0", "z=1"}, 2, {"alpha = 0"});
  expect_refusal({"eval", "mittag_leffler", "alpha=1", "gamma=21", "z=1"}, 2, {"gamma = 21"});
  expect_refusal({"eval", "mittag_leffler", "alpha=1", "derivative=99999999999", "z=1"}, 2, {"derivative = 99999999999", "[0, 10]"});
  expect_refusal({"eval", "initial_corrections", "scheme=bdf3", "derivative=99999"}, 2, {"derivative = 99999", "[0, 1]"});
  EXPECT_EQ(numbers({"eval", "mittag_leffler", "alpha=1", "z=+i"}).size(), 1U);
  expect_refusal({"eval", "mittag_leffler", "alpha=1", "z=1+2"}, 2, {"z = '1+2'", "numbers, as"});
  expect_refusal({"eval", "mittag_leffler", "alpha=1", "z=1,,2"}, 2, {"z = '1,,2'"});
  expect_refusal({"eval", "mittag_leffler", "alpha=1", "z=inf"}, 2, {"z = 'inf'"});
  expect_refusal({"eval", "exponentials", "alpha=0.5", "last=10"}, 2, {"first = 17"});
  expect_refusal({"eval", "exponentials", "alpha=0.5", "last=100", "tolerance=0"}, 2, {"tolerance = 0", "1e-15"});
  expect_refusal({"eval", "exponentials", "alpha=0.5", "last=1000000000"}, 2, {"last = 1000000000", "100000000"});
  expect_refusal({"eval", "product_integration", "rule=trapezoid", "alpha=5", "n=1"}, 2, {"alpha = 5", "4"});
  expect_refusal({"eval", "product_integration", "rule=trapezoid_start", "alpha=1", "n=1", "first=0"}, 2, {"first = 0", "[1,"});
  expect_refusal({"eval", "mesh", "steps=0"}, 2, {"steps = 0", "[1, 9999999]"});
  expect_refusal({"eval", "mesh", "steps=3", "end=-1"}, 2, {"end = -1"});
  expect_refusal({"eval", "mesh", "steps=3", "grading=0.5"}, 2, {"grading = 0.5", "[1, 100]"});
  const json told = json::parse(almanac({"eval", "gamma", "--json"}).out);
  EXPECT_EQ(told["error"]["exit_code"], 2);
}

TEST_F(Eval, TouchesNoCache) {
  EXPECT_EQ(almanac({"eval", "weights", "alpha=0.5", "n=5000"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cache"));
}

}  // namespace
}  // namespace almanac
