#include "command_line.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>

namespace almanac::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// One run of a program: what it took, what it measured itself ("name seconds" a line), and the numbers it computed.
struct ProgramRun {
  double seconds = 0;
  std::map<std::string, double> said;
  std::string err;
  std::string result;
};

class ThirdParty : public CommandLineTest {
 protected:
  /// Runs words, whose last one is the file for the result.
  ProgramRun run(Words words, const std::string& name) const {
    const std::filesystem::path file = folder_ / name;
    words.push_back(file.string());
    const auto start = Clock::now();
    const Outcome outcome = run_program(words, surroundings());
    ProgramRun done{.seconds = std::chrono::duration<double>(Clock::now() - start).count(), .said = {}, .err = outcome.err, .result = {}};
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err << "\nscripts/setup.sh thirdparty installs what is missing";
    std::istringstream lines(outcome.out);
    for (std::string what; lines >> what;) lines >> done.said[what];
    done.result = contents(file);
    EXPECT_FALSE(done.result.empty());
    return done;
  }

  ProgramRun wrapped(Words words, const std::string& name, const Words& options = {}) const {
    Words all{ALMANAC_PROGRAM, "wrap"};
    all.insert(all.end(), options.begin(), options.end());
    all.emplace_back("--");
    all.insert(all.end(), words.begin(), words.end());
    return run(std::move(all), name);
  }

  static Words program(const char* interpreter, std::initializer_list<const char*> options, const char* script) {
    Words words{interpreter};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(std::string(ALMANAC_THIRDPARTY_FOLDER) + "/" + script);
    return words;
  }

  static void print(const char* what, double plain, double with, double asked) {
    std::printf("%-52s %8.2f x asked >= %g x%s\n", what, plain / with, asked, plain / with >= asked ? "" : "  MISSED");
  }
};

/// The largest difference of two results, relative to the largest value.
template <class Real>
double distance(const std::string& a, const std::string& b, std::size_t skipped = 0) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0, largest = 0;
  for (std::size_t at = skipped; at + sizeof(Real) <= std::min(a.size(), b.size()); at += sizeof(Real)) {
    Real x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    worst = std::max(worst, std::abs(static_cast<double>(x) - static_cast<double>(y)));
    largest = std::max(largest, std::abs(static_cast<double>(x)));
  }
  EXPECT_GT(largest, 0);
  return worst / largest;
}

// Errors of an FFT grow with the logarithm of its length: for 2^22 points some 20 rounding errors at worst, 2.2e-15 in double
// precision and 1.2e-6 in single.
constexpr double kDouble = 1e-12, kSingle = 2e-6;

constexpr std::size_t kVipsHeader = 64;   // of a .v file; the pixels follow, then a text with its history
constexpr std::size_t kVipsPixels = std::size_t{2003} * 1999 * 16;

std::string pixels(const std::string& file) {
  EXPECT_GE(file.size(), kVipsHeader + kVipsPixels);
  return file.substr(kVipsHeader, kVipsPixels);
}

TEST_F(ThirdParty, VipsTransformsAnImageWithAPlanThatIsKept) {
  const std::string image = (folder_ / "image.v").string();
  ASSERT_EQ(run_program({"/usr/bin/vips", "gaussnoise", image, "2003", "1999", "--seed", "7"}, surroundings()).exit_code, 0);
  const Words words{"/usr/bin/vips", "fwfft", image};
  const ProgramRun plain = run(words, "plain.v"), cold = wrapped(words, "cold.v"), warm = wrapped(words, "warm.v");
  const ProgramRun again = wrapped(words, "again.v");
  EXPECT_TRUE(pixels(cold.result) == pixels(warm.result));
  EXPECT_TRUE(pixels(again.result) == pixels(warm.result));
  EXPECT_LT(distance<double>(pixels(plain.result), pixels(warm.result)), kDouble);
  std::printf("%s", warm.err.c_str());
  print("vips fwfft, 2003x1999, whole process", plain.seconds, std::min(warm.seconds, again.seconds), 5);
}

TEST_F(ThirdParty, OctavePlansPatientlyOnce) {
  const Words words = program("/usr/bin/octave-cli", {"--no-init-file", "--no-history"}, "octave_patient.m");
  const ProgramRun plain = run(words, "plain"), cold = wrapped(words, "cold"), warm = wrapped(words, "warm");
  EXPECT_TRUE(cold.result == warm.result);
  EXPECT_LT(distance<double>(plain.result, warm.result), kDouble);
  std::printf("%s", warm.err.c_str());
  print("Octave, patient, fft2(600x500), first call", plain.said.at("first"), warm.said.at("first"), 100);
}

TEST_F(ThirdParty, OctaveExecutesFasterWhereEstimatesAreUpgraded) {
  const Words words = program("/usr/bin/octave-cli", {"--no-init-file", "--no-history"}, "octave_default.m");
  const ProgramRun plain = run(words, "plain"), left_alone = wrapped(words, "left_alone");
  const ProgramRun cold = wrapped(words, "cold", {"--upgrade"}), warm = wrapped(words, "warm", {"--upgrade"});
  EXPECT_TRUE(plain.result == left_alone.result);   // an estimate is left as it is, to the last bit
  EXPECT_TRUE(cold.result == warm.result);
  EXPECT_LT(distance<double>(plain.result, warm.result), kDouble);
  std::printf("%s", warm.err.c_str());
  print("Octave, fft2(1024x1024), --upgrade, execution", plain.said.at("execution"), warm.said.at("execution"), 4);
}

TEST_F(ThirdParty, PyfftwPlansPatientlyOnce) {
  const Words words = program("/usr/bin/python3", {}, "pyfftw_patient.py");
  const ProgramRun plain = run(words, "plain"), cold = wrapped(words, "cold"), warm = wrapped(words, "warm");
  EXPECT_TRUE(cold.result == warm.result);
  EXPECT_LT(distance<float>(plain.result, warm.result), kSingle);
  std::printf("%s", warm.err.c_str());
  print("pyfftw, patient, single precision, 1000x600, planning", plain.said.at("planning"), warm.said.at("planning"), 100);
}

}  // namespace
}  // namespace almanac::testing
