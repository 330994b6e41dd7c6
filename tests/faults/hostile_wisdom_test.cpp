// Bundles that are no use, in entries that are sound: each is met in a process of its own, which says so once and plans anew.

#include "engine/foreign_bundle.hpp"
#include "engine/temporary_folder.hpp"
#include "faults/child_processes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

namespace almanac {
namespace {

const FftSpec kProblem{.extent = {12}};

/// Whether a plan of kProblem computes the transform of a unit impulse.
bool is_right(const FftPlan<double>& plan) {
  std::vector<std::complex<double>> in(12), out(12);
  in[1] = 1;
  plan.execute(std::span<const std::complex<double>>(in), std::span(out));
  double worst = 0;
  for (int k = 0; k < 12; ++k) {
    worst = std::max(worst, std::abs(out[static_cast<std::size_t>(k)] - std::polar(1.0, -2 * std::numbers::pi * k / 12)));
  }
  return worst < 1e-14;   // some ten rounding errors of values up to 1
}

class HostileWisdom : public ::testing::Test {
 protected:
  Config config() const {
    Config chosen;
    chosen.cache_dir = folder_ / "cache";
    return chosen;
  }

  /// Puts the bundle into the problem's entry.
  void put(std::string_view bundle) const {
    cache::DiskTier disk({.root = config().cache_dir, .producer = {"almanac/0.1.0", "AVX2"}, .warn = {}});
    const cache::Request request = recipes::fft_wisdom_request<double>(kProblem);
    ASSERT_TRUE(disk.erase(request.key).ok());
    testing::put_bundle(disk, request.key, bundle);
  }

  /// Plans in this process; gives whether it went as it should: with one warning and a plan made anew, or, where `may_serve`,
  /// from the bundle as it is. Whatever happens, the transform is right.
  bool plans(bool may_serve) const {
    int warnings = 0;
    Engine engine(config(), [&](std::string_view) { ++warnings; });
    const FftPlan<double> plan = engine.fft_plan<double>(kProblem);
    const bool anew = plan.provenance().source == "computed" && warnings == 1;
    const bool served = plan.provenance().source == "disk" && warnings == 0;
    if (!is_right(plan) || !(anew || (may_serve && served))) {
      std::fprintf(stderr, "source %s, %d warnings\n", plan.provenance().source.c_str(), warnings);
      return false;
    }
    // What it made is in the place of the useless one.
    Engine later(config(), [&](std::string_view) { ++warnings; });
    return later.fft_plan<double>(kProblem).provenance().source == "disk" && warnings == (anew ? 1 : 0);
  }

  /// Meets the bundle in a process of its own.
  void meet(std::string_view bundle, bool may_serve = false) {
    testing::ChildProcesses children;
    children.expect_well(children.start([&] {
      put(bundle);
      return plans(may_serve);
    }));
  }

  const testing::TemporaryFolder folder_{testing::quickest_place()};
  const std::string bundle_ = [] {
    // Made in another process: what is forked from this one must find a planner that nobody has used.
    testing::SharedMemory<std::array<char, 4096>> text;
    testing::ChildProcesses children;
    children.expect_well(children.start([&] {
      const std::string made = compute::make_wisdom<double>(kProblem);
      std::copy(made.begin(), made.end(), text->begin());
      return made.size() < text->size();
    }));
    return std::string(text->data());
  }();
};

TEST_F(HostileWisdom, IsMetInAPlaceWhereGoodWisdomServes) {
  ASSERT_FALSE(bundle_.empty());
  testing::ChildProcesses children;
  children.expect_well(children.start([&] {
    put(bundle_);
    Engine engine(config());
    return engine.fft_plan<double>(kProblem).provenance().source == "disk";
  }));
}

TEST_F(HostileWisdom, CutOffAnywhereIsPlannedAnew) {
  for (std::size_t length = 0; length < bundle_.size(); length += 7) {
    SCOPED_TRACE(length);
    meet(std::string_view(bundle_).substr(0, length));
  }
}

TEST_F(HostileWisdom, WithAnyByteFlippedIsPlannedAnewOrDoesNoHarm) {
  for (std::size_t at = 0; at < bundle_.size(); ++at) {
    SCOPED_TRACE(at);
    std::string flipped = bundle_;
    flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << (at * 5 % 8)));
    meet(flipped, true);
  }
}

TEST_F(HostileWisdom, OfAnotherVersionPrecisionOrSignatureIsPlannedAnew) {
  const auto replaced = [&](const std::string& what, const std::string& with) {
    std::string text = bundle_;
    return text.replace(text.find(what), what.size(), with);
  };
  meet(replaced("fftw-3", "fftw-4"));
  meet(replaced("fftw_wisdom", "fftwf_wisdom"));
  const std::size_t signature = bundle_.find(" #x");
  meet(replaced(bundle_.substr(signature, 11), " #x00000000"));
}

TEST_F(HostileWisdom, WithHugeFlagsIsPlannedAnew) {
  // Lower and upper flags alike: they are no contradiction, only too large for the planner's fields.
  const std::size_t lower = bundle_.find(" #x", bundle_.find('\n')), upper = bundle_.find(" #x", lower + 1);
  const std::size_t end = bundle_.find(" #x", upper + 1);
  for (const std::string huge : {" #x100000", " #x111bdd", " #x7fffffff", " #xffffffff", " #x100000000", " #xffffffffffffffff"}) {
    SCOPED_TRACE(huge);
    meet(std::string(bundle_).replace(lower, end - lower, huge + huge));
  }
}

TEST_F(HostileWisdom, Of100MegabytesOfGarbageIsPlannedAnew) {
  std::string garbage(100'000'000, '\0');
  std::uint64_t state = 1;
  for (char& c : garbage) c = static_cast<char>((state = state * 6364136223846793005U + 1442695040888963407U) >> 56);
  meet(garbage);
  garbage.replace(0, bundle_.size() - 2, bundle_, 0, bundle_.size() - 2);   // behind records that are as they should be
  meet(garbage);
}

}  // namespace
}  // namespace almanac
