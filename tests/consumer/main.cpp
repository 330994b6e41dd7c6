#include <almanac/engine.hpp>

#include <iostream>

int main() {
  almanac::Engine engine;
  for (int turn = 0; turn < 2; ++turn) {
    const auto kernel = engine.fractional_kernel({.alpha = 1.5, .dt = 0.01, .n = 100'000});
    std::cout << kernel.provenance().source << ' ' << kernel.weights()[1] << '\n';
  }
}
