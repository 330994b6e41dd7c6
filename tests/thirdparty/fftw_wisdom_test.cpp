// Wisdom files to fftw-wisdom(1), pyFFTW and Octave, and back.

#include "command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace almanac::testing {
namespace {

class WisdomFiles : public CommandLineTest {
 protected:
  Outcome fftw_wisdom(Words words) const {
    words.insert(words.begin(), {"/usr/bin/fftw-wisdom", "-n", "-T", "1"});
    return run_program(words, surroundings());
  }
  std::string file(const char* name) const { return (folder_ / name).string(); }
};

std::ptrdiff_t records_of(const std::string& wisdom) { return std::count(wisdom.begin(), wisdom.end(), '\n') - 2; }

TEST_F(WisdomFiles, AreReadByTheProgramOfFftw) {
  ASSERT_EQ(almanac({"get", "fft_wisdom", "extent=48x40", "--output", file("unused")}).exit_code, 0);
  ASSERT_EQ(almanac({"get", "fft_wisdom", "extent=1000", "transform=r2c", "--output", file("unused")}).exit_code, 0);
  ASSERT_EQ(almanac({"wisdom", "export", file("ours")}).exit_code, 0);
  // It plans again only what the file does not hold: with these it adds no record.
  const Outcome read = fftw_wisdom({"-m", "-w", file("ours"), "cof48x40", "rof1000"});
  ASSERT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(records_of(read.out), records_of(contents(file("ours"))));
  const Outcome more = fftw_wisdom({"-m", "-w", file("ours"), "cof48x41"});
  EXPECT_GT(records_of(more.out), records_of(contents(file("ours"))));
}

TEST_F(WisdomFiles, AreReadByPyfftwAndOctave) {
  ASSERT_EQ(almanac({"get", "fft_wisdom", "extent=48x40", "--output", file("unused")}).exit_code, 0);
  ASSERT_EQ(almanac({"wisdom", "export", file("ours")}).exit_code, 0);
  const Outcome python = run_program(
      {"/usr/bin/python3", "-c",
       "import pyfftw, sys\n"
       "assert pyfftw.import_wisdom((open(sys.argv[1], 'rb').read(), b'', b''))[0]\n"
       "a, b = (pyfftw.empty_aligned((48, 40), dtype='complex128') for _ in range(2))\n"
       "pyfftw.FFTW(a, b, axes=(0, 1), flags=('FFTW_MEASURE', 'FFTW_WISDOM_ONLY'))\n",
       file("ours")},
      surroundings());
  EXPECT_EQ(python.exit_code, 0) << python.err;
  const Outcome octave = run_program({"/usr/bin/octave-cli", "--no-init-file", "--no-history", "--eval",
                                      "fftw ('planner');"   // wakes its FFTW, with threads
                                      "fftw ('dwisdom', fileread ('" + file("ours") + "')); printf ('%s', fftw ('dwisdom'));"},
                                     surroundings());
  EXPECT_EQ(octave.exit_code, 0) << octave.err;
  EXPECT_EQ(records_of(octave.out), records_of(contents(file("ours"))));
}

TEST_F(WisdomFiles, OfTheProgramOfFftwAreTakenApart) {
  ASSERT_EQ(fftw_wisdom({"-o", file("theirs"), "cof64", "cib64", "rof100", "cof48x40"}).exit_code, 0);
  const nlohmann::json first = document({"wisdom", "import", file("theirs"), "--quiet"});
  EXPECT_EQ(first["recognised"], 3);            // 48x40 is no size that anybody knows here
  EXPECT_EQ(first["stored"].size(), 6U);        // patient wisdom serves those who ask for less, too
  EXPECT_GT(first["unattributed"], 0);
  const nlohmann::json second = document({"wisdom", "import", file("theirs"), "--extent", "48x40", "--quiet"});
  EXPECT_EQ(second["recognised"], 4);
  EXPECT_EQ(second["stored"].size(), 2U);
  EXPECT_EQ(second["already_there"].size(), 6U);
  EXPECT_EQ(second["unattributed"], 0);
  EXPECT_EQ(document({"get", "fft_wisdom", "extent=64", "rigor=patient", "--output", file("unused")})["source"], "disk");
  // What was taken apart and put together again says the same.
  ASSERT_EQ(almanac({"wisdom", "export", file("ours"), "--rigor", "patient"}).exit_code, 0);
  const Outcome read = fftw_wisdom({"-w", file("ours"), "cof64", "cib64", "rof100", "cof48x40"});
  EXPECT_EQ(records_of(read.out), records_of(contents(file("ours"))));
}

TEST_F(WisdomFiles, OfAnFftwWithoutThreadsAreRefusedWithWhatHelps) {
  ASSERT_EQ(run_program({"/usr/bin/fftw-wisdom", "-n", "-m", "-o", file("theirs"), "cof64"}).exit_code, 0);
  expect_refusal({"wisdom", "import", file("theirs")}, 2, {"theirs", "line 1", "signature", "fftw-wisdom -T 1"});
}

}  // namespace
}  // namespace almanac::testing
