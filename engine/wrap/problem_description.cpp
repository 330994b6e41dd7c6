#include "problem_description.hpp"

#include <algorithm>

namespace almanac::wrap {
namespace {

using compute::FftProblem;
using compute::FftStrides;
using compute::Rigor;
using compute::Transform;

constexpr std::uintptr_t kAlignment = 16;

Rigor rigor_of(unsigned flags) noexcept {
  if ((flags & kEstimate) != 0) return Rigor::estimate;
  if ((flags & kExhaustive) != 0) return Rigor::exhaustive;
  return (flags & kPatient) != 0 ? Rigor::patient : Rigor::measure;
}

/// Input is preserved unless its destruction is allowed and not forbidden.
std::string flag_names(unsigned flags) {
  std::string names;
  const auto add = [&names](bool is_set, const char* name) {
    if (is_set) (names += names.empty() ? "" : "+") += name;
  };
  add((flags & kConserveMemory) != 0, "conserve_memory");
  add((flags & kDestroyInput) != 0 && (flags & kPreserveInput) == 0, "destroy_input");
  add((flags & kUnaligned) != 0, "unaligned");
  return names;
}

/// The distance in Reals; nullopt ← it is no whole number of them.
std::optional<std::ptrdiff_t> distance(char* from, char* to, std::size_t bytes_per_real) noexcept {
  const std::ptrdiff_t bytes = untainted(to) - untainted(from);
  const auto unit = static_cast<std::ptrdiff_t>(bytes_per_real);
  return bytes % unit == 0 ? std::optional(bytes / unit) : std::nullopt;
}

/// One side of a problem: where its array begins, and whether its strides count complex numbers.
struct Side {
  char* base;
  std::ptrdiff_t unit;       ///< Reals an element
  std::ptrdiff_t parts = 0;  ///< where it is split: from real to imaginary parts
};

class Describer {
 public:
  Describer(unsigned flags, int threads, std::size_t bytes_per_real) : flags_(flags), threads_(threads), bytes_per_real_(bytes_per_real) {}

  std::optional<DescribedProblem> dft(const FftwDft& given) const {
    const auto in = distance(given.real_in, given.imaginary_in, bytes_per_real_);
    const auto out = distance(given.real_out, given.imaginary_out, bytes_per_real_);
    if (!in || !out) return std::nullopt;
    DescribedProblem described = start(Transform::c2c, given.real_in, given.real_out);
    if (*in == *out && (*in == 1 || *in == -1) && is_even(given, &FftwDimension::input) && is_even(given, &FftwDimension::output)) {
      const bool forward = *in == 1;
      described.problem.direction = forward ? compute::Direction::forward : compute::Direction::backward;
      return finish(std::move(described), given, {forward ? given.real_in : given.imaginary_in, 2},
                    {forward ? given.real_out : given.imaginary_out, 2});
    }
    return finish(std::move(described), given, {given.real_in, 1, *in}, {given.real_out, 1, *out});
  }

  std::optional<DescribedProblem> rdft(const FftwRdft& given) const {
    std::vector<Transform> kinds;
    for (const int kind : given.kinds()) {
      const auto known = transform_of(kind);
      if (!known) return std::nullopt;
      kinds.push_back(*known);
    }
    DescribedProblem described = start(Transform::r2hc, given.in, given.out);
    described.problem.transform = std::move(kinds);
    return finish(std::move(described), given, {given.in, 1}, {given.out, 1});
  }

  std::optional<DescribedProblem> rdft2(const FftwRdft2& given) const {
    if (given.direction != kR2hc && given.direction != kHc2r) return std::nullopt;
    const bool to_complex = given.direction == kR2hc;
    const auto real_side = to_complex ? &FftwDimension::input : &FftwDimension::output;
    const auto complex_side = to_complex ? &FftwDimension::output : &FftwDimension::input;
    const auto odd = distance(given.even, given.odd, bytes_per_real_);
    const auto parts = distance(given.real, given.imaginary, bytes_per_real_);
    const auto sizes = given.size->dimensions();
    if (!odd || !parts || sizes.empty() || sizes.back().count < 2 || sizes.back().*real_side != 2 * *odd) return std::nullopt;

    DescribedProblem described = start(to_complex ? Transform::r2c : Transform::c2r, given.even, given.real);
    const bool interleaved = *parts == 1 && is_even(given, complex_side);
    const Side real{given.even, 1};
    const Side complex{given.real, interleaved ? 2 : 1, interleaved ? 0 : *parts};
    auto finished = finish(std::move(described), given, to_complex ? real : complex, to_complex ? complex : real);
    if (!finished) return std::nullopt;
    FftStrides::Axis& last = finished->problem.strides->axes.back();
    (to_complex ? last.input : last.output) = *odd;
    return finished;
  }

