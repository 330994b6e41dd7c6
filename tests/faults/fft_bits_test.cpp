// The engine's plans give the same bits in every process over one cache, whatever else is in it and in whatever order.

#include "engine/temporary_folder.hpp"
#include "faults/child_processes.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/engine.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <random>
#include <string_view>
#include <type_traits>
#include <vector>

namespace almanac {
namespace {

enum class Precision { single, standard, extended };

struct Configuration {
  Precision precision;
  FftSpec spec;
};

std::vector<Configuration> configurations() {
  using enum Transform;
  std::vector<FftSpec> specs;
  for (const std::vector<std::int64_t>& extent : std::vector<std::vector<std::int64_t>>{{64}, {45}, {101}, {12, 10}}) {
    for (const bool in_place : {false, true}) {
      specs.push_back({.extent = extent, .direction = Direction::forward, .in_place = in_place});
      specs.push_back({.extent = extent, .direction = Direction::backward, .in_place = in_place});
      for (const Transform transform : {r2c, c2r, r2hc, dct2, dst3}) {
        specs.push_back({.extent = extent, .transform = transform, .in_place = in_place});
      }
    }
  }
  specs.push_back({.extent = {40}, .batch = 7});
  specs.push_back({.extent = {128}, .rigor = Rigor::patient});
  specs.push_back({.extent = {32, 32}, .threads = 2});
  specs.push_back({.extent = {10, 20}, .transform = {dst2, dct1}});
  std::vector<Configuration> all;
  for (const FftSpec& spec : specs) {
    all.push_back({Precision::standard, spec});
    all.push_back({all.size() % 4 == 1 ? Precision::extended : Precision::single, spec});
  }
  return all;
}

constexpr std::size_t kMost = 128, kReaders = 3;

/// A hash of what the engine's plan makes of a fixed input.
template <class Real>
std::uint64_t bits(Engine& engine, const FftSpec& spec) {
  using Complex = std::complex<Real>;
  const FftPlan<Real> plan = engine.fft_plan<Real>(spec);
  // Room for both sides as complex numbers; of a long double the bytes that mean nothing stay zero.
  std::vector<Complex> in(plan.plan().input_size()), out(plan.plan().output_size());
  std::memset(static_cast<void*>(out.data()), 0, out.size() * sizeof(Complex));
  auto* const real_in = reinterpret_cast<Real*>(in.data());
  for (std::size_t i = 0; i < 2 * in.size(); ++i) real_in[i] = static_cast<Real>(i * 7919 % 1009) / 1009;
  const std::span reals_in(real_in, in.size()), reals_out(reinterpret_cast<Real*>(out.data()), out.size());
  const std::span<const Complex> complexes(in);
  const std::span<const Real> reals(reals_in);
  const Transform transform = spec.transform[0];
  if (spec.in_place) {
    transform == Transform::c2c ? plan.execute(std::span(in)) : plan.execute(reals_in);
    out = in;
  } else if (transform == Transform::c2c) {
    plan.execute(complexes, std::span(out));
  } else if (transform == Transform::r2c) {
    plan.execute(reals, std::span(out));
  } else if (transform == Transform::c2r) {
    plan.execute(complexes, reals_out);
  } else {
    plan.execute(reals, reals_out);
  }
  std::string bytes;
  for (const Complex& value : out) {
    for (const Real part : {value.real(), value.imag()}) {
      bytes.append(reinterpret_cast<const char*>(&part), std::is_same_v<Real, long double> ? 10 : sizeof part);
    }
  }
  return cache::Id::of(bytes).low;
}

TEST(FftBits, AreTheSameInEveryProcessOverOneCache) {
  const testing::TemporaryFolder folder(testing::quickest_place());
  const std::vector<Configuration> all = configurations();
  ASSERT_GE(all.size(), 100U);
  ASSERT_LE(all.size(), kMost);
  testing::SharedMemory<std::array<std::array<std::atomic<std::uint64_t>, kMost>, kReaders>> told;
  for (std::size_t process = 0; process < kReaders; ++process) {
    testing::ChildProcesses children;
    children.expect_well(children.start([&] {
      std::vector<std::size_t> order(all.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::mt19937 generator(static_cast<unsigned>(process));
      std::ranges::shuffle(order, generator);
      Config config;
      config.cache_dir = folder / "cache";
      Engine engine(config);
      for (const std::size_t place : order) {
        const auto& [precision, spec] = all[place];
        (*told)[process][place] = precision == Precision::single     ? bits<float>(engine, spec)
                                  : precision == Precision::standard ? bits<double>(engine, spec)
                                                                     : bits<long double>(engine, spec);
      }
      return true;
    }));
  }
  for (std::size_t place = 0; place < all.size(); ++place) {
    EXPECT_NE((*told)[0][place], 0U);
    for (std::size_t process = 1; process < kReaders; ++process) {
      EXPECT_EQ((*told)[process][place], (*told)[0][place]) << "configuration " << place << ", process " << process;
    }
  }
}

}  // namespace
}  // namespace almanac
