#include "planned_by_hand.hpp"

#include "direct_transforms.hpp"

#include <fftw3.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace almanac::compute {
namespace {

fftw_r2r_kind kind_of(Transform transform) {
  switch (transform) {
    case Transform::hc2r: return FFTW_HC2R;
    case Transform::dct1: return FFTW_REDFT00;
    case Transform::dct2: return FFTW_REDFT10;
    case Transform::dct3: return FFTW_REDFT01;
    case Transform::dct4: return FFTW_REDFT11;
    case Transform::dst1: return FFTW_RODFT00;
    case Transform::dst2: return FFTW_RODFT10;
    case Transform::dst3: return FFTW_RODFT01;
    case Transform::dst4: return FFTW_RODFT11;
    default: return FFTW_R2HC;
  }
}

struct Free {
  void operator()(double* memory) const { fftw_free(memory); }
};

std::string exported() {
  const std::unique_ptr<char, decltype(&std::free)> text(fftw_export_wisdom_to_string(), &std::free);
  return text.get();
}

}  // namespace

PlannedByHand plan_by_hand(const FftProblem& problem) {
  const auto& extent = problem.extent;
  const int rank = static_cast<int>(extent.size());
  const auto last = static_cast<std::size_t>(extent.back());
  const std::vector<int> n(extent.begin(), extent.end());
  std::size_t points = 1;
  for (int value : n) points *= static_cast<std::size_t>(value);
  const std::size_t half = points / last * (last / 2 + 1);
  const Transform transform = problem.transform[0];
  const bool padded = problem.in_place && (transform == Transform::r2c || transform == Transform::c2r);
  const std::size_t real_points = padded ? 2 * half : points;
  const int batch = static_cast<int>(problem.batch);
  const auto reals = static_cast<std::size_t>(batch) * 2 * std::max(points, half);
  const std::unique_ptr<double, Free> input(fftw_alloc_real(reals));
  const std::unique_ptr<double, Free> output(fftw_alloc_real(reals));
  double* in = input.get();
  double* out = problem.in_place ? in : output.get();
  const unsigned rigor = problem.rigor == Rigor::patient ? FFTW_PATIENT : FFTW_MEASURE;

  fftw_forget_wisdom();
  fftw_plan_with_nthreads(problem.threads);
  fftw_plan plan = nullptr;
  const auto real_distance = static_cast<int>(real_points);
  const auto half_distance = static_cast<int>(half);
  if (transform == Transform::c2c) {
    const int distance = static_cast<int>(points);
    plan = fftw_plan_many_dft(rank, n.data(), batch, reinterpret_cast<fftw_complex*>(in), nullptr, 1, distance,
                              reinterpret_cast<fftw_complex*>(out), nullptr, 1, distance,
                              problem.direction == Direction::forward ? FFTW_FORWARD : FFTW_BACKWARD, rigor);
  } else if (transform == Transform::r2c) {
    plan = fftw_plan_many_dft_r2c(rank, n.data(), batch, in, nullptr, 1, real_distance,
                                  reinterpret_cast<fftw_complex*>(out), nullptr, 1, half_distance, rigor);
  } else if (transform == Transform::c2r) {
    plan = fftw_plan_many_dft_c2r(rank, n.data(), batch, reinterpret_cast<fftw_complex*>(in), nullptr, 1, half_distance,
                                  out, nullptr, 1, real_distance, rigor);
  } else {
    std::vector<fftw_r2r_kind> kinds;
    for (std::size_t axis = 0; axis < extent.size(); ++axis) kinds.push_back(kind_of(problem.transform[axis]));
    // FFTW's default for hc2r is to overwrite the input, as for c2r; said here, for mixed kinds it is not documented.
    const bool overwrites = std::find(kinds.begin(), kinds.end(), FFTW_HC2R) != kinds.end() && !problem.in_place;
    plan = fftw_plan_many_r2r(rank, n.data(), batch, in, nullptr, 1, real_distance, out, nullptr, 1, real_distance,
                              kinds.data(), rigor | (overwrites ? FFTW_DESTROY_INPUT : 0U));
  }
  PlannedByHand result{exported(), {}};

  const auto values = direct::random_input(problem, 11);
  std::size_t position = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    in[position++] = static_cast<double>(values[i].real());
    if (!direct::real_input(problem)) in[position++] = static_cast<double>(values[i].imag());
    if (padded && transform == Transform::r2c && (i + 1) % last == 0) position += 2 * (last / 2 + 1) - last;
  }
  fftw_execute(plan);
  std::vector<double> bits;
  position = 0;
  for (std::size_t i = 0; i < direct::output_values(problem); ++i) {
    bits.push_back(out[position++]);
    bits.push_back(direct::real_output(problem) ? 0.0 : out[position++]);
    if (padded && transform == Transform::c2r && (i + 1) % last == 0) position += 2 * (last / 2 + 1) - last;
  }
  result.bits.assign(reinterpret_cast<const char*>(bits.data()), bits.size() * sizeof(double));
  fftw_destroy_plan(plan);
  fftw_forget_wisdom();
  fftw_plan_with_nthreads(1);
  return result;
}

std::string planner_state() {
  std::istringstream text(exported());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  std::string state = "threads " + std::to_string(fftw_planner_nthreads()) + "\n";
  for (const auto& line : lines) state += line + "\n";
  return state;
}

void import_wisdom(const std::string& wisdom) { fftw_import_wisdom_from_string(wisdom.c_str()); }
void forget_wisdom() { fftw_forget_wisdom(); }
void plan_with_threads(int threads) { fftw_plan_with_nthreads(threads); }
void set_time_limit(double seconds) { fftw_set_timelimit(seconds < 0 ? FFTW_NO_TIMELIMIT : seconds); }
void clean_up() { fftw_cleanup(); }
void clean_up_threads() { fftw_cleanup_threads(); }

}  // namespace almanac::compute
