#include "recipes/known_kernels.hpp"

#include "recipes/fractional_kernel.hpp"
#include "temporary_folder.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/engine.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

namespace almanac {
namespace {

using recipes::KnownKernel;
using recipes::KnownKernels;

KnownKernel kernel(const FractionalKernelSpec& spec) {
  return {spec, recipes::fractional_kernel_request(spec.alpha, spec.n), recipes::fractional_scale(spec.alpha, spec.dt)};
}

TEST(KnownKernels, FindWhatWasRememberedAndNothingElse) {
  KnownKernels kernels;
  const FractionalKernelSpec spec{.alpha = 0.5, .dt = 0.01, .n = 100};
  EXPECT_EQ(kernels.find(spec), nullptr);
  kernels.remember(kernel(spec));
  const KnownKernel* known = kernels.find(spec);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->request.key, recipes::fractional_kernel_request(0.5, 100).key);
  EXPECT_EQ(known->request.coverage, 100);
  EXPECT_EQ(known->scale, std::pow(0.01, -0.5));
  kernels.remember(kernel(spec));
  EXPECT_EQ(kernels.find(spec), known) << "it stays where it is";

  EXPECT_EQ(kernels.find({.alpha = 0.25, .dt = 0.01, .n = 100}), nullptr);
  EXPECT_EQ(kernels.find({.alpha = 0.5, .dt = 0.02, .n = 100}), nullptr);
  EXPECT_EQ(kernels.find({.alpha = 0.5, .dt = 0.01, .n = 101}), nullptr);
  EXPECT_EQ(kernels.find({.alpha = std::numeric_limits<double>::quiet_NaN(), .dt = 0.01, .n = 100}), nullptr);
}

TEST(KnownKernels, AreLeftOutWhenTheirPlacesAreTaken) {
  KnownKernels kernels;
  constexpr std::int64_t kMany = 2 * KnownKernels::kPlaces;
  std::size_t known = 0;
  for (std::int64_t n = 1; n <= kMany; ++n) kernels.remember(kernel({.n = n}));
  for (std::int64_t n = 1; n <= kMany; ++n) {
    const KnownKernel* found = kernels.find({.n = n});
    if (found == nullptr) continue;
    ++known;
    EXPECT_EQ(found->request.coverage, n);
  }
  EXPECT_GT(known, KnownKernels::kPlaces / 2);
  EXPECT_LE(known, KnownKernels::kPlaces);
}

TEST(KnownKernels, AreReadWhileOthersAreRemembered) {
  KnownKernels kernels;
  std::atomic<int> wrong{0}, found{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = 0; i < 400; ++i) {
        const FractionalKernelSpec spec{.alpha = 0.5 + 0.125 * static_cast<double>(i % 8), .n = 1 + (i * 7 + t) % 40};
        if (const KnownKernel* known = kernels.find(spec)) {
          ++found;
          wrong += known->request.coverage == spec.n && known->request.key == recipes::fractional_kernel_request(spec.alpha, 1).key ? 0 : 1;
        } else {
          kernels.remember(kernel(spec));
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(found, 0);
}

class EngineWithKnownKernels : public ::testing::Test {
 protected:
  static Config config_for(const std::filesystem::path& folder) {
    Config config;
    config.cache_dir = folder;
    return config;
  }

  testing::TemporaryFolder folder_;
  Engine engine_{config_for(folder_.path())};
};

TEST_F(EngineWithKnownKernels, AnswersAndCountsEachCallLikeTheFirst) {
  const FractionalKernelSpec spec{.alpha = 0.7, .dt = 0.01, .n = 500}, longer{.alpha = 0.7, .dt = 0.02, .n = 2000};
  const FractionalKernel first = engine_.fractional_kernel(spec);
  EXPECT_EQ(first.provenance().source, "computed");
  for (int i = 0; i < 3; ++i) {
    const FractionalKernel again = engine_.fractional_kernel(spec);
    EXPECT_EQ(again.provenance().source, "memory");
    EXPECT_EQ(again.answer().entry, first.answer().entry);
    EXPECT_EQ(again.scale(), first.scale());
    EXPECT_TRUE(std::ranges::equal(again.weights(), first.weights()));
  }
  auto counted = engine_.stats().kinds.at("fractional_kernel");
  EXPECT_EQ(counted.hits, 3U);
  EXPECT_EQ(counted.misses, 1U);

  // The known one sees what the cache has now, not what it had.
  const FractionalKernel table = engine_.fractional_kernel(longer);
  EXPECT_EQ(table.provenance().source, "computed");
  EXPECT_EQ(engine_.fractional_kernel(spec).answer().entry, table.answer().entry);
  engine_.cache().erase(table.answer().entry->key);
  EXPECT_EQ(engine_.fractional_kernel(spec).provenance().source, "computed");
  EXPECT_EQ(engine_.fractional_kernel(longer).provenance().source, "computed");
  counted = engine_.stats().kinds.at("fractional_kernel");
  EXPECT_EQ(counted.hits, 4U);
  EXPECT_EQ(counted.misses, 4U);
}

TEST_F(EngineWithKnownKernels, RefusesEachTimeWhatItRefusesOnce) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_THROW(engine_.fractional_kernel({.alpha = 7}), compute::ArgumentError);
    EXPECT_THROW(engine_.fractional_kernel({.alpha = std::numeric_limits<double>::quiet_NaN()}), compute::ArgumentError);
    EXPECT_THROW(engine_.fractional_kernel({.dt = 0}), compute::ArgumentError);
    EXPECT_THROW(engine_.fractional_kernel({.n = 0}), compute::ArgumentError);
  }
  EXPECT_EQ(engine_.fractional_kernel({.alpha = -0.0}).answer().entry, engine_.fractional_kernel({.alpha = 0.0}).answer().entry);
}

TEST_F(EngineWithKnownKernels, IsGivenUpWhereTheKernelIsKnown) {
  const FractionalKernelSpec spec{.alpha = 0.3, .n = 100};
  const FractionalKernel first = engine_.fractional_kernel(spec);
  engine_.cache().erase(first.answer().entry->key);
  engine_.set_give_up([] { return true; });
  EXPECT_THROW(engine_.fractional_kernel(spec), Interrupted);
  engine_.set_give_up({});
  EXPECT_EQ(engine_.fractional_kernel(spec).provenance().source, "computed");
}

}  // namespace
}  // namespace almanac
