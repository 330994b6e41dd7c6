#pragma once

#include <almanac/compute/fft.hpp>
#include <almanac/engine.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::fft {

/// The problem that the key of a bundle names; nullopt where it names none that this build plans.
std::optional<compute::FftProblem> problem_named_by(const cache::Key& key);

/// What is named, and the transforms that somebody here has asked for, or that many ask for, each once: those of all bundles in the
/// cache, for whatever processor; of the log of what was planned; of the standard catalog, where it is installed; and the sizes
/// fftw-wisdom(1) calls canonical (powers of two and of ten up to 2^20, one to three dimensions). `precision` as in keys. All at
/// Rigor::measure; the canonical ones with one thread.
std::vector<compute::FftProblem> known_problems(const cache::DiskTier& disk, std::string_view precision,
                                                std::span<const compute::FftProblem> named = {});

}  // namespace almanac::fft
