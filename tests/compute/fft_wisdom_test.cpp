#include "new_process.hpp"
#include "planned_by_hand.hpp"
#include "planned_transform.hpp"
#include "wisdom_configurations.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <regex>

namespace almanac::compute {
namespace {

// A folder of its own for one test.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "almanac-fft-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A bundle to damage, of the problem kProblem.
const FftProblem kProblem{.extent = {12, 10}};

const std::string& good_bundle() {
  static const std::string bundle = make_wisdom<double>(kProblem);
  return bundle;
}

TEST(FftWisdom, GivesTheSameBitsInANewProcess) {
  const TemporaryFolder folder;
  const auto& configurations = wisdom_configurations();
  ASSERT_GE(configurations.size(), 100U);
  std::vector<std::string> measured;
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    // Every other simple one in double precision: the bits of the very plan that was measured, by FFTW's plain interface.
    const FftProblem& problem = configurations[i].problem;
    const bool by_hand = i % 2 == 0 && configurations[i].precision == Precision::standard && !problem.strides && !problem.split;
    const PlannedByHand plan = by_hand ? plan_by_hand(problem) : PlannedByHand{make_wisdom(configurations[i]), {}};
    write_file(folder.path() + "/" + std::to_string(i) + ".wisdom", plan.wisdom);
    measured.push_back(by_hand ? plan.bits : bits_with_wisdom(configurations[i], plan.wisdom));
  }
  for (const std::string order : {"1", "2"}) {
    ASSERT_EQ(run_new_process({kPlanWithWisdom, folder.path(), order}), 0);
    for (std::size_t i = 0; i < measured.size(); ++i) {
      EXPECT_TRUE(read_file(folder.path() + "/" + std::to_string(i) + "." + order + ".bits") == measured[i])
          << "configuration " << i;
    }
  }
}

TEST(FftWisdom, IsNotSwayedByOtherWisdomInThePlanner) {
  std::vector<std::string> bundles;
  std::vector<std::string> alone;
  for (std::size_t i = 0; i < 8; ++i) {
    bundles.push_back(make_wisdom(wisdom_configurations()[i]));
    alone.push_back(bits_with_wisdom(wisdom_configurations()[i], bundles[i]));
  }
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    FftProblem patient = wisdom_configurations()[i].problem;
    patient.rigor = Rigor::patient;
    import_wisdom(make_wisdom<double>(patient));    // of the same problem, and perhaps another plan
    import_wisdom(bundles[i]);
  }
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    EXPECT_TRUE(bits_with_wisdom(wisdom_configurations()[i], bundles[i]) == alone[i]) << "configuration " << i;
  }
  forget_wisdom();
}

TEST(FftWisdom, LeavesThePlannerOfTheProgramAsItWas) {
  fftw_signature<double>();    // the planner awake, with threads
  const std::string empty = planner_state();
  const FftProblem problem{.extent = {40}};
  const std::string bundle = make_wisdom<double>(problem);
  EXPECT_EQ(planner_state(), empty);

  // Now with wisdom of its own and another thread count.
  const std::string own = make_wisdom<double>({.extent = {56}});
  plan_with_threads(3);
  import_wisdom(own);
  const std::string state = planner_state();
  ASSERT_NE(state, empty);
  make_wisdom<double>(problem);
  EXPECT_EQ(planner_state(), state);
  { const FftPlan<double> plan(problem, bundle); }
  EXPECT_EQ(planner_state(), state);
  EXPECT_THROW(FftPlan<double>({.extent = {41}}, bundle), WisdomError);
  EXPECT_EQ(planner_state(), state);
  {
    const FftPlanningScope scope;
    const FftPlan<double> first(problem, bundle);
    { const FftPlanningScope nested; }
    const FftPlan<double> second(problem, bundle);
  }
  EXPECT_EQ(planner_state(), state);
  forget_wisdom();
  plan_with_threads(1);
}

TEST(FftWisdom, IsNotUsedForAnotherProblem) {
  const FftProblem problem{.extent = {24, 20}, .transform = Transform::r2c};
  const std::string bundle = make_wisdom<double>(problem);
  EXPECT_NO_THROW(FftPlan<double>(problem, bundle));
  const auto refuses = [&](auto&& change) {
    FftProblem other = problem;
    change(other);
    try {
      const FftPlan<double> plan(other, bundle);
    } catch (const WisdomError&) {
      return true;
    }
    return false;
  };
  EXPECT_TRUE(refuses([](FftProblem& p) { p.extent = {20, 24}; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.transform = Transform::c2r; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.transform = Transform::c2c; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.in_place = true; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.batch = 2; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.threads = 2; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.split = true; }));
  EXPECT_TRUE(refuses([](FftProblem& p) { p.strides = {{{40, 11}, {2, 1}}, {}}; }));
  EXPECT_FALSE(refuses([](FftProblem& p) { p.strides = {{{20, 11}, {1, 1}}, {}}; }));    // the same, said otherwise
  EXPECT_TRUE(refuses([](FftProblem& p) { p.rigor = Rigor::patient; }));
}

