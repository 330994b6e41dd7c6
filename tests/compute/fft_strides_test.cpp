#include "planned_transform.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <random>

namespace almanac::compute {
namespace {

using enum Transform;

FftProblem strided(std::vector<std::int64_t> extent, PerAxis<Transform> transform, FftStrides strides, bool in_place = false) {
  return {.extent = std::move(extent), .transform = std::move(transform), .strides = std::move(strides), .in_place = in_place,
          .rigor = Rigor::estimate};
}

FftProblem split(FftProblem problem) {
  problem.split = true;
  return problem;
}

FftProblem backward(FftProblem problem) {
  problem.direction = Direction::backward;
  return problem;
}

FftProblem measured(FftProblem problem) {
  problem.rigor = Rigor::measure;
  return problem;
}

// What a program has: columns, every third value, padded rows, a transposed result, interleaved rows, batches of batches.
std::vector<FftProblem> problems() {
  std::vector<FftProblem> all{
      strided({16}, c2c, {{{3, 2}}, {}}),
      strided({17}, c2c, {{{1, 5}}, {{4, 20, 1}}}),
      strided({12}, c2c, {{{7, 1}}, {{7, 1, 12}}}),                        // columns in, rows out
      strided({12}, c2c, {{{7, 7}}, {{7, 1, 1}}}, true),                    // columns, in place
      strided({12}, c2c, {{{2, 2}}, {{2, 1, 1}, {3, 30, 30}}}, true),       // interleaved rows
      strided({6, 10}, c2c, {{{10, 1}, {1, 6}}, {}}),                       // a transposed output
      strided({6, 10}, c2c, {{{13, 11}, {1, 1}}, {{2, 80, 70}}}),           // padded rows
      strided({4, 3, 5}, c2c, {{{1, 30}, {4, 10}, {12, 2}}, {}}),
      strided({5}, c2c, {{{2, 3}}, {{2, 1, 1}, {3, 16, 16}}}),
      strided({6}, c2c, {{{3, 1}}, {{3, 1, 6}, {1, 1, 1}}}),
      strided({4}, c2c, {{{3, 1}}, {{4, 4, 4}}}),                           // distinct, though not nested
      strided({18}, r2c, {{{2, 3}}, {{3, 40, 40}}}),
      strided({15}, r2c, {{{3, 1}}, {{3, 1, 8}}}),
      strided({6, 9}, r2c, {{{20, 7}, {2, 1}}, {}}),
      strided({6, 8}, r2c, {{{12, 6}, {1, 1}}, {{2, 80, 40}}}, true),
      strided({8}, r2c, {{{8, 4}}, {{4, 2, 1}}}, true),                     // interleaved rows of complex numbers
      strided({18}, c2r, {{{2, 3}}, {{3, 40, 60}}}),
      strided({6, 9}, c2r, {{{1, 20}, {6, 2}}, {}}),
      strided({6, 8}, c2r, {{{6, 12}, {1, 1}}, {{2, 40, 80}}}, true),
      strided({6, 5}, {dct2, dst1}, {{{1, 7}, {6, 1}}, {{2, 50, 60}}}),
      strided({6, 5}, {dct3, hc2r}, {{{5, 5}, {1, 1}}, {{2, 30, 30}}}, true),
      strided({14}, r2hc, {{{4, 2}}, {{2, 1, 1}}}),
      strided({14}, hc2r, {{{4, 2}}, {{2, 1, 1}}}),
      strided({9}, dst4, {{{3, 3}}, {{3, 1, 1}}}, true),
  };
  const std::size_t whole = all.size();
  for (std::size_t i = 0; i < whole; ++i) {
    const Transform kind = all[i].transform[0];
    if (kind == c2c) all.push_back(backward(all[i]));
    if (kind == c2c) all.push_back(split(all[i]));
    if (kind == c2c) all.push_back(split(backward(all[i])));
    if ((kind == r2c || kind == c2r) && !all[i].in_place) all.push_back(split(all[i]));
  }
  // Split and contiguous; the lengths are odd and even, the distances padded and not.
  for (const bool in_place : {false, true}) {
    for (const std::int64_t n : {1, 2, 7, 16, 30}) {
      const FftProblem problem{.extent = {n}, .batch = 3, .split = true, .in_place = in_place, .rigor = Rigor::estimate};
      all.push_back(problem);
      all.push_back(backward(problem));
    }
    all.push_back({.extent = {4, 6, 5}, .split = true, .in_place = in_place, .rigor = Rigor::estimate});
  }
  for (const Transform kind : {r2c, c2r}) {
    all.push_back({.extent = {15}, .transform = kind, .batch = 2, .split = true, .rigor = Rigor::estimate});
    all.push_back({.extent = {6, 8}, .transform = kind, .split = true, .rigor = Rigor::estimate});
  }
  return all;
}

// The same transform of the same values in contiguous arrays of interleaved numbers.
FftProblem contiguous(const FftProblem& problem) {
  FftProblem plain = problem;
  plain.batch = static_cast<std::int64_t>(direct::arrays(problem));
  plain.strides.reset();
  plain.split = plain.in_place = false;
  return plain;
}

template <class Real>
class PlacedFft : public testing::Test {
 protected:
  static constexpr double kUnitRoundoff = std::numeric_limits<Real>::epsilon() / 2;

