#pragma once

// The only place that knows FFTW's three name prefixes: Fftw<Real> gives each precision's functions the same names.

#include <fftw3.h>

#include <cstddef>

namespace almanac::compute {

template <class Real>
struct Fftw;

#define ALMANAC_FFTW_API(REAL, PREFIX)                                                                                 \
  template <>                                                                                                          \
  struct Fftw<REAL> {                                                                                                  \
    using Plan = PREFIX##plan;                                                                                         \
    using Complex = PREFIX##complex;                                                                                   \
    using Dimension = PREFIX##iodim64;                                                                                 \
    using Kind = PREFIX##r2r_kind;                                                                                     \
    static constexpr const char* kWisdomName = #PREFIX "wisdom";                                                       \
    static constexpr const char* version = PREFIX##version;                                                            \
    static constexpr auto init_threads = &PREFIX##init_threads;                                                        \
    static constexpr auto plan_with_nthreads = &PREFIX##plan_with_nthreads;                                            \
    static constexpr auto planner_nthreads = &PREFIX##planner_nthreads;                                                \
    static constexpr auto forget_wisdom = &PREFIX##forget_wisdom;                                                      \
    static constexpr auto import_wisdom_from_string = &PREFIX##import_wisdom_from_string;                              \
    static constexpr auto export_wisdom = &PREFIX##export_wisdom;                                                      \
    static constexpr auto plan_dft = &PREFIX##plan_guru64_dft;                                                         \
    static constexpr auto plan_r2c = &PREFIX##plan_guru64_dft_r2c;                                                     \
    static constexpr auto plan_c2r = &PREFIX##plan_guru64_dft_c2r;                                                     \
    static constexpr auto plan_r2r = &PREFIX##plan_guru64_r2r;                                                         \
    static constexpr auto plan_split_dft = &PREFIX##plan_guru64_split_dft;                                             \
    static constexpr auto plan_split_r2c = &PREFIX##plan_guru64_split_dft_r2c;                                         \
    static constexpr auto plan_split_c2r = &PREFIX##plan_guru64_split_dft_c2r;                                         \
    static constexpr auto execute_dft = &PREFIX##execute_dft;                                                          \
    static constexpr auto execute_r2c = &PREFIX##execute_dft_r2c;                                                      \
    static constexpr auto execute_c2r = &PREFIX##execute_dft_c2r;                                                      \
    static constexpr auto execute_r2r = &PREFIX##execute_r2r;                                                          \
    static constexpr auto execute_split_dft = &PREFIX##execute_split_dft;                                              \
    static constexpr auto execute_split_r2c = &PREFIX##execute_split_dft_r2c;                                          \
    static constexpr auto execute_split_c2r = &PREFIX##execute_split_dft_c2r;                                          \
    static constexpr auto destroy_plan = &PREFIX##destroy_plan;                                                        \
    static constexpr auto alignment_of = &PREFIX##alignment_of;                                                        \
    static constexpr auto malloc = &PREFIX##malloc;                                                                    \
    static constexpr auto free = &PREFIX##free;                                                                        \
  };

ALMANAC_FFTW_API(double, fftw_)
ALMANAC_FFTW_API(float, fftwf_)
ALMANAC_FFTW_API(long double, fftwl_)

#undef ALMANAC_FFTW_API

}  // namespace almanac::compute
