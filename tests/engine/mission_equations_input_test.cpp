// What is wrong with a mission of an equation in time is said before anything is computed, with the place and what is allowed.
#include "mission_run.hpp"

#include <almanac/error.hpp>

#include <gtest/gtest.h>

namespace almanac {
namespace {

constexpr std::string_view kRelaxation = R"([model]
equation = "relaxation"
alpha = 0.5
scheme = "bdf2"
[initial]
value = 1
[time]
dt = 0.01
steps = 100
)";

constexpr std::string_view kTerms = R"([model]
equation = "multi_term"
orders = [0.5, 1.0]
coefficients = [1.0, 2.0]
scheme = "bdf2"
[initial]
values = [1.0]
[time]
duration = 1.0
steps = 100
)";

class EquationInput : public ::testing::Test {
 protected:
  /// The message for a mission in which `from` has become `to` begins with that line and holds every part.
  void expect(std::string_view mission, std::string_view from, std::string_view to, int line, std::initializer_list<std::string_view> parts) {
    std::string text(mission);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    std::string message;
    try {
      Mission::load(folder.write("m.toml", text));
    } catch (const InputError& error) {
      message = error.what();
    }
    EXPECT_EQ(message.find((folder / "m.toml").string() + ":" + std::to_string(line) + ": "), 0u) << message;
    for (const std::string_view part : parts) EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  }
  void accept(std::string_view mission, std::string_view from, std::string_view to) {
    std::string text(mission);
    text.replace(text.find(from), from.size(), to);
    EXPECT_NO_THROW(Mission::load(folder.write("m.toml", text))) << to;
  }

  testing::MissionFolder folder;
};