  static void expect_the_direct_sum(const FftProblem& problem) {
    SCOPED_TRACE(describe(problem));
    const auto input = direct::random_input(problem, 1);
    const PlannedTransform<Real> transform = planned<Real>(problem);
    const auto output = transform(input);
    const double allowed = direct::error_bound(problem, kUnitRoundoff) * norm(input);
    EXPECT_LE(distance(output, direct::transform(problem, input)), allowed);
    EXPECT_LE(distance(output, planned<Real>(contiguous(problem))(input)), 2 * allowed);
    EXPECT_TRUE(transform.input_is_intact());
    EXPECT_TRUE(transform.gaps_are_intact());
  }
};

using Precisions = testing::Types<float, double, long double>;
TYPED_TEST_SUITE(PlacedFft, Precisions);

TYPED_TEST(PlacedFft, IsTheDirectSumWithStridesAndSplit) {
  for (const FftProblem& problem : problems()) this->expect_the_direct_sum(problem);
}

TYPED_TEST(PlacedFft, IsTheDirectSumWhenMeasuredAndWithThreads) {
  const auto all = problems();
  for (std::size_t i = 0; i < all.size(); i += 7) {
    this->expect_the_direct_sum(measured(all[i]));
    FftProblem threaded = all[i];
    threaded.threads = 2;
    this->expect_the_direct_sum(threaded);
  }
}

// All small strides there are of r2c in place: what check lets pass, FFTW computes.
TYPED_TEST(PlacedFft, IsTheDirectSumForAllSmallStridesInPlace) {
  int accepted = 0;
  for (const Transform kind : {r2c, c2r}) {
    for (std::int64_t n : {1, 2, 5, 8}) {
      for (std::int64_t real = 1; real <= 5; ++real) {
        for (std::int64_t complex = 1; complex <= 4; ++complex) {
          for (std::int64_t batch = 1; batch <= 12; batch += batch < 4 ? 1 : 4) {
            const FftStrides::Axis axis{kind == r2c ? real : complex, kind == r2c ? complex : real};
            const FftStrides::Batch rows{2, kind == r2c ? 2 * batch : batch, kind == r2c ? batch : 2 * batch};
            const FftProblem problem = strided({n}, kind, {{axis}, {rows}}, true);
            try {
              check(problem, sizeof(TypeParam));
            } catch (const ArgumentError&) {
              continue;
            }
            ++accepted;
            this->expect_the_direct_sum(problem);
          }
        }
      }
    }
  }
  EXPECT_GT(accepted, 100);
}

TYPED_TEST(PlacedFft, GivesTheSameBitsWhereverTheArraysLie) {
  for (const FftProblem& problem : problems()) {
    SCOPED_TRACE(describe(problem));
    const PlannedTransform<TypeParam> transform = planned<TypeParam>(problem);
    const auto input = transform.pack(direct::random_input(problem, 4));
    const auto aligned = transform.unpack(transform.execute(input));
    for (const std::size_t shift : {0, 1, 3}) {    // of long double none is out of alignment
      for (const std::size_t apart : {0, 1, 4, 5}) {
        EXPECT_TRUE(transform.unpack(transform.execute(input, shift, apart)) == aligned) << shift << " " << apart;
      }
    }
    EXPECT_TRUE(transform.input_is_intact());
    EXPECT_TRUE(transform.gaps_are_intact());
  }
}

// Memory of which every other page ends the process when it is touched.
class HoledMemory {
 public:
  explicit HoledMemory(std::size_t pages) : bytes_(2 * pages * kPage) {
    void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    memory_ = static_cast<std::byte*>(memory);
    for (std::size_t page = 1; page < 2 * pages; page += 2) mprotect(memory_ + page * kPage, kPage, PROT_NONE);
  }
  ~HoledMemory() { munmap(memory_, bytes_); }
  HoledMemory(const HoledMemory&) = delete;
  HoledMemory& operator=(const HoledMemory&) = delete;

