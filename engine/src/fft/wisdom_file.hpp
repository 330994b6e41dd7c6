#pragma once

#include <almanac/compute/fft.hpp>
#include <almanac/engine.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::fft {

/// Which bundles an exported text is to hold. FFTW has one text a precision.
struct WisdomChoice {
  std::string precision = "double";                  ///< as in keys
  std::vector<compute::Rigor> rigors{};              ///< empty: all
  std::vector<std::vector<std::int64_t>> extents{};  ///< empty: all
};

/// Wisdom as FFTW's own functions and fftw-wisdom(1) read it, put together from the bundles of this host.
struct CollectedWisdom {
  /// Two bundles have a record of one sub-problem, found at one rigor, with another solver: the file can hold one of them.
  struct Conflict {
    std::string problem;   ///< FFTW's hash of it, 32 hexadecimal digits
    std::string kept;      ///< keys
    std::string left_out;
  };
  std::string text;        ///< empty where no bundle was chosen
  std::size_t bundles = 0;
  std::size_t records = 0;
  std::size_t of_other_hosts = 0;         ///< chosen, but of another processor, or of an FFTW with other solvers
  std::vector<Conflict> conflicts;
  std::vector<std::string> refused;       ///< bundles that FFTW does not take, each with its key and the reason
};

/// Merges: a record that several bundles have is there once; where they contradict each other, the one that a higher rigor,
/// then the costlier search found, wins; the bundle of an adaptive entry is of the rigor it was planned at. Records of estimates
/// and timeouts are left out, as they would keep FFTW from looking.
/// The plan that a program makes with merged wisdom may be another one than each bundle alone gives.
/// Errors: EnvironmentError ← the store cannot be listed
CollectedWisdom collect_wisdom(cache::DiskTier& disk, const WisdomChoice& choice);

/// The precision that the head of a wisdom text names, as in keys; "double" where it names none.
std::string_view precision_of_wisdom(std::string_view text) noexcept;

/// What was found of a wisdom text, problem by problem.
struct TakenWisdom {
  std::size_t records = 0;
  std::size_t unattributed = 0;                ///< records that no problem tried needs
  std::size_t recognised = 0;                  ///< problems of which there was a plan
  std::vector<std::string> stored;             ///< keys; one problem has one for each rigor it serves
  std::vector<std::string> there_already;      ///< keys whose entry was kept as it is
};

struct TakeOptions {
  std::vector<compute::Rigor> rigors{};        ///< to take bundles for; empty: all that they serve
  std::function<void(std::size_t done, std::size_t all)> progress{};
  std::function<bool()> stop{};                ///< asked before each problem; true: Interrupted
};

/// Takes a text apart into bundles and stores them where there is none yet: records name their problem only by a hash, so each
/// of `problems` is planned from the text alone, and what it needed is its bundle, for the rigors that it serves.
/// Errors: compute::WisdomError ← as compute::MixedWisdom; nothing was stored; EnvironmentError ← the store does not take it;
///         Interrupted
TakenWisdom take_wisdom(cache::DiskTier& disk, std::string_view text, std::span<const compute::FftProblem> problems,
                        const TakeOptions& options = {});

}  // namespace almanac::fft
