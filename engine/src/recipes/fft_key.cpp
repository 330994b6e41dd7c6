#include "recipes/fft_key.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace almanac::recipes {
namespace {

using compute::FftProblem;
using compute::FftStrides;
using compute::Transform;

/// One word where all axes agree, else one an axis.
std::vector<std::string> transform_words(const FftProblem& problem) {
  std::vector<std::string> words;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) words.emplace_back(to_string(problem.transform[axis]));
  if (std::ranges::all_of(words, [&](const std::string& word) { return word == words.front(); })) words.resize(1);
  return words;
}

/// As FFTW itself takes them: in the order of their strides, without those that are no repetition, and two that run on as one.
std::vector<FftStrides::Batch> canonical(std::vector<FftStrides::Batch> batches) {
  std::erase_if(batches, [](const FftStrides::Batch& batch) { return batch.count == 1; });
  std::ranges::sort(batches, [](const FftStrides::Batch& a, const FftStrides::Batch& b) {
    return std::pair(a.input, a.output) > std::pair(b.input, b.output);
  });
  std::vector<FftStrides::Batch> joined;
  for (const FftStrides::Batch& batch : batches) {
    if (!joined.empty() && joined.back().input == batch.count * batch.input && joined.back().output == batch.count * batch.output) {
      joined.back() = {joined.back().count * batch.count, batch.input, batch.output};
    } else {
      joined.push_back(batch);
    }
  }
  return joined;
}

/// The strides of contiguous arrays; the one batch has as count what is given.
FftStrides contiguous_strides(const FftProblem& problem, std::int64_t batch) {
  FftStrides strides{.axes = std::vector<FftStrides::Axis>(problem.extent.size()), .batches = {}};
  const Transform kind = problem.transform[0];
  const std::int64_t row = problem.extent.back(), half = row / 2 + 1;
  const std::int64_t real_row = problem.in_place ? 2 * half : row;
  std::int64_t input = 1, output = 1;
  for (std::size_t axis = problem.extent.size(); axis-- > 0;) {
    strides.axes[axis] = {input, output};
    const bool is_last = axis + 1 == problem.extent.size();
    const bool is_halved = is_last && (kind == Transform::r2c || kind == Transform::c2r);
    input *= !is_halved ? problem.extent[axis] : kind == Transform::r2c ? real_row : half;
    output *= !is_halved ? problem.extent[axis] : kind == Transform::r2c ? half : real_row;
  }
  if (batch > 1) strides.batches.push_back({batch, input, output});
  return strides;
}

std::string text_of(const FftStrides& strides) {
  std::string text;
  const auto add = [&text](std::int64_t input, std::int64_t output) {
    text += std::to_string(input);
    text += ':';
    text += std::to_string(output);
  };
  for (const FftStrides::Axis& axis : strides.axes) {
    if (!text.empty()) text += ',';
    add(axis.input, axis.output);
  }
  for (const FftStrides::Batch& batch : strides.batches) {
    text += &batch == strides.batches.data() ? '/' : ',';
    text += std::to_string(batch.count);
    text += '*';
    add(batch.input, batch.output);
  }
  return text;
}

/// Where the elements lie, as the key says it.
struct Places {
  std::string strides{kContiguous};
  std::int64_t batch = 1;
};

Places places_of(const FftProblem& problem) {
  if (!problem.strides) return {.batch = problem.batch};
  const FftStrides strides{problem.strides->axes, canonical(problem.strides->batches)};
  const std::int64_t batch = strides.batches.size() == 1 ? strides.batches.front().count : 1;
  if (strides == contiguous_strides(problem, batch)) return {.batch = batch};
  return {.strides = text_of(strides)};
}

std::string pair_text(std::ptrdiff_t input, std::ptrdiff_t output) { return std::to_string(input) + ',' + std::to_string(output); }

/// Reads a number of 1 or more off the front of the text.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

cache::Key fft_wisdom_key(const FftProblem& problem, std::string_view precision, const FftVariant& variant, const FftHost& host) {
  const bool has_direction = problem.transform[0] == Transform::c2c;
  const bool is_aligned = variant.input_alignment == 0 && variant.output_alignment == 0;
  const bool is_split = variant.input_distance != 0 || variant.output_distance != 0;
  const Places places = places_of(problem);
  return cache::Key("fft_wisdom", kFftWisdomVersion,
                    {{"alignment", is_aligned ? std::string(kAligned) : pair_text(variant.input_alignment, variant.output_alignment)},
                     {"batch", places.batch},
                     {"cpu", host.cpu},
                     {"direction", has_direction ? to_string(problem.direction) : kNoDirection},
                     {"extent", problem.extent},
                     {"flags", variant.flags.empty() ? kNoFlags : std::string_view(variant.flags)},
                     {"in_place", problem.in_place},
                     {"isa", host.isa},
                     {"precision", precision},
                     {"rigor", to_string(problem.rigor)},
                     {"signature", host.signature},
                     {"split", is_split ? pair_text(variant.input_distance, variant.output_distance) : std::string(kNotSplit)},
                     {"strides", places.strides},
                     {"threads", problem.threads},
                     {"transform", transform_words(problem)}});
}

std::optional<FftStrides> parse_fft_strides(std::string_view text) {
  FftStrides strides;
  do {
    const auto input = take_number(text);
    if (!input || !take(text, ':')) return std::nullopt;
    const auto output = take_number(text);
    if (!output) return std::nullopt;
    strides.axes.push_back({*input, *output});
  } while (take(text, ','));
  if (text.empty()) return strides;
  if (!take(text, '/')) return std::nullopt;
  do {
    const auto count = take_number(text);
    if (!count || !take(text, '*')) return std::nullopt;
    const auto input = take_number(text);
    if (!input || !take(text, ':')) return std::nullopt;
    const auto output = take_number(text);
    if (!output) return std::nullopt;
    strides.batches.push_back({*count, *input, *output});
  } while (take(text, ','));
  return text.empty() ? std::optional(std::move(strides)) : std::nullopt;
}

}  // namespace almanac::recipes
