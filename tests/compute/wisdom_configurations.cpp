#include "wisdom_configurations.hpp"

#include "planned_transform.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

namespace almanac::compute {
namespace {

template <class Real>
std::string bits(const FftProblem& problem, const std::string& wisdom) {
  const PlannedTransform<Real> planned(FftPlan<Real>(problem, wisdom));
  const std::vector<Real> output = planned.execute(planned.pack(direct::random_input(problem, 11)));
  const auto values = planned.unpack(output);    // without padding, whose bits nobody promised
  std::vector<Real> reals;
  for (const auto& value : values) {
    reals.push_back(static_cast<Real>(value.real()));
    reals.push_back(static_cast<Real>(value.imag()));
  }
  return {reinterpret_cast<const char*>(reals.data()), reals.size() * sizeof(Real)};
}

}  // namespace

const std::vector<WisdomConfiguration>& wisdom_configurations() {
  using enum Transform;
  static const std::vector<WisdomConfiguration> configurations{
      {false, {.extent = {64}}},
      {false, {.extent = {180}}},
      {false, {.extent = {101}}},
      {false, {.extent = {256}, .direction = Direction::backward, .in_place = true}},
      {false, {.extent = {12, 30}}},
      {false, {.extent = {16, 16}, .in_place = true}},
      {false, {.extent = {4, 6, 10}}},
      {false, {.extent = {40}, .batch = 7}},
      {false, {.extent = {128}, .rigor = Rigor::patient}},
      {false, {.extent = {32}, .threads = 2}},
      {false, {.extent = {240}, .transform = r2c}},
      {false, {.extent = {240}, .transform = r2c, .in_place = true}},
      {false, {.extent = {15, 28}, .transform = r2c}},
      {false, {.extent = {240}, .transform = c2r}},
      {false, {.extent = {15, 14}, .transform = c2r}},
      {false, {.extent = {15, 14}, .transform = c2r, .batch = 2, .in_place = true}},
      {false, {.extent = {100}, .transform = r2hc}},
      {false, {.extent = {12, 18}, .transform = hc2r}},
      {false, {.extent = {33}, .transform = dct1}},
      {false, {.extent = {16, 24}, .transform = dct2}},
      {false, {.extent = {16, 24}, .transform = dct3, .in_place = true}},
      {false, {.extent = {50}, .transform = dct4}},
      {false, {.extent = {15, 17}, .transform = dst1}},
      {false, {.extent = {10, 20}, .transform = {dst2, dct2}}},
      {false, {.extent = {44}, .transform = dst3}},
      {false, {.extent = {45}, .transform = dst4, .batch = 3}},
      {true, {.extent = {64}}},
      {true, {.extent = {12, 30}, .in_place = true}},
      {true, {.extent = {240}, .transform = r2c}},
      {true, {.extent = {15, 28}, .transform = c2r}},
      {true, {.extent = {16, 24}, .transform = dct2}},
      {true, {.extent = {31}, .transform = dst1, .in_place = true}},
  };
  return configurations;
}

std::string bits_with_wisdom(const WisdomConfiguration& configuration, const std::string& wisdom) {
  return configuration.single_precision ? bits<float>(configuration.problem, wisdom)
                                        : bits<double>(configuration.problem, wisdom);
}

int plan_in_this_process(const std::string& folder, const std::string& order) {
  const auto& configurations = wisdom_configurations();
  std::vector<std::size_t> shuffled(configurations.size());
  std::iota(shuffled.begin(), shuffled.end(), std::size_t{0});
  std::mt19937 generator(static_cast<unsigned>(std::stoul(order)));
  std::shuffle(shuffled.begin(), shuffled.end(), generator);
  try {
    for (std::size_t i : shuffled) {
      const std::string stem = folder + "/" + std::to_string(i);
      write_file(stem + "." + order + ".bits", bits_with_wisdom(configurations[i], read_file(stem + ".wisdom")));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
}

}  // namespace almanac::compute