  static constexpr std::size_t kPage = 4096;
  /// Numbers, the first of them so many bytes into the memory.
  template <class T>
  T* at(std::size_t bytes) const {
    return reinterpret_cast<T*>(memory_ + bytes);
  }

 private:
  std::size_t bytes_;
  std::byte* memory_;
};

TYPED_TEST(PlacedFft, LeavesTheGapsToOthers) {
  using Complex = std::complex<TypeParam>;
  constexpr std::int64_t kPoints = 8;
  const std::int64_t stride = 2 * HoledMemory::kPage / sizeof(Complex);    // one element a page that is there
  const HoledMemory first(kPoints), second(kPoints);
  std::vector<Complex> values(kPoints), expected(kPoints);
  std::mt19937 generator(9);
  for (auto& value : values) value = {std::uniform_real_distribution<float>(-1, 1)(generator), 1};
  FftPlan<TypeParam>({.extent = {kPoints}, .rigor = Rigor::estimate}, "").execute(std::span<const Complex>(values), expected);

  const FftPlan<TypeParam> plan(strided({kPoints}, c2c, {{{stride, stride}}, {}}), "");
  const FftPlan<TypeParam> in_place(strided({kPoints}, c2c, {{{stride, stride}}, {}}, true), "");
  for (const std::size_t shift : {std::size_t{0}, sizeof(TypeParam)}) {    // aligned, and by way of copies
    if (shift % 16 == 0 && shift != 0) continue;                           // as aligned as before: long double
    const std::span in(first.at<Complex>(shift), plan.input_size());
    const std::span out(second.at<Complex>(shift), plan.output_size());
    const auto put = [&](std::span<Complex> array) {
      for (std::size_t i = 0; i < kPoints; ++i) array[i * static_cast<std::size_t>(stride)] = values[i];
    };
    const auto expect = [&](std::span<Complex> array) {
      for (std::size_t i = 0; i < kPoints; ++i) {
        const auto error = std::abs(array[i * static_cast<std::size_t>(stride)] - expected[i]);
        // Two transforms of 8 points, each within 3 · 7 u of its norm.
        EXPECT_LE(error, 2 * 21 * this->kUnitRoundoff * std::sqrt(8.0) * std::sqrt(16.0)) << i;
      }
    };
    put(in);
    plan.execute(std::span<const Complex>(in), out);
    expect(out);
    in_place.execute(in);
    expect(in);
  }
}

TEST(FftPlan, HasTheLengthToItsLastElement) {
  const auto sizes = [](const FftProblem& problem) {
    const FftPlan<double> plan(problem, "");
    return std::pair(plan.input_size(), plan.output_size());
  };
  EXPECT_EQ(sizes(strided({16}, c2c, {{{3, 2}}, {}})), std::pair(46UL, 31UL));
  EXPECT_EQ(sizes(strided({16}, c2c, {{{3, 2}}, {{2, 100, 1}}})), std::pair(146UL, 32UL));
  EXPECT_EQ(sizes(strided({15}, r2c, {{{3, 1}}, {{3, 1, 8}}})), std::pair(45UL, 24UL));
  EXPECT_EQ(sizes(split(strided({15}, r2c, {{{3, 1}}, {{3, 1, 8}}}))), std::pair(45UL, 24UL));
  EXPECT_EQ(sizes(strided({6, 8}, r2c, {{{12, 6}, {1, 1}}, {}}, true)), std::pair(70UL, 70UL));    // 2 (5·6 + 4 + 1)
  EXPECT_EQ(sizes(strided({6}, c2r, {{{1, 4}}, {}}, true)), std::pair(21UL, 21UL));                // 5·4 + 1
}

TEST(FftPlan, SaysHowFarThePartsLieApart) {
  const auto distances = []<class Real>(const FftProblem& problem, Real) {
    const FftPlan<Real> plan(problem, "");
    return std::pair(plan.input_split_distance(), plan.output_split_distance());
  };
  const FftProblem odd{.extent = {7}, .split = true, .rigor = Rigor::estimate};
  EXPECT_EQ(distances(odd, 0.0), std::pair(8UL, 8UL));
  EXPECT_EQ(distances(odd, 0.0F), std::pair(8UL, 8UL));
  EXPECT_EQ(distances(odd, 0.0L), std::pair(7UL, 7UL));
  EXPECT_EQ(distances(split({.extent = {9}, .rigor = Rigor::estimate}), 0.0F), std::pair(12UL, 12UL));
  EXPECT_EQ(distances(split({.extent = {9}, .transform = r2c, .rigor = Rigor::estimate}), 0.0), std::pair(0UL, 6UL));
  EXPECT_EQ(distances(split({.extent = {9}, .transform = c2r, .rigor = Rigor::estimate}), 0.0), std::pair(6UL, 0UL));
  EXPECT_EQ(distances({.extent = {9}, .rigor = Rigor::estimate}, 0.0), std::pair(0UL, 0UL));
}

std::string refusal(auto&& run) {
  try {
    run();
  } catch (const ArgumentError& error) {
    return error.parameter() + " = " + error.value();
  }
  return "accepted";
}

std::string refusal_of_strides(const FftProblem& problem) {
  return refusal([&] { check(problem); });
}

TEST(FftPlan, RefusesSplitArraysThatDoNotFit) {
  const FftPlan<double> plan({.extent = {8}, .split = true, .rigor = Rigor::estimate}, "");
  const FftPlan<double> in_place({.extent = {8}, .split = true, .in_place = true, .rigor = Rigor::estimate}, "");
  const FftPlan<double> whole({.extent = {8}, .rigor = Rigor::estimate}, "");
  std::vector<double> a(16), b(16), c(16), d(16);
  const auto eight = [](std::vector<double>& values, std::size_t from = 0) { return std::span(values).subspan(from, 8); };
  const SplitSpan<const double> in{eight(a), eight(b)};
  const SplitSpan<double> out{eight(c), eight(d)};
  EXPECT_EQ(refusal([&] { plan.execute(in, out); }), "accepted");
  EXPECT_EQ(refusal([&] { plan.execute({in.real.first(7), in.imaginary}, out); }), "in.real.size() = 7");
  EXPECT_EQ(refusal([&] { plan.execute({in.real, in.imaginary.first(6)}, out); }), "in.imaginary.size() = 6");
  EXPECT_EQ(refusal([&] { plan.execute(in, {out.real, std::span(d)}); }), "out.imaginary.size() = 16");
  EXPECT_EQ(refusal([&] { plan.execute(in, {out.real, eight(c, 7)}); }), "out.imaginary = an array that overlaps the real part");
  EXPECT_EQ(refusal([&] { plan.execute({in.real, in.real}, out); }), "accepted");    // only read
  for (const auto& overlapping : {SplitSpan<double>{eight(a, 4), eight(d)}, SplitSpan<double>{eight(c), eight(a, 4)},
                                  SplitSpan<double>{eight(b, 7), eight(d)}, SplitSpan<double>{eight(c), eight(b, 7)}}) {
    EXPECT_EQ(refusal([&] { plan.execute(in, overlapping); }), "out = an array that overlaps in");
  }
  EXPECT_EQ(refusal([&] { plan.execute(out); }), "plan = c2c split out of place");
  EXPECT_EQ(refusal([&] { in_place.execute(in, out); }), "plan = c2c split in place");
  EXPECT_EQ(refusal([&] { in_place.execute(out); }), "accepted");
  EXPECT_EQ(refusal([&] { in_place.execute(SplitSpan<double>{eight(a), eight(a, 1)}); }),
            "data.imaginary = an array that overlaps the real part");
  EXPECT_EQ(refusal([&] { in_place.execute(SplitSpan<double>{eight(a), std::span(b)}); }), "data.imaginary.size() = 16");
  EXPECT_EQ(refusal([&] { whole.execute(in, out); }), "plan = c2c out of place");
  EXPECT_EQ(refusal([&] { plan.execute(eight(a), out); }), "plan = c2c split out of place");
  EXPECT_EQ(refusal([&] { plan.execute(in, eight(c)); }), "plan = c2c split out of place");
}

TEST(FftProblem, IsRefusedWhenItsStridesDoNotHold) {
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, c2c, {{{4, 4}}, {}})), "strides.axes = 1 axes");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{0, 1}}, {}})), "strides.axes[0].input = 0");
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, c2c, {{{4, 4}, {1, -1}}, {}})), "strides.axes[1].output = -1");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, 1}}, {{0, 4, 4}}})), "strides.batches[0].count = 0");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, 1}}, {{1, 4, 4}, {2, 0, 4}}})), "strides.batches[1].input = 0");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, 1}}, {{2, 4, 0}}})), "strides.batches[0].output = 0");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, 1}}, std::vector<FftStrides::Batch>(33, {1, 1, 1})})), "strides.batches = 33 batches");
  FftProblem batched = strided({4}, c2c, {{{1, 1}}, {}});
  batched.batch = 2;
  EXPECT_EQ(refusal_of_strides(batched), "batch = 2");

  // In place.
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{2, 2}}, {}}, true)), "accepted");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{2, 1}}, {}}, true)), "strides.axes[0].output = 1");
  EXPECT_EQ(refusal_of_strides(strided({4}, dct2, {{{1, 1}}, {{2, 4, 5}}}, true)), "strides.batches[0].output = 5");
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, r2c, {{{6, 3}, {1, 1}}, {}}, true)), "accepted");
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, r2c, {{{7, 3}, {1, 1}}, {}}, true)), "strides.axes[0].input = 7");
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, c2r, {{{3, 8}, {1, 1}}, {}}, true)), "strides.axes[0].output = 8");
  EXPECT_EQ(refusal_of_strides(strided({4}, r2c, {{{1, 1}}, {{2, 6, 6}}}, true)), "strides.batches[0].input = 6");
  // Each side has places of its own, but the complex numbers of one row lie between the real ones of another.
  EXPECT_EQ(refusal_of_strides(strided({4}, r2c, {{{3, 3}}, {{3, 2, 1}}})), "accepted");
  EXPECT_EQ(refusal_of_strides(strided({4}, r2c, {{{3, 3}}, {{3, 2, 1}}}, true)), "strides = 3; 3 at 2");
}

