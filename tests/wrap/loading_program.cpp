// Loads FFTW as a module of an interpreter does, out of everybody's sight, and plans with it twice.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

int main(int, char** words) {
  void* library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 1;
  using PlanDft = void* (*)(int, int, void*, void*, int, unsigned);
  const auto plan = reinterpret_cast<PlanDft>(dlsym(library, "fftw_plan_dft_2d"));
  void *in = std::aligned_alloc(64, 1 << 20), *out = std::aligned_alloc(64, 1 << 20);
  for (int i = 0; i < 2; ++i) std::printf("%s\n", plan(40, 50, in, out, -1, 0) != nullptr ? "planned" : "not planned");
  return 0;
}
