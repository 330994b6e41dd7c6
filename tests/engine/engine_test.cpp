#include <almanac/engine.hpp>

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/grunwald.hpp>

#include "temporary_folder.hpp"
#include "unprivileged.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <complex>
#include <cstring>
#include <fstream>
#include <numbers>
#include <random>
#include <thread>

namespace almanac {
namespace {

namespace fs = std::filesystem;

Config config_in(const fs::path& folder) {
  Config config;
  config.defaults.admission = cache::Admission::aggressive;  // what is small is made too soon to be worth a file
  config.cache_dir = folder;
  return config;
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

class EngineTest : public ::testing::Test {
 protected:
  /// A new engine over the same folder is what a new process would be.
  Engine engine() {
    return Engine(config_in(folder_ / "cache"), [this](std::string_view line) { warnings_.emplace_back(line); });
  }

  testing::TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

TEST_F(EngineTest, OneTableServesEveryStepAndEveryLength) {
  Engine one = engine();
  const auto first = one.fractional_kernel({.alpha = 1.5, .dt = 0.01, .n = 1000});
  EXPECT_EQ(first.provenance().source, "computed");
  EXPECT_EQ(first.weights().size(), 1000U);
  EXPECT_DOUBLE_EQ(first.scale(), 1000.0);
  const auto second = one.fractional_kernel({.alpha = 1.5, .dt = 0.1, .n = 100});
  EXPECT_EQ(second.provenance().source, "memory");
  EXPECT_EQ(second.weights().data(), first.weights().data()) << "a shorter kernel is a view of the same memory";

  Engine later = engine();
  const auto third = later.fractional_kernel({.alpha = 1.5, .dt = 1, .n = 1024});
  EXPECT_EQ(third.provenance().source, "disk");
  EXPECT_TRUE(same_bits(third.weights().first(1000), first.weights()));
  EXPECT_EQ(third.provenance().key, "fractional_kernel@1{alpha=1.5}");
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(EngineTest, ALongerRequestExtendsTheTableAndKeepsItsPrefix) {
  Engine one = engine();
  const auto before = one.fractional_kernel({.alpha = 0.3, .n = 1000});
  const auto after = one.fractional_kernel({.alpha = 0.3, .n = 5000});
  EXPECT_EQ(after.provenance().source, "computed");
  EXPECT_TRUE(same_bits(before.weights(), after.weights().first(1000)));
  std::vector<double> direct(5000);
  compute::grunwald_weights(0.3, 0, direct);
  EXPECT_TRUE(same_bits(after.weights(), direct));

  Engine later = engine();
  EXPECT_EQ(later.fractional_kernel({.alpha = 0.3, .n = 8192}).provenance().source, "disk") << "lengths are rounded up";
  EXPECT_EQ(later.fractional_kernel({.alpha = 0.3, .n = 8193}).provenance().source, "computed");
}

TEST_F(EngineTest, RefusesKernelArgumentsOutOfRange) {
  Engine one = engine();
  EXPECT_THROW(one.fractional_kernel({.alpha = std::nan("")}), compute::ArgumentError);
  EXPECT_THROW(one.fractional_kernel({.alpha = 5}), compute::ArgumentError);
  EXPECT_THROW(one.fractional_kernel({.alpha = 1, .n = 0}), compute::ArgumentError);
  EXPECT_THROW(one.fractional_kernel({.alpha = 1, .dt = 0}), compute::ArgumentError);
  EXPECT_THROW(one.fractional_kernel({.alpha = 1, .dt = INFINITY}), compute::ArgumentError);
  EXPECT_THROW(one.fractional_kernel({.alpha = 1, .n = std::int64_t{1} << 40}), compute::ArgumentError);
}

TEST_F(EngineTest, ALaplacianComesBackBitForBit) {
  const LaplacianSpec spec{.extent = {24, 17}, .spacing = {0.5, 0.25}, .order = 4, .boundary = {Boundary::neumann, Boundary::periodic}};
  Engine one = engine();
  const auto made = one.laplacian(spec);
  Engine later = engine();
  const auto found = later.laplacian(spec);
  EXPECT_EQ(made.provenance().source, "computed");
  EXPECT_EQ(found.provenance().source, "disk");
  EXPECT_TRUE(cache::identical(made.answer().entry->artifact, found.answer().entry->artifact));
  ASSERT_EQ(found.matrix().rows(), 24 * 17);
  ASSERT_EQ(found.symbol().size(), 2U);
  EXPECT_EQ(found.symbol()[1].size(), 17U);

  std::mt19937_64 random(7);
  std::vector<double> in(24 * 17), out(24 * 17);
  std::ranges::generate(in, [&] { return static_cast<double>(random() >> 11) * 0x1p-53; });
  found.apply(in, out);
  const Eigen::VectorXd product = found.matrix() * Eigen::Map<const Eigen::VectorXd>(in.data(), 24 * 17);
  // A row has 9 coefficients of at most 5/2·(4+16); each product and sum is off by half an ulp of at most 200.
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], product[static_cast<Eigen::Index>(i)], 18 * 200 * 0x1p-53);
}

TEST_F(EngineTest, APlanFromWisdomGivesTheBitsOfThePlanThatWasMeasured) {
  const FftSpec spec{.extent = {48, 60}, .rigor = Rigor::measure};
  std::vector<std::complex<double>> in(48 * 60), first(in.size()), second(in.size());
  std::mt19937_64 random(1);
  for (auto& value : in) value = {static_cast<double>(random() >> 11) * 0x1p-53, static_cast<double>(random() >> 11) * 0x1p-53};
  Engine one = engine();
  const auto measured = one.fft_plan<double>(spec);
  measured.execute(std::span<const std::complex<double>>(in), std::span(first));
  EXPECT_EQ(measured.provenance().source, "computed");
  EXPECT_EQ(one.fft_plan<double>(spec).provenance().source, "memory");
  EXPECT_EQ(&one.fft_plan<double>(spec).plan(), &measured.plan()) << "one problem is one live plan";
  Engine later = engine();
  const auto planned = later.fft_plan<double>(spec);
  EXPECT_EQ(planned.provenance().source, "disk");
  planned.execute(std::span<const std::complex<double>>(in), std::span(second));
  EXPECT_EQ(std::memcmp(first.data(), second.data(), first.size() * sizeof(first[0])), 0);
}

TEST_F(EngineTest, WisdomThatThisFftwRefusesIsMeasuredAnew) {
  const FftSpec spec{.extent = {40}, .rigor = Rigor::measure};
  Engine one = engine();
  const auto plan = one.fft_plan<double>(spec);
  const Key key = cache::Key::parse(plan.provenance().key).value();
  one.cache().erase(key);
  Engine two = engine();
  two.get_or_compute(key, [] { return Artifact({Array::of<std::uint8_t>("wisdom", {3}, {'b', 'a', 'd'})}); });
  Engine three = engine();
  EXPECT_EQ(three.fft_plan<double>(spec).provenance().source, "computed");
  EXPECT_EQ(warnings_.size(), 1U);
  Engine four = engine();
  EXPECT_EQ(four.fft_plan<double>(spec).provenance().source, "disk");
}

TEST_F(EngineTest, EstimatedPlansAreNotKept) {
  const FftSpec spec{.extent = {64}, .rigor = Rigor::estimate};
  Engine one = engine();
  EXPECT_EQ(one.fft_plan<float>(spec).provenance().source, "computed");
  EXPECT_EQ(one.fft_plan<float>(spec).provenance().source, "memory");
  std::size_t entries = 0;
  ASSERT_TRUE(one.disk()->for_each([&](const cache::EntryInfo&) { return ++entries > 0; }));
  EXPECT_EQ(entries, 0U);
}

TEST_F(EngineTest, KeepsTablesOfTheUser) {
  const Key key("my_table", 1, {{"n", 64}});
  std::atomic<int> made = 0;
  const auto make = [&] {
    ++made;
    std::vector<double> values(64);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sqrt(static_cast<double>(i));
    return Artifact({Array::of("roots", {8, 8}, std::move(values))}, {{"note", std::string("mine")}});
  };
  Engine one = engine();
  EXPECT_EQ(one.get_or_compute(key, make).source, "computed");
  EXPECT_EQ(one.get_or_compute(key, make).source, "memory");
  Engine later = engine();
  const auto answer = later.get_or_compute(key, make);
  EXPECT_EQ(answer.source, "disk");
  EXPECT_EQ(answer.entry->artifact.at("roots").as<double>()[9], 3.0);
  EXPECT_EQ(*answer.entry->artifact.attribute<std::string>("note"), "mine");
  EXPECT_EQ(made, 1);
}

TEST_F(EngineTest, AnExceptionReachesTheCallerAndIsNotKept) {
  const Key key("fragile", 1, {{"n", 1}});
  Engine one = engine();
  EXPECT_THROW(one.get_or_compute(key, []() -> Artifact { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(one.get_or_compute(key, [] { return Artifact(); }).source, "computed");
}

TEST_F(EngineTest, ManyThreadsThatAskAtOnceComputeOnce) {
  Engine one = engine();
  std::atomic<int> made = 0;
  std::atomic<int> waiting = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      ++waiting;
      while (waiting < 8) std::this_thread::yield();
      one.get_or_compute(Key("shared", 1, {{"n", 1}}), [&] {
        ++made;
        return Artifact({Array::of<double>("x", {1}, {1.0})});
      });
    });
  }
  threads.clear();
  EXPECT_EQ(made, 1);
}

TEST_F(EngineTest, WithoutACacheEverythingIsComputedAlike) {
  Config config = config_in(folder_ / "none");
  config.enabled = false;
  Engine bare(config);
  const auto kernel = bare.fractional_kernel({.alpha = 0.7, .n = 3000});
  EXPECT_EQ(bare.fractional_kernel({.alpha = 0.7, .n = 3000}).provenance().source, "computed");
  EXPECT_FALSE(fs::exists(folder_ / "none"));
  Engine kept = engine();
  EXPECT_TRUE(same_bits(kernel.weights(), kept.fractional_kernel({.alpha = 0.7, .n = 3000}).weights()));
}

/// A cache that cannot work costs one warning and no answer.
class BrokenCache : public EngineTest {
 protected:
  void expect_work_goes_on() {
    Engine one = engine();
    for (const double alpha : {0.4, 0.6}) {
      const auto kernel = one.fractional_kernel({.alpha = alpha, .n = 2'000'000});
      EXPECT_EQ(kernel.provenance().source, "computed");
      EXPECT_DOUBLE_EQ(kernel.weights()[1], -alpha);
    }
    EXPECT_EQ(one.fft_plan<double>({.extent = {32}}).provenance().source, "computed");
    EXPECT_EQ(warnings_.size(), 1U) << ::testing::PrintToString(warnings_);
  }
};

TEST_F(BrokenCache, AFileInItsPlace) {
  std::ofstream(folder_ / "cache") << "not a folder";
  expect_work_goes_on();
}

TEST_F(BrokenCache, AFolderThatCannotBeMade) {
  // Below a file nothing can be made, not even by root.
  std::ofstream(folder_ / "file") << "x";
  Config config = config_in(folder_ / "file" / "cache");
  Engine one(config, [this](std::string_view line) { warnings_.emplace_back(line); });
  EXPECT_EQ(one.fractional_kernel({.alpha = 0.4, .n = 2'000'000}).provenance().source, "computed");
  EXPECT_EQ(warnings_.size(), 1U) << ::testing::PrintToString(warnings_);
}

TEST_F(BrokenCache, AReadOnlyFolderIsReadAndLeftAlone) {
  {
    Engine one = engine();
    one.fractional_kernel({.alpha = 0.9, .n = 1000});
  }
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "cache")) {
    if (file.is_directory()) fs::permissions(file.path(), fs::perms(0555));
  }
  fs::permissions(folder_ / "cache", fs::perms(0555));
  fs::permissions(folder_.path(), fs::perms(0755));
  {
    const testing::Unprivileged nobody;
    Engine two = engine();
    EXPECT_EQ(two.fractional_kernel({.alpha = 0.9, .n = 1000}).provenance().source, "disk");
    EXPECT_TRUE(warnings_.empty()) << ::testing::PrintToString(warnings_);
    expect_work_goes_on();
  }
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "cache")) {
    if (file.is_directory()) fs::permissions(file.path(), fs::perms::owner_all);
  }
}

TEST_F(BrokenCache, GarbageWhereEntriesAre) {
  {
    Engine one = engine();
    one.fractional_kernel({.alpha = 0.4, .n = 1000});
  }
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "cache" / "objects")) {
    if (!file.is_regular_file()) continue;
    fs::permissions(file.path(), fs::perms::owner_all);
    std::ofstream(file.path(), std::ios::trunc) << "garbage";
  }
  Engine two = engine();
  EXPECT_EQ(two.fractional_kernel({.alpha = 0.4, .n = 1000}).provenance().source, "computed");
  EXPECT_EQ(warnings_.size(), 1U) << ::testing::PrintToString(warnings_);
  Engine three = engine();
  EXPECT_EQ(three.fractional_kernel({.alpha = 0.4, .n = 1000}).provenance().source, "disk") << "healed by the computation";
}

}  // namespace
}  // namespace almanac
