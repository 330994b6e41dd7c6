#pragma once

#include <almanac/compute/fft.hpp>

#include <string>
#include <vector>

namespace almanac::compute {

enum class Precision { single, standard, extended };

/// A problem in one precision, known to the test and to the new processes it starts by its place in the list.
struct WisdomConfiguration {
  Precision precision;
  FftProblem problem;
};

const std::vector<WisdomConfiguration>& wisdom_configurations();

std::string make_wisdom(const WisdomConfiguration& configuration);

/// The bits of the transform of a fixed input by a plan with this wisdom. Errors: WisdomError.
std::string bits_with_wisdom(const WisdomConfiguration& configuration, const std::string& wisdom);

/// What the child process does: for each configuration read FOLDER/<i>.wisdom and write FOLDER/<i>.<order>.bits, in the
/// given order of planning. FFTW's planner has the bundles of all configurations from the start, merged, as the program's own.
/// Gives the exit status.
int plan_in_this_process(const std::string& folder, const std::string& order);

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

}  // namespace almanac::compute
