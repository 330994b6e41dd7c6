// A program that knows only FFTW, of the C library alone:
//   fft_plain_program learn FOLDER N…      plans complex transforms of N points at MEASURE; writes FOLDER/N.wisdom
//   fft_plain_program import FOLDER N…     plans the same from these files, each in an emptied planner
//   fft_plain_program measure N…           plans them at MEASURE: what almanac wrap makes quick
// Prints the nanoseconds of one planning call, on average.

#include <fftw3.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

double now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return 1e9 * static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  const bool learns = argc > 3 && std::strcmp(argv[1], "learn") == 0, imports = argc > 3 && std::strcmp(argv[1], "import") == 0;
  const int first = learns || imports ? 3 : 2;
  double nanoseconds = 0;
  for (int i = first; i < argc; ++i) {
    const int n = std::atoi(argv[i]);
    char file[4096];
    std::snprintf(file, sizeof file, "%s/%d.wisdom", argv[2], n);
    fftw_complex* const in = fftw_alloc_complex(static_cast<std::size_t>(n));
    fftw_complex* const out = fftw_alloc_complex(static_cast<std::size_t>(n));
    const double start = now();
    if (learns || imports) fftw_forget_wisdom();
    if (imports && fftw_import_wisdom_from_filename(file) == 0) return 1;
    const fftw_plan plan = fftw_plan_dft_1d(n, in, out, FFTW_FORWARD, FFTW_MEASURE | (imports ? FFTW_WISDOM_ONLY : 0U));
    nanoseconds += now() - start;
    if (plan == nullptr || (learns && fftw_export_wisdom_to_filename(file) == 0)) return 1;
    fftw_destroy_plan(plan);
    fftw_free(in);
    fftw_free(out);
  }
  std::printf("%.0f\n", nanoseconds / (argc - first));
  return 0;
}