TEST(FftProblem, IsRefusedWhenTwoElementsHaveOnePlace) {
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, c2c, {{{3, 4}, {1, 1}}, {}})), "strides = 3,1");
  EXPECT_EQ(refusal_of_strides(strided({4, 4}, c2c, {{{4, 1}, {1, 1}}, {}})), "strides = 1,1");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, 1}}, {{3, 4, 3}}})), "strides = 1; 3 at 3");
  EXPECT_EQ(refusal_of_strides(strided({3}, c2c, {{{6, 1}}, {{4, 4, 3}}})), "strides = 6; 4 at 4");    // 0 6 12, 12 18 24 in the fourth
  EXPECT_EQ(refusal_of_strides(strided({2}, c2c, {{{6, 1}}, {{3, 4, 2}}})), "accepted");               // 0 6, 4 10, 8 14: not nested
  EXPECT_EQ(refusal_of_strides(strided({4}, r2c, {{{1, 1}}, {{2, 4, 3}}})), "accepted");               // the short side is shorter
  EXPECT_EQ(refusal_of_strides(strided({4}, c2r, {{{1, 1}}, {{2, 3, 4}}})), "accepted");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2r, {{{1, 1}}, {{2, 3, 3}}})), "strides = 1; 2 at 3");
  EXPECT_EQ(refusal_of_strides(strided({1, 1}, c2c, {{{1, 1}, {1, 1}}, {{1, 1, 1}}})), "accepted");    // one element
}

