#include "other_hosts.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac {
namespace {

template <class Real>
std::string binding_here() {
  return fmt::format("{}; {}; {}", compute::cpu_model(), compute::instruction_set(), compute::fftw_signature<Real>());
}

}  // namespace

OtherHosts::OtherHosts() : ours_{binding_here<float>(), binding_here<double>(), binding_here<long double>()} {}

bool OtherHosts::have(const cache::Key& key, const cache::EntryFacts& facts) const {
  return key.kind() == "fft_wisdom" && !facts.host_binding.empty() && std::ranges::find(ours_, facts.host_binding) == ours_.end();
}

}  // namespace almanac