TEST(FftWisdom, IsEmptyForEstimatesAndNeededOtherwise) {
  EXPECT_EQ(make_wisdom<float>({.extent = {12}, .rigor = Rigor::estimate}), "");
  EXPECT_NO_THROW(FftPlan<float>({.extent = {12}, .rigor = Rigor::estimate}, ""));
  EXPECT_THROW(FftPlan<float>({.extent = {12}}, ""), WisdomError);
  const std::string measured = make_wisdom<float>({.extent = {12}});
  EXPECT_THROW(FftPlan<float>({.extent = {12}, .rigor = Rigor::estimate}, measured), WisdomError);
}

TEST(FftWisdom, IsNotMadeWhenTheProgramsTimeLimitCutsTheSearchShort) {
  set_time_limit(0);
  EXPECT_THROW(make_wisdom<double>({.extent = {60, 60}}), WisdomError);
  set_time_limit(-1);
  EXPECT_NO_THROW(make_wisdom<double>({.extent = {60, 60}}));
}

TEST(FftWisdom, LosesItsTimeoutsAndNothingElse) {
  const std::string& bundle = good_bundle();
  const std::string timeout = "  (TIMEOUT 0 #x11bdd #x11bdd #x1f #x00000001 #x00000002 #x00000003 #x00000004)\n";
  const std::size_t first = bundle.find('\n') + 1;
  EXPECT_EQ(without_timeouts(bundle), bundle);
  EXPECT_EQ(without_timeouts(std::string(bundle).insert(first, timeout).insert(first, timeout)), bundle);
}

TEST(FftWisdom, NamesWhatItIsBoundTo) {
  EXPECT_TRUE(std::regex_match(fftw_signature<double>(), std::regex("fftw-3[.0-9]+/fftw_wisdom/[0-9a-f]{32}")));
  EXPECT_TRUE(std::regex_match(fftw_signature<long double>(), std::regex("fftw-3[.0-9]+/fftwl_wisdom/[0-9a-f]{32}")));
  EXPECT_TRUE(std::regex_match(fftw_signature<float>(), std::regex("fftw-3[.0-9]+/fftwf_wisdom/[0-9a-f]{32}")));
  EXPECT_NE(cpu_model(), "");
  EXPECT_EQ(cpu_model(), cpu_model());
  EXPECT_EQ(cpu_model().find_first_of("{};=%\n"), std::string::npos);
}

// The bundle with `with` in the place of the first `what`.
std::string replaced(const std::string& what, const std::string& with) {
  std::string text = good_bundle();
  const std::size_t found = text.find(what);
  if (found == std::string::npos) throw std::logic_error("the bundle has no " + what);
  return text.replace(found, what.size(), with);
}

// The bundle with one more record.
std::string with_record(const std::string& record) {
  const std::string& text = good_bundle();
  return text.substr(0, text.size() - 2) + "  " + record + "\n)\n";
}

