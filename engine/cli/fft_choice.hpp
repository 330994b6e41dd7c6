#pragma once

#include <almanac/tune.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace almanac::cli {

/// Transforms as they are named on the command line, with the words of the recipe fft_wisdom. Every combination is one.
struct FftChoice {
  std::vector<std::string> extents;     ///< 512x512 …
  std::vector<std::string> transforms{"c2c"};
  std::vector<std::string> directions{"forward"};
  std::vector<std::string> batches{"1"};
  std::vector<std::string> precisions{"double"};
  std::vector<std::string> rigors{"measure"};
  std::vector<std::string> threads{"1"};
  std::string strides = "contiguous";
  bool split = false;
  bool in_place = false;

  /// In the order of the lists, each once: what has no direction is one problem for all of them.
  /// Errors: InputError, compute::ArgumentError ← a value out of its range, named
  std::vector<TuneItem> problems() const;
};

/// All options but the extents themselves.
void add_fft_options(CLI::App& command, FftChoice& choice);

}  // namespace almanac::cli
