#pragma once

#include <almanac/compute/fft.hpp>

#include <fftw3.h>

#include <memory>
#include <string>
#include <vector>

namespace almanac::bench {

/// What a careful programmer writes: arrays that are there, FFTW's plain interface, a wisdom string imported into an emptied
/// planner. No file, no checksum, no look at the records, no care for the program's own wisdom.
class PlannedByHand {
 public:
  explicit PlannedByHand(const compute::FftProblem& problem)
      : extent_(problem.extent.begin(), problem.extent.end()), is_real_(problem.transform[0] == compute::Transform::r2c) {
    std::size_t points = 1;
    for (const int n : extent_) points *= static_cast<std::size_t>(n);
    in_.reset(fftw_alloc_complex(points));
    out_.reset(fftw_alloc_complex(points));
  }

  /// Plans; false where FFTW has none with these flags.
  bool plan(unsigned flags) const {
    const int rank = static_cast<int>(extent_.size());
    const fftw_plan plan =
        is_real_ ? fftw_plan_dft_r2c(rank, extent_.data(), reinterpret_cast<double*>(in_.get()), out_.get(), flags)
                 : fftw_plan_dft(rank, extent_.data(), in_.get(), out_.get(), FFTW_FORWARD, flags);
    if (plan == nullptr) return false;
    fftw_destroy_plan(plan);
    return true;
  }

  bool import_and_plan(const std::string& wisdom) const {
    fftw_forget_wisdom();
    fftw_import_wisdom_from_string(wisdom.c_str());
    return plan(FFTW_MEASURE | FFTW_WISDOM_ONLY);
  }

 private:
  struct Free {
    void operator()(fftw_complex* memory) const { fftw_free(memory); }
  };
  std::vector<int> extent_;
  bool is_real_;
  std::unique_ptr<fftw_complex, Free> in_, out_;
};

}  // namespace almanac::bench