TEST(HostileWisdom, IsRefusedWithLineAndReason) {
  EXPECT_EQ(refuse_wisdom<double>(good_bundle()), "");
  EXPECT_EQ(refuse_wisdom<double>(""), "there is no wisdom");
  EXPECT_EQ(refuse_wisdom<double>("garbage"), "line 1: this is not the header of FFTW wisdom");
  EXPECT_EQ(refuse_wisdom<double>("garbage\n"), "line 1: this is not the header of FFTW wisdom");
  EXPECT_EQ(refuse_wisdom<float>(good_bundle()), "line 1: wisdom of another precision");
  const std::string extended = make_wisdom<long double>(kProblem);
  EXPECT_EQ(refuse_wisdom<long double>(extended), "");
  EXPECT_EQ(refuse_wisdom<double>(extended), "line 1: wisdom of another precision");
  EXPECT_EQ(refuse_wisdom<long double>(good_bundle()), "line 1: wisdom of another precision");
  EXPECT_THROW(FftPlan<double>(kProblem, extended), WisdomError);
  EXPECT_EQ(refuse_wisdom<double>(replaced("fftw-3", "fftw-4")), "line 1: wisdom of another FFTW version");
  const std::string signature = fftw_signature<double>().substr(fftw_signature<double>().rfind('/') + 1, 8);
  EXPECT_EQ(refuse_wisdom<double>(replaced(signature, "00000000")),
            "line 1: wisdom of an FFTW with other solvers (signature)");
  EXPECT_EQ(refuse_wisdom<double>(good_bundle() + " "), "line " +
            std::to_string(std::count(good_bundle().begin(), good_bundle().end(), '\n') + 1) +
            ": something follows the wisdom");
  EXPECT_EQ(refuse_wisdom<double>(std::string(kMaxWisdomBytes + 1, ' ')), "1048577 bytes: wisdom has at most 1048576");

  const std::string hash = " #x00000001 #x00000002 #x00000003 #x00000004";
  const auto reason = [](const std::string& record) {
    const std::string text = refuse_wisdom<double>(with_record(record));
    const std::size_t colon = text.find(": ");
    return colon == std::string::npos ? text : text.substr(colon + 2);
  };
  EXPECT_EQ(reason("(fftw_codelet_n1_2 0 #x11bdd #x11bdd #x0" + hash + ")"), "");
  EXPECT_EQ(reason("(TIMEOUT 0 #x11bdd #x11bdd #x1f" + hash + ")"), "a record of a search that ran out of time");
  EXPECT_EQ(reason("(a 0 #x100000 #x100000 #x0" + hash + ")"), "the planner's flags do not fit 20 bits");
  EXPECT_EQ(reason("(a 0 #xffffffff #xffffffff #x0" + hash + ")"), "the planner's flags do not fit 20 bits");
  EXPECT_EQ(reason("(a 0 #x100000000 #x0 #x0" + hash + ")"), "the planner's flags do not fit 20 bits");
  EXPECT_EQ(reason("(a 0 #x3 #x1 #x0" + hash + ")"), "the planner's lower flags are not among the upper ones");
  EXPECT_EQ(reason("(a 0 #x1 #x1 #x1" + hash + ")"), "a time limit in a record that is not of a timeout");
  EXPECT_EQ(reason("(a 4095 #x1 #x1 #x0" + hash + ")"), "the solver's number is out of range");
  EXPECT_EQ(reason("(a -1 #x1 #x1 #x0" + hash + ")"), "the solver's number is out of range");
  EXPECT_EQ(reason("(a 99999999999 #x1 #x1 #x0" + hash + ")"), "the solver's number is out of range");
  EXPECT_EQ(reason("(" + std::string(64, 'a') + " 0 #x1 #x1 #x0" + hash + ")"),
            "the solver's name is missing, too long or has odd characters");
  EXPECT_EQ(reason("(a%n 0 #x1 #x1 #x0" + hash + ")"), "the solver's name is missing, too long or has odd characters");
  EXPECT_EQ(reason("(a 0 #x1 #x1 #x0 #x1 #x2 #x3 #x4)"), "the problem's hash is not four times eight hexadecimal digits");
  EXPECT_EQ(reason("(a 0 #x1 #x1 #x0" + hash + ") "), "something follows the record");
  EXPECT_EQ(reason("((a 0 #x1 #x1 #x0" + hash + "))"), "the solver's name is missing, too long or has odd characters");
  EXPECT_EQ(reason(""), "this is not a record");
}

TEST(HostileWisdom, IsRefusedWithMoreRecordsOfOneProblemThanFftwHas) {
  const std::string head = good_bundle().substr(0, good_bundle().find('\n') + 1);
  const auto wisdom = [&](int records, const char* problem) {
    std::string text = head;
    for (int i = 0; i < records; ++i) {    // the halves of the hash that FFTW looks up by are alike, the others are not
      const std::string rest = std::to_string(10'000'000 + i);
      text += std::string("  (fftw_codelet_n1_2 0 #x11bdd #x11bdd #x0 ") + problem + " #x" + rest + " #x" + rest + ")\n";
    }
    return text;
  };
  EXPECT_EQ(refuse_wisdom<double>(wisdom(64, "#x00000001 #x00000002") + ")\n"), "");
  EXPECT_EQ(refuse_wisdom<double>(wisdom(65, "#x00000001 #x00000002") + ")\n"), "line 66: more than 64 records of one problem");
  const std::string two = wisdom(64, "#x00000001 #x00000002") + wisdom(64, "#x00000001 #x00000003").substr(head.size());
  EXPECT_EQ(refuse_wisdom<double>(two + ")\n"), "");
  const std::string both = two + wisdom(1, "#x00000001 #x00000003").substr(head.size()) + wisdom(1, "#x00000001 #x00000002").substr(head.size());
  EXPECT_EQ(refuse_wisdom<double>(both + ")\n"), "line 130: more than 64 records of one problem");
}