TEST(FftProblem, WithStridesIsRefusedWhenItDoesNotFitIntoMemory) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{kHuge, 1}}, {}})), "extent = 4 with strides");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, kHuge}}, {}})), "extent = 4 with strides");
  EXPECT_EQ(refusal_of_strides(strided({4}, c2c, {{{1, 1}}, {{kHuge, kHuge, 4}}})), "extent = 4 with strides");
  EXPECT_EQ(refusal_of_strides(strided({4}, dct2, {{{1, 1}}, {{2, kHuge, kHuge}}}, true)), "extent = 4 with strides");
}

TEST(FftProblem, IsRefusedWhenSplitHasNoMeaning) {
  EXPECT_EQ(refusal_of_strides(split({.extent = {4}})), "accepted");
  EXPECT_EQ(refusal_of_strides(split({.extent = {4}, .transform = dct2})), "split = true");
  EXPECT_EQ(refusal_of_strides(split({.extent = {4}, .transform = r2c})), "accepted");
  EXPECT_EQ(refusal_of_strides(split({.extent = {4}, .transform = r2c, .in_place = true})), "split = true");
  EXPECT_EQ(refusal_of_strides(split({.extent = {4}, .transform = c2r, .in_place = true})), "split = true");
}

}  // namespace
}  // namespace almanac::compute