 private:
  static std::optional<Transform> transform_of(int kind) noexcept {
    switch (kind) {
      case kR2hc: return Transform::r2hc;
      case kHc2r: return Transform::hc2r;
      case kRedft00: return Transform::dct1;
      case kRedft01: return Transform::dct3;
      case kRedft10: return Transform::dct2;
      case kRedft11: return Transform::dct4;
      case kRodft00: return Transform::dst1;
      case kRodft01: return Transform::dst3;
      case kRodft10: return Transform::dst2;
      case kRodft11: return Transform::dst4;
      default: return std::nullopt;
    }
  }

  template <class Given>
  static bool is_even(const Given& given, std::ptrdiff_t FftwDimension::* side) noexcept {
    const auto even = [side](const FftwDimension& dimension) { return dimension.*side % 2 == 0; };
    return std::ranges::all_of(given.size->dimensions(), even) && std::ranges::all_of(given.repeats->dimensions(), even);
  }

  DescribedProblem start(Transform transform, char* in, char* out) const {
    DescribedProblem described;
    described.problem.transform = transform;
    described.problem.in_place = untainted(in) == untainted(out);
    described.problem.rigor = rigor_of(flags_);
    described.problem.threads = threads_;
    described.variant.flags = flag_names(flags_);
    return described;
  }

  /// Part of FFTW's hash of a problem even where the caller says that it does not matter.
  static int alignment_of(char* base) noexcept {
    return static_cast<int>(reinterpret_cast<std::uintptr_t>(untainted(base)) % kAlignment);
  }

  template <class Given>
  std::optional<DescribedProblem> finish(DescribedProblem described, const Given& given, Side in, Side out) const {
    FftStrides strides;
    for (const FftwDimension& axis : given.size->dimensions()) {
      described.problem.extent.push_back(axis.count);
      strides.axes.push_back({axis.input / in.unit, axis.output / out.unit});
    }
    if (strides.axes.empty() || strides.axes.size() > compute::kMaxFftRank) return std::nullopt;
    for (const FftwDimension& batch : given.repeats->dimensions()) {
      strides.batches.push_back({batch.count, batch.input / in.unit, batch.output / out.unit});
    }
    described.problem.strides = std::move(strides);
    described.problem.split = in.parts != 0 || out.parts != 0;
    described.variant.input_alignment = alignment_of(in.base);
    described.variant.output_alignment = alignment_of(out.base);
    described.variant.input_distance = in.parts;
    described.variant.output_distance = out.parts;
    return described;
  }

  unsigned flags_;
  int threads_;
  std::size_t bytes_per_real_;
};

template <class Given>
bool is_finite(const Given& given) noexcept {
  return given.size->is_finite() && given.repeats->is_finite();
}

}  // namespace

std::optional<DescribedProblem> describe(const FftwProblem& problem, unsigned flags, int threads, std::size_t bytes_per_real) {
  const Describer describer(flags, threads, bytes_per_real);
  switch (*problem.kind) {
    case kDft: {
      const auto& given = static_cast<const FftwDft&>(problem);
      return is_finite(given) ? describer.dft(given) : std::nullopt;
    }
    case kRdft: {
      const auto& given = static_cast<const FftwRdft&>(problem);
      return is_finite(given) ? describer.rdft(given) : std::nullopt;
    }
    case kRdft2: {
      const auto& given = static_cast<const FftwRdft2&>(problem);
      return is_finite(given) ? describer.rdft2(given) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

}  // namespace almanac::wrap
