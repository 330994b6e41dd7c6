#pragma once

#include "diffusion_setup.hpp"

#include <span>

namespace almanac::models {

/// Eigenvalues of kappa Δ, kappa constant, for the modes first, first + 1, …
inline void mode_eigenvalues(const DiffusionSetup& setup, std::size_t first, std::span<double> lambda) {
  for (std::size_t i = 0; i < lambda.size(); ++i) {
    std::size_t index = first + i;
    double sum = 0;
    for (std::size_t axis = setup.symbols.size(); axis-- > 0;) {
      const std::vector<double>& symbol = setup.symbols[axis];
      sum += symbol[index % symbol.size()];
      index /= symbol.size();
    }
    lambda[i] = setup.kappa.constant() * sum;
  }
}

}  // namespace almanac::models
