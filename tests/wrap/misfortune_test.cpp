// Wrapped programs in circumstances that nobody wishes for.

#include "wrapped_programs.hpp"

#include <algorithm>
#include <fstream>
#include <map>

namespace almanac::testing {
namespace {

class WrapMisfortune : public WrapTest {
 protected:
  /// Wisdom of the program's own, of 24x30 and of 96 points.
  std::string own_wisdom() const {
    const std::string file = (folder_ / "wisdom").string();
    alone({program("planning_double"), "write", file});
    return file;
  }
};

TEST_F(WrapMisfortune, WisdomThatIsImportedOutOfSightIsTheProgramsChoice) {
  const std::string wisdom = own_wisdom();
  wrap({program("planning_double"), "one", "1", "measure"});  // perhaps another plan
  const Wrapped first = wrap({program("loading_program"), ALMANAC_FFTW_LIBRARY, "first", wisdom});
  EXPECT_EQ(first.outcome.out, "planned\n");
  EXPECT_EQ(first["own_wisdom"], 1U) << first.report;
  const Wrapped later = wrap({program("loading_program"), ALMANAC_FFTW_LIBRARY, "later", wisdom});
  EXPECT_EQ(later.outcome.out, "planned\nplanned\nplanned\n");
  EXPECT_EQ(later["own_wisdom"], 1U) << later.report;
  EXPECT_EQ(later["measured"] + later["cached"], 2U) << later.report;
}

TEST_F(WrapMisfortune, WisdomThatIsChangedOutOfSightForAsMuchOfItIsTheProgramsChoice) {
  // Sizes of which FFTW keeps equally many records, whatever it measures here.
  std::map<std::ptrdiff_t, std::string> size_by_records;
  std::string one, other;
  for (const char* size : {"64", "32", "16", "13", "11"}) {
    const std::string file = (folder_ / size).string();
    alone({program("loading_program"), ALMANAC_FFTW_LIBRARY, "save", file, size});
    const auto [there, is_new] = size_by_records.emplace(std::ranges::count(contents(file), '('), size);
    if (is_new) continue;
    one = there->second, other = size;
    break;
  }
  ASSERT_FALSE(other.empty());
  const Words words{program("loading_program"), ALMANAC_FFTW_LIBRARY, "change", (folder_ / one).string(), one, (folder_ / other).string(), other};
  EXPECT_EQ(alone(words).out, "planned\nplanned\nnot planned\nplanned\n");
  for (const char* run : {"measured", "cached"}) {
    const Wrapped wrapped = wrap(words);
    EXPECT_EQ(wrapped.outcome.out, "planned\nplanned\nnot planned\nplanned\n") << run;
    EXPECT_EQ(wrapped[run], 2U) << wrapped.report;
  }
}

TEST_F(WrapMisfortune, LimitsThatAreSetOutOfSightAreSeen) {
  const Wrapped wrapped = wrap({program("loading_program"), ALMANAC_FFTW_LIBRARY, "limit"});
  EXPECT_EQ(wrapped.outcome.out, "planned\nplanned\n");
  EXPECT_EQ(wrapped["kept"], 0U) << wrapped.report;
  EXPECT_EQ(wrapped["passed_on"], 1U) << wrapped.report;
  EXPECT_TRUE(entries().empty());
}

TEST_F(WrapMisfortune, ACleanedUpPlannerHasNoLimit) {
  const Wrapped wrapped = wrap({program("planning_double"), "limit-cleanup"});
  EXPECT_EQ(wrapped["measured"], 1U) << wrapped.report;
  EXPECT_EQ(wrapped["kept"], 1U) << wrapped.report;
}

TEST_F(WrapMisfortune, WhoHoldsTheLoadersLockMayPlan) {
  const Wrapped wrapped = wrap({program("unlucky_program"), "loader", "libfftw3f.so.3"});
  EXPECT_EQ(wrapped.outcome.exit_code, 0);
  EXPECT_EQ(wrapped.outcome.out, "planned\nplanned beside the loader\nplanned\nplanned beside the loader\n");
  EXPECT_EQ(wrapped["measured"], 4U) << wrapped.report;
}

TEST_F(WrapMisfortune, ForkedWhileItPlansAProgramKeepsItsWisdom) {
  const std::string wisdom = own_wisdom();
  for (const char* run : {"measured", "cached"}) {
    const Wrapped wrapped = wrap({program("unlucky_program"), "fork", wisdom, "1000"});
    EXPECT_EQ(wrapped.outcome.exit_code, 0);
    EXPECT_EQ(wrapped.outcome.out,
              "sockets 0\nown planned\nrecords own\nanother planned\nestimate planned\nafterwards planned\n");
    EXPECT_EQ(wrapped[run], 1U) << wrapped.report;
  }
}

TEST_F(WrapMisfortune, ClosedDescriptorsStayClosed) {
  const Wrapped wrapped = wrap({program("unlucky_program"), "closed"});
  EXPECT_EQ(wrapped.outcome.out, "planned 0\n");
  EXPECT_EQ(wrapped["kept"], 1U) << wrapped.report;
}

TEST_F(WrapMisfortune, AFullTemporaryFolderCostsAWarning) {
  const std::string script = (folder_ / "full").string(), place = (folder_ / "place").string();
  std::filesystem::create_directory(place);
  std::ofstream(script) << "mount -t tmpfs -o size=8k tmpfs \"$TMPDIR\" || exit 77\n"
                           "head -c 65536 /dev/zero 2>/dev/null > \"$TMPDIR/all\"\n"
                           "exec \"$@\"\n";
  Words words{"/usr/bin/unshare", "--mount", "/bin/sh", script};
  for (const std::string& word : typed({"wrap", "--", program("planning_double"), "one", "1", "measure"})) words.push_back(word);
  auto with_place = surroundings();
  with_place.emplace_back("TMPDIR", place);
  const Outcome outcome = run_program(words, with_place);
  if (outcome.out.empty() && outcome.exit_code != 0) GTEST_SKIP() << "no file system can be mounted here";
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(value(outcome.out, "plan"), "none");
  EXPECT_EQ(lines(outcome.err).size(), 1U) << outcome.err;
  EXPECT_NE(outcome.err.find("left alone"), std::string::npos) << outcome.err;
}

TEST_F(WrapMisfortune, WhereNothingIsAllowedItPlansAsEver) {
  for (const Words& options : {Words{}, Words{"--upgrade"}}) {
    const Wrapped wrapped = wrap({program("unlucky_program"), "sandbox"}, options);
    EXPECT_EQ(wrapped.outcome.exit_code, 0);
    EXPECT_EQ(wrapped.outcome.out, "inside\nplanned\nplanned\n");
    EXPECT_TRUE(entries().empty());
  }
}

}  // namespace
}  // namespace almanac::testing
