// Loads FFTW as a module of an interpreter does, out of everybody's sight, and plans with it. All it calls of FFTW it looks up by
// name, so that nobody can stand in front of it; wisdom from a string, since FFTW itself reads files by functions of other names.
//   loading_program LIBRARY                      plans the same twice
//   loading_program LIBRARY first WISDOM         takes this wisdom, then plans 24x30 points
//   loading_program LIBRARY later WISDOM         plans something else, takes this wisdom, then plans 24x30 points
//   loading_program LIBRARY limit                limits the planner's time, plans, plans again
//   loading_program LIBRARY save WISDOM N        plans N points, writes its wisdom
//   loading_program LIBRARY change WISDOM N WISDOM M   takes the wisdom of N points, plans something else, has the wisdom of M
//                                                points in its place, plans something else, asks for N and M by wisdom only

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string contents(const char* name) {
  std::ifstream file(name);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** words) {
  void* library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 1;
  using PlanDft = void* (*)(int, int, void*, void*, int, unsigned);
  const auto plan_dft = reinterpret_cast<PlanDft>(dlsym(library, "fftw_plan_dft_2d"));
  const auto import = reinterpret_cast<int (*)(const char*)>(dlsym(library, "fftw_import_wisdom_from_string"));
  const auto limit = reinterpret_cast<void (*)(double)>(dlsym(library, "fftw_set_timelimit"));
  void *in = std::aligned_alloc(64, 1 << 20), *out = std::aligned_alloc(64, 1 << 20);
  const auto plan = [&](int n, int m, unsigned flags = 0) {
    std::printf("%s\n", plan_dft(n, m, in, out, -1, flags) != nullptr ? "planned" : "not planned");
  };
  const std::string mode = count > 2 ? words[2] : "";
  if (mode == "limit") limit(100);
  if (mode == "first" || mode == "limit") {
    if (mode == "first" && import(contents(words[3]).c_str()) == 0) return 2;
    plan(24, 30);
    if (mode == "limit") plan(24, 36);
    return 0;
  }
  if (mode == "save") {
    plan(1, std::atoi(words[4]));
    return reinterpret_cast<int (*)(const char*)>(dlsym(library, "fftw_export_wisdom_to_filename"))(words[3]) == 0 ? 2 : 0;
  }
  if (mode == "change") {
    constexpr unsigned kWisdomOnly = 1U << 21;
    if (import(contents(words[3]).c_str()) == 0) return 2;
    plan(40, 50);
    reinterpret_cast<void (*)()>(dlsym(library, "fftw_forget_wisdom"))();
    if (import(contents(words[5]).c_str()) == 0) return 2;
    plan(40, 54);
    plan(1, std::atoi(words[4]), kWisdomOnly);
    plan(1, std::atoi(words[6]), kWisdomOnly);
    return 0;
  }
  plan(40, 50);
  if (mode == "later") {
    if (import(contents(words[3]).c_str()) == 0) return 2;
    plan(24, 30);
  }
  plan(40, 50);
  return 0;
}
