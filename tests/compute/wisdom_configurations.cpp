#include "wisdom_configurations.hpp"

#include "planned_transform.hpp"

#include <fftw3.h>

#include <algorithm>
#include <cfloat>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <type_traits>

namespace almanac::compute {
namespace {

template <class Real>
std::string bits(const FftProblem& problem, const std::string& wisdom) {
  const PlannedTransform<Real> planned(FftPlan<Real>(problem, wisdom));
  const std::vector<Real> output = planned.execute(planned.pack(direct::random_input(problem, 11)));
  const auto values = planned.unpack(output);    // without padding, whose bits nobody promised
  // Of a long double the first ten bytes; the others mean nothing.
  constexpr std::size_t kBytes = std::is_same_v<Real, long double> && LDBL_MANT_DIG == 64 ? 10 : sizeof(Real);
  std::string bytes;
  for (const auto& value : values) {
    for (const Real part : {static_cast<Real>(value.real()), static_cast<Real>(value.imag())}) {
      bytes.append(reinterpret_cast<const char*>(&part), kBytes);
    }
  }
  return bytes;
}

// Wisdom as the program's own.
void import(const WisdomConfiguration& configuration, const std::string& wisdom) {
  switch (configuration.precision) {
    case Precision::single: fftwf_import_wisdom_from_string(wisdom.c_str()); break;
    case Precision::standard: fftw_import_wisdom_from_string(wisdom.c_str()); break;
    case Precision::extended: fftwl_import_wisdom_from_string(wisdom.c_str()); break;
  }
}

}  // namespace

const std::vector<WisdomConfiguration>& wisdom_configurations() {
  using enum Transform;
  static const std::vector<WisdomConfiguration> configurations = [] {
    // With threads only small ones: to measure those takes a hundred times as long on a machine that is busy.
    std::vector<FftProblem> standard{
        {.extent = {64}},
        {.extent = {180}},
        {.extent = {101}},
        {.extent = {256}, .direction = Direction::backward, .in_place = true},
        {.extent = {12, 30}},
        {.extent = {16, 16}, .in_place = true},
        {.extent = {4, 6, 10}},
        {.extent = {40}, .batch = 7},
        {.extent = {128}, .rigor = Rigor::patient},
        {.extent = {32}, .threads = 2},
        {.extent = {240}, .transform = r2c},
        {.extent = {120}, .transform = r2c, .in_place = true},
        {.extent = {15, 28}, .transform = r2c},
        {.extent = {120}, .transform = c2r},
        {.extent = {15, 14}, .transform = c2r},
        {.extent = {15, 14}, .transform = c2r, .batch = 2, .in_place = true},
        {.extent = {100}, .transform = r2hc},
        {.extent = {12, 18}, .transform = hc2r},
        {.extent = {33}, .transform = dct1},
        {.extent = {16, 24}, .transform = dct2},
        {.extent = {16, 24}, .transform = dct3, .in_place = true},
        {.extent = {50}, .transform = dct4},
        {.extent = {15, 17}, .transform = dst1},
        {.extent = {10, 20}, .transform = {dst2, dct2}},
        {.extent = {44}, .transform = dst3},
        {.extent = {45}, .transform = dst4, .batch = 3},
        // strides
        {.extent = {60}, .strides = {{{{3, 2}}, {}}}},
        {.extent = {48}, .direction = Direction::backward, .strides = {{{{5, 1}}, {{5, 1, 48}}}}},
        {.extent = {48}, .strides = {{{{5, 5}}, {{5, 1, 1}}}}, .in_place = true},
        {.extent = {12, 20}, .strides = {{{{20, 1}, {1, 12}}, {}}}},
        {.extent = {12, 20}, .strides = {{{{24, 24}, {1, 1}}, {{2, 300, 300}}}}, .in_place = true},
        {.extent = {27}, .strides = {{{{2, 3}}, {{2, 1, 1}, {3, 60, 90}}}}},
        {.extent = {64}, .strides = {{{{4, 4}}, {{4, 1, 1}}}}, .threads = 2},
        {.extent = {50}, .transform = r2c, .strides = {{{{3, 1}}, {{3, 1, 26}}}}},
        {.extent = {10, 16}, .transform = r2c, .strides = {{{{20, 10}, {1, 1}}, {}}}, .in_place = true},
        {.extent = {50}, .transform = c2r, .strides = {{{{1, 3}}, {{3, 26, 1}}}}},
        {.extent = {10, 16}, .transform = c2r, .strides = {{{{10, 20}, {1, 1}}, {}}}, .in_place = true},
        {.extent = {12, 10}, .transform = {dct2, dst3}, .strides = {{{{1, 10}, {12, 1}}, {}}}},
        {.extent = {30}, .transform = {hc2r}, .strides = {{{{2, 2}}, {{2, 1, 1}}}}},
        {.extent = {32}, .transform = {dst4}, .strides = {{{{3, 3}}, {{3, 1, 1}}}}, .in_place = true},
        // split
        {.extent = {64}, .split = true},
        {.extent = {45}, .direction = Direction::backward, .split = true},
        {.extent = {72}, .split = true, .in_place = true},
        {.extent = {72}, .direction = Direction::backward, .split = true, .in_place = true},
        {.extent = {12, 15}, .batch = 2, .split = true},
        {.extent = {16}, .split = true, .threads = 2},
        {.extent = {36}, .strides = {{{{2, 1}}, {{2, 1, 36}}}}, .split = true},
        {.extent = {36}, .strides = {{{{2, 2}}, {{2, 1, 1}}}}, .split = true, .in_place = true},
        {.extent = {90}, .transform = r2c, .split = true},
        {.extent = {9, 14}, .transform = r2c, .batch = 2, .split = true},
        {.extent = {90}, .transform = c2r, .split = true},
        {.extent = {9, 14}, .transform = c2r, .strides = {{{{8, 20}, {1, 1}}, {}}}, .split = true},
        // kinds mixed by axis
        {.extent = {8, 12}, .transform = {hc2r, dct1}},
        {.extent = {6, 5, 8}, .transform = {r2hc, dst1, dct3}, .batch = 2, .in_place = true},
        {.extent = {6, 8}, .transform = {dct4, dst2}, .threads = 2},
    };
    std::vector<WisdomConfiguration> all;
    for (const FftProblem& problem : standard) all.push_back({Precision::standard, problem});
    // Each in one of the other precisions as well, in turns.
    for (std::size_t i = 0; i < standard.size(); ++i) {
      all.push_back({i % 2 == 0 ? Precision::single : Precision::extended, standard[i]});
    }
    return all;
  }();
  return configurations;
}

std::string make_wisdom(const WisdomConfiguration& configuration) {
  switch (configuration.precision) {
    case Precision::single: return make_wisdom<float>(configuration.problem);
    case Precision::extended: return make_wisdom<long double>(configuration.problem);
    case Precision::standard: break;
  }
  return make_wisdom<double>(configuration.problem);
}

std::string bits_with_wisdom(const WisdomConfiguration& configuration, const std::string& wisdom) {
  switch (configuration.precision) {
    case Precision::single: return bits<float>(configuration.problem, wisdom);
    case Precision::extended: return bits<long double>(configuration.problem, wisdom);
    case Precision::standard: break;
  }
  return bits<double>(configuration.problem, wisdom);
}

int plan_in_this_process(const std::string& folder, const std::string& order) {
  const auto& configurations = wisdom_configurations();
  std::vector<std::size_t> shuffled(configurations.size());
  std::iota(shuffled.begin(), shuffled.end(), std::size_t{0});
  std::mt19937 generator(static_cast<unsigned>(std::stoul(order)));
  std::shuffle(shuffled.begin(), shuffled.end(), generator);
  try {
    fftw_signature<float>();    // the planners awake, with threads: else they would not take these bundles
    fftw_signature<double>();
    fftw_signature<long double>();
    for (std::size_t i : shuffled) import(configurations[i], read_file(folder + "/" + std::to_string(i) + ".wisdom"));
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
