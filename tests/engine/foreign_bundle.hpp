#pragma once

#include "recipes/fft_key.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/simd.hpp>
#include <almanac/engine.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace almanac::testing {

/// What bundles in double precision are bound to on this machine.
inline recipes::FftHost this_host() {
  return {compute::cpu_model(), std::string(compute::instruction_set()), compute::fftw_signature<double>()};
}

/// Puts a bundle under any key, as another machine that shares the folder does.
inline void put_bundle(cache::DiskTier& disk, const cache::Key& key, std::string_view wisdom,
                       std::chrono::nanoseconds cost = std::chrono::milliseconds(5)) {
  const auto put = disk.put(std::make_shared<const cache::Entry>(cache::Entry{
      key, recipes::bundle_artifact(wisdom),
      {.producer = {"almanac/0.1.0", "AVX2"}, .host_binding = "a host", .cost = cost, .created = std::chrono::system_clock::now(),
       .expires = {}, .dependencies = {}}}));
  if (!put) throw std::runtime_error(put.error().message);
}

}  // namespace almanac::testing
