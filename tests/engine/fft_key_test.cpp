// How FFT problems are named, in keys and on the way back from them.

#include "recipes/fft_key.hpp"

#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>
#include <almanac/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace almanac::recipes {
namespace {

using compute::FftProblem;
using compute::FftStrides;
using compute::Rigor;
using compute::Transform;

const FftHost kHost{"cpu x", "AVX9", "fftw-9"};

std::string text(const FftProblem& problem, const FftVariant& variant = {}) {
  return fft_wisdom_key(problem, "double", variant, kHost).text();
}

std::string parameter(const cache::Key& key, std::string_view wanted) {
  for (const auto& [name, value] : key.parameters()) {
    if (name == wanted) return value;
  }
  return "(there is none)";
}

std::string strides(const FftProblem& problem) { return parameter(fft_wisdom_key(problem, "double", {}, kHost), "strides"); }

ParameterValues parse(const ParameterTexts& texts) { return RecipeRegistry::builtin().at("fft_wisdom").parse(texts); }

TEST(FftKey, SaysEverythingThatPlanningDependsOn) {
  EXPECT_EQ(text({.extent = {512, 256}}),
            "fft_wisdom@2{alignment=16;batch=1;cpu=cpu x;direction=forward;extent=512x256;flags=none;in_place=false;isa=AVX9;"
            "precision=double;rigor=measure;signature=fftw-9;split=none;strides=contiguous;threads=1;transform=c2c}");
  const FftVariant variant{.input_alignment = 8, .output_alignment = 0, .input_distance = 0, .output_distance = -34, .flags = "destroy_input+unaligned"};
  EXPECT_EQ(text({.extent = {8, 6}, .transform = {Transform::dct2, Transform::dst1}, .in_place = true, .rigor = Rigor::adaptive, .threads = 3}, variant),
            "fft_wisdom@2{alignment=8,0;batch=1;cpu=cpu x;direction=none;extent=8x6;flags=destroy_input+unaligned;in_place=true;isa=AVX9;"
            "precision=double;rigor=adaptive;signature=fftw-9;split=0,-34;strides=contiguous;threads=3;transform=dct2,dst1}");
}

TEST(FftKey, IsTheSameHoweverTheProblemIsWritten) {
  EXPECT_EQ(text({.extent = {8, 6}, .transform = {Transform::dct2, Transform::dct2}}), text({.extent = {8, 6}, .transform = Transform::dct2}));
  EXPECT_EQ(text({.extent = {8, 6}, .transform = Transform::r2c, .direction = compute::Direction::backward}),
            text({.extent = {8, 6}, .transform = Transform::r2c}));
  const FftStrides in_order{{{6, 12}, {1, 2}}, {{5, 480, 960}, {3, 48, 97}}}, other_order{{{6, 12}, {1, 2}}, {{3, 48, 97}, {1, 7, 7}, {5, 480, 960}}};
  EXPECT_EQ(strides({.extent = {8, 6}, .strides = in_order}), "6:12,1:2/5*480:960,3*48:97");
  EXPECT_EQ(strides({.extent = {8, 6}, .strides = other_order}), "6:12,1:2/5*480:960,3*48:97");
}

TEST(FftKey, BatchesThatRunOnAreOne) {
  EXPECT_EQ(strides({.extent = {4}, .strides = FftStrides{{{2, 2}}, {{3, 80, 160}, {10, 8, 16}}}}), "2:2/30*8:16");
  EXPECT_EQ(strides({.extent = {4}, .strides = FftStrides{{{2, 2}}, {{3, 80, 161}, {10, 8, 16}}}}), "2:2/3*80:161,10*8:16");
}

TEST(FftKey, StridesOfContiguousArraysAreNone) {
  const auto expect_contiguous = [](FftProblem bare, std::int64_t batch, FftStrides strides) {
    FftProblem strided = bare;
    strided.strides = std::move(strides);
    bare.batch = batch;
    EXPECT_EQ(text(strided), text(bare));
  };
  expect_contiguous({.extent = {8, 6}}, 1, {{{6, 6}, {1, 1}}, {}});
  expect_contiguous({.extent = {8, 6}}, 7, {{{6, 6}, {1, 1}}, {{7, 48, 48}}});
  expect_contiguous({.extent = {8, 6}, .transform = Transform::r2c}, 7, {{{6, 4}, {1, 1}}, {{7, 48, 32}}});
  expect_contiguous({.extent = {8, 6}, .transform = Transform::c2r}, 7, {{{4, 6}, {1, 1}}, {{7, 32, 48}}});
  expect_contiguous({.extent = {8, 6}, .transform = Transform::r2c, .in_place = true}, 2, {{{8, 4}, {1, 1}}, {{2, 64, 32}}});
  EXPECT_NE(text({.extent = {8, 6}, .strides = FftStrides{{{7, 6}, {1, 1}}, {}}}), text({.extent = {8, 6}}));
  EXPECT_NE(text({.extent = {8, 6}, .strides = FftStrides{{{6, 6}, {1, 1}}, {{7, 49, 48}}}}), text({.extent = {8, 6}, .batch = 7}));
}

TEST(FftKey, StridesReadBack) {
  const FftStrides strides{{{6, 12}, {1, 2}}, {{5, 480, 960}, {3, 48, 97}}};
  EXPECT_EQ(parse_fft_strides("6:12,1:2/5*480:960,3*48:97"), strides);
  EXPECT_EQ(parse_fft_strides("1:1"), (FftStrides{{{1, 1}}, {}}));
  for (const char* wrong : {"", "1", "1:", ":1", "1:1,", "1:1/", "1:1/3", "1:1/3*", "1:1/3*2", "1:1/3*2:2,", "1:1/3*2:2/3*2:2", "0:1", "-1:1",
                            "1:1 ", " 1:1", "1:1;", "99999999999999999999:1", "contiguous"}) {
    EXPECT_FALSE(parse_fft_strides(wrong)) << '"' << wrong << '"';
  }
}

TEST(FftTexts, OfAProblemLeadBackToIt) {
  const FftStrides strides{{{6, 12}, {1, 2}}, {{5, 480, 960}}};
  for (const FftProblem& problem :
       {FftProblem{.extent = {8, 6}, .strides = strides, .split = true, .rigor = Rigor::adaptive},
        FftProblem{.extent = {5}, .transform = Transform::c2r, .batch = 3, .rigor = Rigor::patient, .threads = 2},
        FftProblem{.extent = {5, 4}, .transform = {Transform::dct1, Transform::hc2r}, .in_place = true, .rigor = Rigor::exhaustive}}) {
    const ParameterValues values = parse(texts_of(problem, "long_double"));
    EXPECT_EQ(std::get<std::string>(values.at("precision")), "long_double");
    const FftProblem back = problem_of(values);
    EXPECT_EQ(text(back), text(problem));
    EXPECT_EQ(back.split, problem.split);
  }
}

TEST(FftTexts, RefuseStridesThatAreNone) {
  try {
    problem_of(parse({{"extent", "8"}, {"strides", "1:1/"}}));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("strides = '1:1/'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(fft_wisdom_request<double>({.extent = {8}, .strides = FftStrides{{{1, 1}, {1, 1}}, {}}}), compute::ArgumentError);
}

TEST(FftRequest, OfTheEngineSaysWhichFlagAndWhichDistanceItsPlansHave) {
  const auto key = [](const FftProblem& problem) { return fft_wisdom_request<double>(problem).key; };
  EXPECT_EQ(parameter(key({.extent = {8}}), "flags"), "none");
  EXPECT_EQ(parameter(key({.extent = {8}, .transform = Transform::c2r}), "flags"), "destroy_input");
  EXPECT_EQ(parameter(key({.extent = {8, 8}, .transform = {Transform::dct2, Transform::hc2r}}), "flags"), "destroy_input");
  EXPECT_EQ(parameter(key({.extent = {8}, .transform = Transform::c2r, .in_place = true}), "flags"), "none");
  for (const FftProblem& problem : {FftProblem{.extent = {9}, .split = true, .rigor = Rigor::adaptive},
                                    FftProblem{.extent = {9, 5}, .transform = Transform::r2c, .split = true, .rigor = Rigor::adaptive}}) {
    FftProblem measured = problem;
    measured.rigor = Rigor::estimate;
    const compute::FftPlan<double> plan(measured, "");
    EXPECT_EQ(parameter(key(problem), "split"), std::to_string(plan.input_split_distance()) + ',' + std::to_string(plan.output_split_distance()));
  }
}

TEST(FftRequest, OfABundleOfAWrappedProgramIsNotItsKeyAndSaysWhy) {
  const Recipe& recipe = RecipeRegistry::builtin().at("fft_wisdom");
  const FftHost here{compute::cpu_model(), std::string(compute::instruction_set()), compute::fftw_signature<double>()};
  const FftProblem problem{.extent = {24}, .rigor = Rigor::patient};
  EXPECT_EQ(recipe.request(recipe.parse(recipe.texts_of(fft_wisdom_key(problem, "double", {}, here), {}))).key,
            fft_wisdom_key(problem, "double", {}, here)) << "what the engine would plan alike is the engine's";
  for (const FftVariant& variant : {FftVariant{.input_alignment = 8}, FftVariant{.flags = "unaligned"}, FftVariant{.output_distance = 4096}}) {
    const cache::Key key = fft_wisdom_key(problem, "double", variant, here);
    EXPECT_FALSE(recipe.request(recipe.parse(recipe.texts_of(key, {}))).key == key);
    EXPECT_NE(recipe.why_not_made(key).find("flags of its own"), std::string::npos);
    EXPECT_EQ(recipe.refusal(bundle_artifact(compute::make_wisdom<double>(problem)), key), std::nullopt);
    const auto refused = recipe.refusal(bundle_artifact("(fftw-3.3.10 nonsense"), key);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->find("FFT wisdom refused"), std::string::npos);
  }
  const cache::Key elsewhere = fft_wisdom_key(problem, "double", {}, kHost);
  EXPECT_NE(recipe.why_not_made(elsewhere).find("another processor"), std::string::npos);
  EXPECT_EQ(recipe.refusal(bundle_artifact("whatever is good there"), elsewhere), std::nullopt);
}

}  // namespace
}  // namespace almanac::recipes