// Never reaches FFTW, or does no harm there: an exception, or a plan that computes the right thing.
void expect_harmless(const std::string& wisdom) {
  static const auto input = direct::random_input(kProblem, 1);
  static const auto expected = direct::transform(kProblem, input);
  static const double allowed = direct::error_bound(kProblem, 0x1p-53) * norm(input);
  try {
    const PlannedTransform<double> planned(FftPlan<double>(kProblem, wisdom));
    EXPECT_LE(distance(planned(input), expected), allowed) << wisdom;
  } catch (const WisdomError&) {
    // refused, or without a plan
  }
}

TEST(HostileWisdom, IsRefusedOrHarmlessWhicheverBitIsFlipped) {
  const std::string& bundle = good_bundle();
  const FftPlanningScope scope;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = bundle;
      flipped[i] = static_cast<char>(static_cast<unsigned char>(flipped[i]) ^ (1U << bit));
      if (refuse_wisdom<double>(flipped).empty()) {
        expect_harmless(flipped);
      } else {
        ++refused;
        EXPECT_THROW(FftPlan<double>(kProblem, flipped), WisdomError);
      }
    }
  }
  EXPECT_GT(refused, bundle.size() * 4);
}

TEST(HostileWisdom, IsRefusedUnreadWhenItIsTooLong) {
  // 100 MB that end the process when they are touched.
  constexpr std::size_t kBytes = 100'000'000;
  void* const memory = mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const std::string_view garbage(static_cast<const char*>(memory), kBytes);
  EXPECT_EQ(refuse_wisdom<double>(garbage), "100000000 bytes: wisdom has at most 1048576");
  EXPECT_EQ(refuse_wisdom<long double>(garbage), "100000000 bytes: wisdom has at most 1048576");
  EXPECT_THROW(FftPlan<double>(kProblem, garbage), WisdomError);
  munmap(memory, kBytes);
}

TEST(HostileWisdom, IsRefusedWhereverItIsCutOff) {
  const std::string& bundle = good_bundle();
  for (std::size_t length = 0; length < bundle.size(); ++length) {
    EXPECT_NE(refuse_wisdom<double>(std::string_view(bundle).substr(0, length)), "") << length;
  }
}

TEST(HostileWisdom, IsRefusedOrHarmlessWhenItsRecordsAreMixedUp) {
  // Solvers, flags and hashes of the real records dealt out anew: every number is in range, nothing is consistent.
  const FftPlanningScope scope;
  std::vector<std::array<std::string, 3>> records;
  std::size_t begin = good_bundle().find('\n') + 1;
  const std::string header = good_bundle().substr(0, begin);
  for (std::size_t end; good_bundle()[begin] != ')'; begin = end + 1) {
    end = good_bundle().find('\n', begin);
    const std::string line = good_bundle().substr(begin, end - begin);
    const std::size_t flags = line.find(" #x");
    const std::size_t hash = line.find(" #x", line.find(" #x0") + 1);
    records.push_back({line.substr(0, flags), line.substr(flags, hash - flags), line.substr(hash)});
  }
  std::mt19937 generator(7);
  for (int repetition = 0; repetition < 500; ++repetition) {
    auto mixed = records;
    const std::size_t column = std::uniform_int_distribution<std::size_t>(0, 2)(generator);
    for (std::size_t i = mixed.size(); i-- > 1;) {
      std::swap(mixed[i][column], mixed[std::uniform_int_distribution<std::size_t>(0, i)(generator)][column]);
    }
    std::string text = header;
    for (const auto& record : mixed) text += record[0] + record[1] + record[2] + "\n";
    expect_harmless(text + ")\n");
  }
}

TEST(HostileWisdom, IsRefusedWhenItIsRandomBytes) {
  std::mt19937 generator(8);
  for (int repetition = 0; repetition < 200; ++repetition) {
    std::string bytes(std::uniform_int_distribution<std::size_t>(1, 4000)(generator), '\0');
    for (char& c : bytes) c = static_cast<char>(generator());
    EXPECT_THROW(FftPlan<double>(kProblem, bytes), WisdomError);
    const std::size_t header = good_bundle().find('\n') + 1;
    EXPECT_THROW(FftPlan<double>(kProblem, good_bundle().substr(0, header) + bytes), WisdomError);
  }
  EXPECT_THROW(FftPlan<double>(kProblem, good_bundle() + std::string(1, '\0')), WisdomError);
}

}  // namespace
}  // namespace almanac::compute
