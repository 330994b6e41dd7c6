#include <almanac/error.hpp>
#include <almanac/recipe.hpp>

#include <gtest/gtest.h>

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

TEST(RecipeParameters, TellsUnknownKindsAndNamesTheKnownOnes) {
  try {
    recipe("fractional_kernal");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("fractional_kernel, laplacian, fft_wisdom"), std::string::npos);
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
  expect("fft_wisdom", {{"extent", "64"}, {"threads", "0"}}, {"threads", "0"});
  expect("fft_wisdom", {{"extent", "64"}, {"transform", "fft"}}, {"transform", "fft", "c2c"});
}

}  // namespace
}  // namespace almanac
