#include <almanac/error.hpp>
#include <almanac/recipe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>

namespace almanac {
namespace {

const Recipe& recipe(std::string_view kind) { return RecipeRegistry::builtin().at(kind); }

std::string key(std::string_view kind, const ParameterTexts& texts) {
  return recipe(kind).request(recipe(kind).parse(texts)).key.text();
}

std::string message(std::string_view kind, const ParameterTexts& texts) {
  try {
    recipe(kind).request(recipe(kind).parse(texts));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(RecipeKeys, AKernelIsNamedByItsOrderAlone) {
  EXPECT_EQ(key("fractional_kernel", {{"alpha", "1.5"}, {"n", "100"}, {"dt", "0.1"}}), "fractional_kernel@1{alpha=1.5}");
  EXPECT_EQ(key("fractional_kernel", {{"alpha", "1.5"}, {"n", "5000"}}), "fractional_kernel@1{alpha=1.5}");
  EXPECT_EQ(key("fractional_kernel", {{"alpha", "-0.0"}}), "fractional_kernel@1{alpha=0}");
  EXPECT_NE(key("fractional_kernel", {{"alpha", "1.5000001"}}), key("fractional_kernel", {{"alpha", "1.5"}}));
}

TEST(RecipeKeys, ALaplacianIsNamedByWhatItIsNotByHowItWasWritten) {
  const std::string expected = "laplacian@1{boundary=periodic;extent=512x512;order=2;spacing=1,1}";
  EXPECT_EQ(key("laplacian", {{"extent", "512x512"}}), expected);
  EXPECT_EQ(key("laplacian", {{"extent", "512,512"}, {"boundary", "periodic,periodic"}, {"spacing", "1.0,1e0"}}), expected);
  EXPECT_EQ(key("laplacian", {{"extent", "8x8"}, {"boundary", "neumann,dirichlet"}, {"spacing", "0.5"}, {"order", "4"}}),
            "laplacian@1{boundary=neumann,dirichlet;extent=8x8;order=4;spacing=0.5,0.5}");
}

TEST(RecipeKeys, WisdomIsBoundToProcessorAndLibrary) {
  const std::string text = key("fft_wisdom", {{"extent", "64"}});
  for (const char* part : {"alignment=16", "cpu=", "isa=", "signature=", "threads=1", "transform=c2c", "direction=forward"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_FALSE(recipe("fft_wisdom").portable());
  EXPECT_NE(key("fft_wisdom", {{"extent", "64"}, {"threads", "2"}}), text);
  EXPECT_NE(key("fft_wisdom", {{"extent", "64"}, {"precision", "single"}}), text);
  EXPECT_NE(key("fft_wisdom", {{"extent", "64"}, {"in_place", "true"}}), text);
}

TEST(RecipeKeys, StartingWeightsAreNamedByTheirExponentsHoweverTheyWereSaid) {
  const std::string expected = "starting_weights@1{alpha=0.5;exponents=0,0.5,1;scheme=bdf2}";
  EXPECT_EQ(key("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}}), expected);
  EXPECT_EQ(key("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"last", "1"}, {"steps", "100000"}}), expected);
  EXPECT_EQ(key("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"exponents", "0,0.5,1"}}), expected);
  EXPECT_NE(key("starting_weights", {{"scheme", "bdf3"}, {"alpha", "0.5"}, {"exponents", "0,0.5,1"}}), expected);
}

TEST(RecipeKeys, ASpectrumIsNamedByItsFunction) {
  EXPECT_EQ(key("mittag_leffler_spectrum", {{"alpha", "0.8"}}), "mittag_leffler_spectrum@2{alpha=0.8;beta=1;derivative=0;gamma=1}");
}

TEST(RecipeParameters, TellsUnknownKindsAndNamesTheKnownOnes) {
  try {
    recipe("fractional_kernal");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("fractional_kernel, laplacian, fft_wisdom, starting_weights, mittag_leffler_spectrum"), std::string::npos);
  }
}

TEST(RecipeParameters, EveryRefusalNamesParameterValueAndWhatIsAllowed) {
  const auto expect = [](std::string_view kind, const ParameterTexts& texts, std::initializer_list<const char*> parts) {
    const std::string text = message(kind, texts);
    for (const char* part : parts) EXPECT_NE(text.find(part), std::string::npos) << text << " lacks " << part;
  };
  expect("fractional_kernel", {}, {"alpha", "missing"});
  expect("fractional_kernel", {{"alpha", "nan"}}, {"alpha", "nan", "-2 … 4"});
  expect("fractional_kernel", {{"alpha", "4.5"}}, {"alpha", "4.5", "[-2, 4]"});
  expect("fractional_kernel", {{"alpha", "1"}, {"n", "0"}}, {"n = 0", "[1,"});
  expect("fractional_kernel", {{"alpha", "1"}, {"n", "1000000000000"}}, {"n = 1000000000000"});
  expect("fractional_kernel", {{"alpha", "1"}, {"n", "99999999999999999999"}}, {"n = ", "integer"});
  expect("fractional_kernel", {{"alpha", "1"}, {"dt", "0"}}, {"dt = 0", "above 0"});
  expect("fractional_kernel", {{"alpha", "1"}, {"dt", "-1"}}, {"dt = -1", "above 0"});
  expect("fractional_kernel", {{"alpha", "1"}, {"m", "1"}}, {"'m'", "alpha, n, dt"});
  expect("fractional_kernel", {{"alpha", "1"}, {"alpha", "2"}}, {"alpha", "twice"});
  expect("laplacian", {{"extent", "2x2"}}, {"extent", "2"});
  expect("laplacian", {{"extent", "64x"}}, {"extent", "64x"});
  expect("laplacian", {{"extent", "4294967296x4294967296x4294967296"}}, {"extent"});
  expect("laplacian", {{"extent", "64x64"}, {"order", "3"}}, {"order", "3", "2"});
  expect("laplacian", {{"extent", "64x64"}, {"boundary", "open"}}, {"boundary", "open", "periodic, dirichlet, neumann"});
  expect("laplacian", {{"extent", "64x64"}, {"spacing", "0"}}, {"spacing", "0"});
  expect("fft_wisdom", {{"extent", "0"}}, {"extent", "0"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"last", "1"}, {"exponents", "0"}}, {"exponents or last, not both"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"exponents", "0,1,1"}}, {"exponents[2] = 1", "exceed the one before"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"exponents", "17"}}, {"exponents[0] = 17", "[0, 16]"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"last", "17"}}, {"last = 17", "[0, 16]"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0"}}, {"alpha = 0"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "5"}, {"exponents", "0"}}, {"alpha = 5", "[-2, 4]"});
  expect("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"steps", "0"}}, {"steps = 0", "[1, "});
  expect("starting_weights", {{"scheme", "bdf9"}, {"alpha", "0.5"}}, {"scheme = 'bdf9'", "newton_gregory"});
  expect("mittag_leffler_spectrum", {{"alpha", "11"}}, {"alpha = 11"});
  expect("mittag_leffler_spectrum", {{"alpha", "1"}, {"derivative", "-5"}}, {"derivative"});
  expect("fft_wisdom", {{"extent", "64"}, {"threads", "0"}}, {"threads", "0"});
  expect("fft_wisdom", {{"extent", "64"}, {"transform", "fft"}}, {"transform", "fft", "c2c"});
}

TEST(Recipes, EstimateATableByItsParameters) {
  const auto seconds = [](const char* alpha, const char* beta, const char* gamma) {
    const Recipe& table = recipe("mittag_leffler_spectrum");
    return std::chrono::duration<double>(table.request(table.parse({{"alpha", alpha}, {"beta", beta}, {"gamma", gamma}})).estimate).count();
  };
  EXPECT_LT(seconds("0.8", "1", "1"), 0.2);
  EXPECT_GT(seconds("0.99", "-20", "1"), 1.0);  // some 4 s
  EXPECT_GT(seconds("0.5", "1", "0.5"), 1.0);
  EXPECT_LT(seconds("0.5", "-99", "1"), 20.0);
}

/// What is asked for, as it would be stored: with the attributes of a table of that length where the kind grows.
cache::Attributes attributes_of(const cache::Request& request) {
  return request.coverage > 0 ? cache::Attributes{{std::string(cache::kCoverage), request.coverage}} : cache::Attributes{};
}

TEST(RecipeTexts, LeadFromAKeyBackToTheSameKey) {
  const std::vector<std::pair<std::string, std::vector<ParameterTexts>>> requests{
      {"fractional_kernel",
       {{{"alpha", "0.5"}}, {{"alpha", "-0.0"}, {"n", "1"}}, {{"alpha", "1e-300"}, {"n", "1025"}},
        {{"alpha", "1.4999999999999998"}, {"n", "100000"}, {"dt", "0.01"}}}},
      {"laplacian",
       {{{"extent", "9"}}, {{"extent", "64x32"}, {"spacing", "0.1,0.2"}, {"order", "4"}}, {{"extent", "8,8,8"}, {"spacing", "1e-7"}},
        {{"extent", "8x8"}, {"boundary", "neumann,dirichlet"}}, {{"extent", "12x9"}, {"boundary", "dirichlet,dirichlet"}, {"order", "6"}},
        {{"extent", "6x7"}, {"boundary", "neumann_dirichlet,dirichlet_neumann"}}}},
      {"fft_wisdom",
       {{{"extent", "64"}}, {{"extent", "8x9x10"}, {"direction", "backward"}, {"batch", "3"}, {"in_place", "true"}, {"threads", "2"}},
        {{"extent", "16"}, {"transform", "r2c"}, {"precision", "single"}, {"rigor", "patient"}},
        {{"extent", "16"}, {"transform", "c2r"}, {"direction", "backward"}},
        {{"extent", "8x8"}, {"transform", "dct2,dst1"}, {"rigor", "exhaustive"}},
        {{"extent", "16"}, {"precision", "long_double"}, {"rigor", "adaptive"}},
        {{"extent", "8x6"}, {"strides", "6:12,1:2/3*48:96"}}}},
      {"starting_weights",
       {{{"scheme", "bdf3"}, {"alpha", "0.5"}}, {{"scheme", "trapezoidal"}, {"alpha", "-0.3"}, {"steps", "5000"}},
        {{"scheme", "bdf2"}, {"alpha", "0.1"}, {"exponents", "0.1,0.30000000000000004,2"}, {"steps", "1"}}}},
      {"mittag_leffler_spectrum",
       {{{"alpha", "0.8"}}, {{"alpha", "1.5"}, {"beta", "-0.0"}, {"gamma", "2"}, {"derivative", "1"}}}}};
  ASSERT_EQ(requests.size(), RecipeRegistry::builtin().recipes().size()) << "a new kind belongs here";
  for (const auto& [kind, list] : requests) {
    for (const ParameterTexts& texts : list) {
      const cache::Request request = recipe(kind).request(recipe(kind).parse(texts));
      const ParameterTexts back = recipe(kind).texts_of(request.key, attributes_of(request));
      const cache::Request again = recipe(kind).request(recipe(kind).parse(back));
      EXPECT_EQ(again.key.text(), request.key.text());
      EXPECT_EQ(again.coverage, request.coverage) << request.key.text();
    }
  }
}

TEST(RecipeTexts, OfAnotherHostsWisdomLeadToThisHostsKey) {
  const cache::Key here = recipe("fft_wisdom").request(recipe("fft_wisdom").parse({{"extent", "64"}})).key;
  std::vector<cache::Key::Parameter> parameters;
  for (const auto& [name, value] : here.parameters()) parameters.emplace_back(name, name == "cpu" ? "another" : value);
  const cache::Key elsewhere("fft_wisdom", here.version(), parameters);
  ASSERT_FALSE(elsewhere == here);
  EXPECT_EQ(key("fft_wisdom", recipe("fft_wisdom").texts_of(elsewhere, {})), here.text());
}

class RecipeDifference : public ::testing::Test {
 protected:
  /// Computes an artifact of these parameters, which the tests below then change.
  void make(std::string_view kind, const ParameterTexts& texts) {
    recipe_ = &recipe(kind);
    values_ = recipe_->parse(texts);
    fresh_ = recipe_->request(values_).make(nullptr);
  }
  /// What difference() says of the artifact with one value of one array moved by some ulp; "same": nothing.
  std::string moved(std::string_view array, std::size_t index, int ulps, bool same_maker) {
    std::vector<cache::Array> arrays;
    for (const cache::Array& one : fresh_.arrays()) {
      if (one.name() != array) {
        arrays.push_back(one);
        continue;
      }
      std::vector<double> values(one.as<double>().begin(), one.as<double>().end());
      for (int i = 0; i < std::abs(ulps); ++i) values[index] = std::nextafter(values[index], ulps > 0 ? 1e300 : -1e300);
      arrays.push_back(cache::Array::of(one.name(), one.shape(), values));
    }
    return told(cache::Artifact(std::move(arrays), fresh_.attributes()), same_maker);
  }
  std::string told(const cache::Artifact& stored, bool same_maker) {
    return recipe_->difference(stored, values_, same_maker).value_or("same");
  }

  const Recipe* recipe_ = nullptr;
  ParameterValues values_;
  cache::Artifact fresh_;
};

TEST_F(RecipeDifference, OfWhatWasMadeAnewIsNone) {
  for (const auto& [kind, texts] : {std::pair<std::string, ParameterTexts>{"fractional_kernel", {{"alpha", "0.3"}, {"n", "5000"}}},
                                    {"laplacian", {{"extent", "9x8"}, {"boundary", "neumann,periodic"}}},
                                    {"fft_wisdom", {{"extent", "16"}}},
                                    {"starting_weights", {{"scheme", "bdf3"}, {"alpha", "0.5"}, {"steps", "100"}}},
                                    {"mittag_leffler_spectrum", {{"alpha", "0.8"}}},
                                    {"fft_wisdom", {{"extent", "16"}, {"precision", "single"}}}}) {
    make(kind, texts);
    EXPECT_EQ(told(fresh_, true), "same") << kind;
    EXPECT_EQ(told(fresh_, false), "same") << kind;
  }
}

TEST_F(RecipeDifference, OfWeightsIsEveryBitForOneMakerAndTwoUlpBetweenTwo) {
  make("fractional_kernel", {{"alpha", "0.5"}});
  const std::string told = moved("weights", 17, 1, true);
  EXPECT_TRUE(told.starts_with("weights[17] = -0.00") && told.find(" is stored, computing it gives -0.00") != std::string::npos) << told;
  EXPECT_EQ(moved("weights", 17, 2, false), "same");
  EXPECT_EQ(moved("weights", 17, -2, false), "same");
  EXPECT_NE(moved("weights", 17, 3, false).find("weights[17] = "), std::string::npos);
  EXPECT_NE(moved("weights", 17, -3, false).find("is allowed"), std::string::npos);
  // w_0 = 1 stands at a power of two: below it an ulp is half as large, and 1 ulp(w) down is 2 ulp of what is there.
  EXPECT_EQ(moved("weights", 0, -2, false), "same");
  EXPECT_NE(moved("weights", 0, -5, false), "same");
}

TEST_F(RecipeDifference, OfAShorterTableIsJudgedByWhatItHolds) {
  make("fractional_kernel", {{"alpha", "0.5"}});
  const auto prefix = [&](std::int64_t length, std::int64_t coverage) {
    const cache::Array& table = fresh_.at("weights");
    cache::Attributes attributes = fresh_.attributes();
    attributes[std::string(cache::kCoverage)] = coverage;
    return told(cache::Artifact({cache::Array("weights", cache::Type::f64, {length}, table.data(), table.owner())}, attributes), true);
  };
  EXPECT_EQ(prefix(1000, 1000), "same");
  EXPECT_NE(prefix(1000, 1024), "same") << "it says it holds more";
  EXPECT_NE(prefix(1000, 900), "same");
}

TEST_F(RecipeDifference, OfALaplacianIsItsStatedAccuracyBetweenTwoMakers) {
  make("laplacian", {{"extent", "9x8"}, {"spacing", "0.1"}, {"order", "4"}});
  for (const char* array : {"data", "symbol_0"}) {
    EXPECT_NE(moved(array, 3, 1, true).find(array), std::string::npos);
    EXPECT_EQ(moved(array, 3, 4, false), "same") << array;
  }
  // 11 and 45 units of 2^-53 are less than 12 and 46 ulp.
  EXPECT_NE(moved("data", 3, 12, false).find("data[3] = "), std::string::npos);
  EXPECT_EQ(moved("symbol_0", 3, 12, false), "same");
  EXPECT_NE(moved("symbol_0", 3, 46, false).find("symbol_0[3] = "), std::string::npos);
  std::vector<cache::Array> arrays(fresh_.arrays().begin(), fresh_.arrays().end());
  std::vector<std::int32_t> indices(fresh_.at("indices").as<std::int32_t>().begin(), fresh_.at("indices").as<std::int32_t>().end());
  ++indices[5];
  arrays[1] = cache::Array::of("indices", arrays[1].shape(), indices);
  EXPECT_NE(told(cache::Artifact(arrays, fresh_.attributes()), false).find("indices[5] = "), std::string::npos);
}

TEST_F(RecipeDifference, OfStartingWeightsIsTheirErrorBetweenTwoMakers) {
  make("starting_weights", {{"scheme", "bdf2"}, {"alpha", "0.5"}, {"steps", "100"}});
  // Weights 0 … 2 are the first row; of their errors and roundings nothing is above some ulp of its largest.
  EXPECT_NE(moved("weights", 1, 1, true).find("weights[0, 1] = "), std::string::npos);
  EXPECT_EQ(moved("weights", 1, 1, false), "same");
  EXPECT_NE(moved("weights", 1, 1000, false).find("is allowed"), std::string::npos);
  EXPECT_NE(told(cache::Artifact({fresh_.at("exponents")}, fresh_.attributes()), false), "same");
}

TEST_F(RecipeDifference, OfASpectrumIsWhatItsTableGivesBetweenTwoMakers) {
  make("mittag_leffler_spectrum", {{"alpha", "0.8"}});
  // Number 5 is the function at zero, whose bits count for one maker.
  EXPECT_NE(moved("table", 5, 1, true).find("table[5] = "), std::string::npos);
  EXPECT_EQ(moved("table", 5, 1, false), "same");
  EXPECT_NE(moved("table", 5, 1000, false).find("the stored table gives"), std::string::npos);
  EXPECT_NE(moved("table", 1, 1, false).find("function that is asked for"), std::string::npos) << "a table of another alpha";
  EXPECT_NE(told(cache::Artifact(), false), "same");
}

TEST_F(RecipeDifference, NamesAttributesAndShapesToo) {
  make("laplacian", {{"extent", "9"}});
  const std::vector<cache::Array> arrays(fresh_.arrays().begin(), fresh_.arrays().end());
  cache::Attributes attributes = fresh_.attributes();
  attributes["shape"] = std::vector<std::int64_t>{9, 8};
  EXPECT_EQ(told(cache::Artifact(arrays, attributes), false), "attribute shape = [9, 8] is stored, computing it gives [9, 9]");
  EXPECT_NE(told(cache::Artifact(arrays, {}), false).find("attribute extent is missing"), std::string::npos);
  EXPECT_EQ(told(cache::Artifact({arrays.begin(), arrays.end() - 1}, fresh_.attributes()), false),
            "3 arrays are stored, computing it gives 4");
  EXPECT_NE(told(cache::Artifact(), false), "same");
}

TEST_F(RecipeDifference, OfWisdomIsWhetherItPlansThisProblemAlone) {
  make("fft_wisdom", {{"extent", "64"}});
  const cache::Artifact of_64 = fresh_;
  make("fft_wisdom", {{"extent", "48x20"}, {"transform", "r2c"}});
  EXPECT_EQ(told(fresh_, true), "same");
  EXPECT_NE(told(of_64, true).find("wisdom does not plan this problem"), std::string::npos);
  const std::string nonsense = "(fftw-3.3.10 nonsense)";
  const std::vector<std::uint8_t> bytes(nonsense.begin(), nonsense.end());
  const auto size = static_cast<std::int64_t>(bytes.size());
  EXPECT_NE(told(cache::Artifact({cache::Array::of("wisdom", {size}, bytes)}), true), "same");
  EXPECT_NE(told(cache::Artifact({cache::Array::of("weights", {size}, bytes)}), true), "same");
}

}  // namespace
}  // namespace almanac
