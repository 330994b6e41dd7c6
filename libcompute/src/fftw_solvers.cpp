#include "fftw_solvers.hpp"

#include "fftw_api.hpp"
#include "md5.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// FFTW's own, not declared by its header; nullptr where a library does not show them.
extern "C" {
[[gnu::weak]] const void* fftw_the_planner();
[[gnu::weak]] const void* fftwf_the_planner();
[[gnu::weak]] const void* fftwl_the_planner();
}

namespace almanac::compute {
namespace {

// As they lie in 3.3.10 on 64-bit machines, each behind what is not looked at.
// Source: FFTW 3.3.10 kernel/ifftw.h (planner, slvdesc, hashtab), kernel/planner.c (signature_of_configuration)
constexpr std::string_view kKnownVersion = "fftw-3.3.10";

struct FftwSolver {
  void* solver;
  const char* name;
  unsigned name_hash;
  int number;
  int next;
};

struct FftwPlanner {
  void* functions[6];
  const FftwSolver* solvers;
  unsigned solver_count, solver_room;
  const char* current_name;
  int current_number;
  int solvers_of_kinds[7];
  int wisdom_state;
  void* records;
  unsigned record_room, record_count;
};

/// More than any FFTW has, some 2000.
constexpr unsigned kMostSolvers = 20'000;

template <class Real>
const FftwPlanner* planner() noexcept {
  const void* (*the_planner)() = &fftw_the_planner;
  if constexpr (sizeof(Real) == sizeof(float)) the_planner = &fftwf_the_planner;
  if constexpr (sizeof(Real) == sizeof(long double)) the_planner = &fftwl_the_planner;
  return the_planner != nullptr ? static_cast<const FftwPlanner*>(the_planner()) : nullptr;
}

/// "fftw-3.3.10-sse2-avx" is of that version, "fftw-3.3.100" is not.
bool is_of_version(std::string_view full, std::string_view version) noexcept {
  return full.starts_with(version) && (full.size() == version.size() || full[version.size()] == '-');
}

std::string in_hexadecimal(const std::array<std::uint32_t, 4>& words) {
  std::string text;
  for (const std::uint32_t word : words) {
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[(word >> shift) & 0xF];
  }
  return text;
}

}  // namespace

template <class Real>
std::optional<WisdomHeader> header_of_empty_planner() {
  if (sizeof(void*) != 8 || !is_of_version(Fftw<Real>::version, kKnownVersion)) return std::nullopt;
  const FftwPlanner* const all = planner<Real>();
  if (all == nullptr || all->record_count > 0) return std::nullopt;
  if (all->solvers == nullptr || all->solver_count == 0 || all->solver_count > kMostSolvers || all->solver_room < all->solver_count) {
    return std::nullopt;
  }
  Md5 digest;
  constexpr unsigned kBytes = sizeof(Real);
  digest.put(&kBytes, sizeof kBytes);
  for (const FftwSolver* solver = all->solvers; solver != all->solvers + all->solver_count; ++solver) {
    digest.put(&solver->number, sizeof solver->number);
    digest.put(solver->name, std::strlen(solver->name) + 1);
  }
  return WisdomHeader{std::string(kKnownVersion), Fftw<Real>::kWisdomName, in_hexadecimal(digest.end())};
}

template std::optional<WisdomHeader> header_of_empty_planner<float>();
template std::optional<WisdomHeader> header_of_empty_planner<double>();
template std::optional<WisdomHeader> header_of_empty_planner<long double>();

}  // namespace almanac::compute