TEST_F(EquationInput, OrdersAndSchemes) {
  expect(kRelaxation, "alpha = 0.5", "alpha = 2.5", 3, {"[model] alpha = 2.5", "(0, 2]"});
  expect(kRelaxation, "alpha = 0.5", "alpha = nan", 3, {"[model] alpha = nan", "(0, 2]"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf7\"", 4, {"[model] scheme = \"bdf7\"", "bdf1, grunwald, bdf2", "predictor_corrector"});
  expect(kRelaxation, "alpha = 0.5\nscheme = \"bdf2\"", "alpha = 1.0\nscheme = \"l1\"", 3, {"[model] alpha = 1", "(0, 1) or (1, 2)", "with l1"});
  expect(kRelaxation, "alpha = 0.5\nscheme = \"bdf2\"", "alpha = 1.5\nscheme = \"l1_2\"", 3, {"[model] alpha = 1.5", "(0, 1)"});
  expect(kTerms, "\"bdf2\"", "\"trapezoidal\"", 3, {"[model] orders", "2 terms", "be one with trapezoidal"});
  expect(kTerms, "[0.5, 1.0]", "[1.0, 0.5]", 3, {"[model] orders = [1, 0.5]", "must increase"});
  expect(kTerms, "[0.5, 1.0]", "[0.5, 4.5]", 3, {"[model] orders", "(0, 4]"});
  expect(kTerms, "[1.0, 2.0]", "[1.0]", 4, {"[model] coefficients = [1]", "must be 2, one an order"});
  expect(kTerms, "[1.0, 2.0]", "[1.0, 0.0]", 4, {"[model] coefficients", "not be 0 in the term of the largest order"});
  expect("[model]\nequation = \"bagley_torvik\"\nscheme = \"l1\"\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 3,
         {"[model] scheme = \"l1\"", "the order 2 must lie in (0, 1) or (1, 2)"});
  expect("[model]\nequation = \"oscillation\"\nalpha = 1.5\ndamping = 1\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 1, {"[model] damping_order is missing", "(0, 1.5)"});
  expect("[model]\nequation = \"oscillation\"\nalpha = 1\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 3, {"[model] alpha = 1", "(1, 2]"});
  expect("[model]\nequation = \"fractional_lorenz\"\nalpha = 1.1\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 3, {"[model] alpha = 1.1", "(0, 1]"});
}

TEST_F(EquationInput, StartsAndHistories) {
  expect(kRelaxation, "\"bdf2\"", "\"l1\"\nstart = \"initial\"", 5, {"[model] start = \"initial\"", "belongs to bdf2 … bdf6, trapezoidal", "scheme = l1"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\nstart = \"first\"", 5, {"[model] start = \"first\"", "auto, none, initial, starting_weights"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\ncorrections = 2", 5, {"[model] corrections = 2", "belongs to predictor_corrector", "scheme = bdf2"});
  expect(kRelaxation, "\"bdf2\"", "\"predictor_corrector\"\ncorrections = 101", 5, {"[model] corrections = 101", "[1, 100]"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\nhistory = \"none\"", 5, {"[model] history = \"none\"", "auto, direct, fft_blocks, exponentials, short_memory"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\nhistory = \"exponentials\"", 5, {"[model] history = \"exponentials\"", "their exponentials are not known"});
  accept(kRelaxation, "\"bdf2\"", "\"grunwald\"\nhistory = \"exponentials\"");
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\nhistory_tolerance = 1e-17", 5, {"[model] history_tolerance = 1e-17", "[1e-15, 1]"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\nhistory_terms = 7", 5, {"[model] history_terms = 7", "belongs to short_memory", "history = auto"});
  expect(kRelaxation, "\"bdf2\"", "\"bdf2\"\nhistory = \"short_memory\"\nhistory_terms = 0", 6, {"[model] history_terms = 0", "[1, "});
  expect(kTerms, "\"bdf2\"\n[initial]\nvalues = [1.0]\n[time]\nduration = 1.0\nsteps = 100",
         "\"bdf2\"\nstart = \"starting_weights\"\n[initial]\nvalues = [1.0]\n[time]\nduration = 1.0\nsteps = 1", 11,
         {"[time] steps = 1", "that starting weights couple"});
}

TEST_F(EquationInput, Times) {
  expect(kRelaxation, "dt = 0.01", "dt = 0.0", 8, {"[time] dt = 0:", "[1e-100, 1e+100]"});
  expect(kRelaxation, "dt = 0.01", "dt = 1e-310", 8, {"[time] dt = ", "[1e-100, 1e+100]"});
  expect(kRelaxation, "dt = 0.01\n", "", 7, {"[time] dt is missing"});
  expect(kRelaxation, "dt = 0.01", "dt = 0.01\nduration = 1", 9, {"[time] duration = 1", "either dt or duration"});
  expect(kRelaxation, "dt = 0.01", "duration = -1", 8, {"[time] duration = -1", "[1e-100, 1e+100]"});
  expect(kRelaxation, "steps = 100", "steps = 100000000", 9, {"[time] steps = 100000000", "[1, 99999999]"});
  expect(kRelaxation, "dt = 0.01", "duration = 1\nmesh = \"fine\"", 9, {"[time] mesh = \"fine\"", "uniform, graded"});
  expect(kRelaxation, "dt = 0.01", "duration = 1\nmesh = \"graded\"", 9, {"[time] mesh = \"graded\"", "steps of bdf2 are equal", "product integration"});
  expect(kRelaxation, "dt = 0.01", "duration = 1\ngrading = 2", 9, {"[time] grading = 2", "mesh = graded"});
  const std::string graded = "duration = 1\nmesh = \"graded\"";
  std::string l1(kRelaxation);
  l1.replace(l1.find("bdf2"), 4, "l1");
  accept(l1, "dt = 0.01", graded);
  expect(l1, "dt = 0.01", graded + "\ngrading = 0.5", 10, {"[time] grading = 0.5", "[1, 100]"});
  expect(l1, "dt = 0.01", graded + "\ndt = 0.1", 10, {"[time] dt = 0.1", "give its duration"});
  std::string direct = l1;
  direct.replace(direct.find("\"l1\""), 4, "\"l1\"\nhistory = \"direct\"");
  expect(direct, "dt = 0.01", graded, 5, {"[model] history = \"direct\"", "leave it out"});
}

TEST_F(EquationInput, InitialValuesAndForcings) {
  expect(kRelaxation, "value = 1", "value = inf", 6, {"[initial] value = inf", "[-1e+100, 1e+100]"});
  expect(kRelaxation, "value = 1", "value = 1\nvelocity = 1", 7, {"[initial] velocity = 1", "belongs to an order above 1", "0.5"});
  expect(kTerms, "[1.0]\n[time]", "[1.0, 0.0]\n[time]", 7, {"[initial] values = [1, 0]", "must be 1"});
  expect("[model]\nequation = \"fractional_lorenz\"\nalpha = 1\n[initial]\nvalues = [1, 2]\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 5,
         {"[initial] values = [1, 2]", "must be three"});
  const auto forcing = [](std::string_view fields) { return "steps = 100\n[forcing]\n" + std::string(fields) + "\n"; };
  expect(kRelaxation, "steps = 100\n", forcing("shape = \"ramp\""), 11, {"[forcing] shape = \"ramp\"", "none, step, pulse, sine"});
  expect(kRelaxation, "steps = 100\n", forcing("amplitude = 1"), 10, {"[forcing] shape is missing"});
  expect(kRelaxation, "steps = 100\n", forcing("shape = \"pulse\""), 10, {"[forcing] length is missing"});
  expect(kRelaxation, "steps = 100\n", forcing("shape = \"step\"\nstart = -1"), 12, {"[forcing] start = -1", "[0, 1e+100]"});
  expect(kRelaxation, "steps = 100\n", forcing("shape = \"step\"\nphase = 1"), 12, {"[forcing] phase = 1", "no such field"});
  expect(kRelaxation, "steps = 100\n", forcing("shape = \"sine\""), 10, {"[forcing] omega is missing"});
}

// Values beyond what products of them may have are no surprise of a step, but refused where they stand.
TEST_F(EquationInput, ExtremeValues) {
  const std::string all = "[-1e+100, 1e+100]", positive = "[1e-100, 1e+100]";
  expect(kRelaxation, "alpha = 0.5", "alpha = 0.5\nlambda = -1e150", 4, {"[model] lambda = -1e150", all});
  expect(kRelaxation, "value = 1", "value = 1e150", 6, {"[initial] value = 1e150", all});
  expect(kRelaxation, "dt = 0.01", "dt = 1e150", 8, {"[time] dt = 1e150", positive});
  expect(kRelaxation, "dt = 0.01", "duration = 1e-150", 8, {"[time] duration = 1e-150", positive});
  expect(kRelaxation, "dt = 0.01", "dt = 1e99", 8, {"[time] dt = 1e99", "dt * steps = 1e+101", positive});
  expect(kTerms, "[0.5, 1.0]\ncoefficients = [1.0, 2.0]", "[0.5, 3.5]\ncoefficients = [1.0, 1e150]", 4, {"[model] coefficients", all});
  expect(kTerms, "[0.5, 1.0]\ncoefficients = [1.0, 2.0]\nscheme = \"bdf2\"\n[initial]\nvalues = [1.0]\n[time]\nduration = 1.0",
         "[0.5, 3.5]\ncoefficients = [1.0, 2.0]\nscheme = \"bdf2\"\n[initial]\nvalues = [1.0]\n[time]\nduration = 1e-30", 9,
         {"[time] duration = 1e-30", "dt^-3.5 = 1e+112", positive});
  expect("[model]\nequation = \"oscillation\"\nomega = 1e150\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 3, {"[model] omega = 1e150", positive});
  expect("[model]\nequation = \"fractional_lorenz\"\nalpha = 1\nrho = 1e150\n[time]\ndt = 1\nsteps = 9\n", "dt", "dt", 4, {"[model] rho = 1e150", all});
  const auto forcing = [](std::string_view fields) { return "steps = 100\n[forcing]\n" + std::string(fields) + "\n"; };
  expect(kRelaxation, "steps = 100\n", forcing("shape = \"step\"\namplitude = 1e150"), 12, {"[forcing] amplitude = 1e150", all});
}

/// The message for a mission of these [model] lines and steps.
TEST_F(EquationInput, ARefusedValueIsToldOnce) {
  try {
    Mission::load(folder.write("m.toml", "[model]\nequation = \"multi_term\"\norders = [0.5, 1.0]\ncoefficients = [1.0, 2.0]\nstart = \"starting_weights\"\n"
                                         "[initial]\nvalues = [1.0]\n[time]\nduration = 1\nsteps = 1\n"));
    FAIL();
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("[time] steps = 1: must be at least the "), std::string::npos) << message;
    EXPECT_EQ(message.find("steps = 1"), message.rfind("steps = 1")) << message;
  }
}

// Fifteen powers of 5 terms begin the solution: 24 + 2 * 15 and more numbers a step, of 8 bytes, 1e8 steps: over 40 GB.
TEST_F(EquationInput, ACaseThatDoesNotFitMemory) {
  expect("[model]\nequation = \"fractional_lorenz\"\nalpha = 0.99\n[time]\ndt = 1e-6\nsteps = 99999999\n[output]\nevery = 1\n",
         "dt", "dt", 6, {"[time] steps = 99999999", "of memory, this machine has"});
}

TEST_F(EquationInput, MoreStepsThanStartingWeightsAreKeptFor) {
  expect("[model]\nequation = \"relaxation\"\nalpha = 0.5\nscheme = \"trapezoidal\"\nstart = \"starting_weights\"\n"
         "[time]\ndt = 1e-6\nsteps = 20000000\n",
         "dt", "dt", 8, {"[time] steps = 20000000", "[1, 10000000]"});
}

}  // namespace
}  // namespace almanac
