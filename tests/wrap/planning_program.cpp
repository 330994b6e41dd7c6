// A program that knows only FFTW, in one precision (PRECISION: fftw, fftwf, fftwl). What it prints are the bits of what its plans
// compute, a line a plan.
//   planning_program all RIGOR          every way to ask for a plan
//   planning_program one N RIGOR        one plan, N times
//   planning_program some SEED          a few of 12 problems, measured
//   planning_program shuffled SEED      120 problems, measured, in an order of its own
//   planning_program export | own FILE | write FILE | limit | limit-cleanup | keep | threads | fork | forget | wisdom-only | idiom |
//                    engine | orphan | hartley | records LIBRARY

#include <fftw3.h>

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define X(name) JOIN(PRECISION, name)

using Real = REAL;
using Complex = X(complex);
using Plan = X(plan);

// Fortran's names exist of each precision; the compiler would make these calls.
extern "C" {
#define FORTRAN_(letter, name) letter##fftw_##name##_
#define FORTRAN(letter, name) FORTRAN_(letter, name)
void FORTRAN(LETTER, plan_dft_2d)(Plan*, int*, int*, Complex*, Complex*, int*, int*);
void FORTRAN(LETTER, plan_dft_r2c_1d)(Plan*, int*, Real*, Complex*, int*);
}

namespace {

constexpr std::size_t kReals = 1 << 15;

struct Arrays {
  Real* in = static_cast<Real*>(X(malloc)(kReals * sizeof(Real)));
  Real* out = static_cast<Real*>(X(malloc)(kReals * sizeof(Real)));
  Complex* complex_in() { return reinterpret_cast<Complex*>(in); }
  Complex* complex_out() { return reinterpret_cast<Complex*>(out); }
  void fill() {
    std::uint32_t state = 12345;
    for (std::size_t i = 0; i < kReals; ++i) {
      state = state * 1664525 + 1013904223;
      in[i] = static_cast<Real>(state >> 8) / static_cast<Real>(1 << 24);
      out[i] = 0;
    }
  }
  ~Arrays() {
    X(free)(in);
    X(free)(out);
  }
};

/// Of the ten bytes that hold a long double only.
std::uint64_t bits_of(const Arrays& arrays) {
  std::uint64_t hash = 1469598103934665603U;
  for (const Real* array : {arrays.in, arrays.out}) {
    for (std::size_t i = 0; i < kReals; ++i) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(array + i);
      for (std::size_t k = 0; k < (sizeof(Real) == 16 ? 10 : sizeof(Real)); ++k) hash = (hash ^ bytes[k]) * 1099511628211U;
    }
  }
  return hash;
}

void show(const char* name, Plan plan, Arrays& arrays) {
  if (plan == nullptr) {
    std::printf("%s none\n", name);
    return;
  }
  arrays.fill();
  X(execute)(plan);
  std::printf("%s %016llx\n", name, static_cast<unsigned long long>(bits_of(arrays)));
  X(destroy_plan)(plan);
}

unsigned rigor_of(const std::string& word) {
  return word == "estimate" ? FFTW_ESTIMATE : word == "patient" ? FFTW_PATIENT : word == "exhaustive" ? FFTW_EXHAUSTIVE : FFTW_MEASURE;
}

void plan_all(unsigned rigor) {
  Arrays a;
  Real *in = a.in, *out = a.out;
  Complex *cin = a.complex_in(), *cout = a.complex_out();
  const int n2[] = {12, 20}, n1[] = {60};
  show("dft_1d", X(plan_dft_1d)(240, cin, cout, FFTW_FORWARD, rigor), a);
  show("dft_1d backward", X(plan_dft_1d)(240, cin, cout, FFTW_BACKWARD, rigor), a);
  show("dft_2d", X(plan_dft_2d)(24, 30, cin, cout, FFTW_FORWARD, rigor), a);
  show("dft_2d in place", X(plan_dft_2d)(24, 30, cin, cin, FFTW_FORWARD, rigor), a);
  show("dft_3d", X(plan_dft_3d)(6, 10, 14, cin, cout, FFTW_BACKWARD, rigor), a);
  show("dft", X(plan_dft)(2, n2, cin, cout, FFTW_FORWARD, rigor), a);
  show("dft unaligned", X(plan_dft)(2, n2, cin, cout, FFTW_FORWARD, rigor | FFTW_UNALIGNED), a);
  show("dft unaligned off by one", X(plan_dft)(2, n2, reinterpret_cast<Complex*>(in + 1), cout, FFTW_FORWARD, rigor | FFTW_UNALIGNED), a);
  show("dft off by one", X(plan_dft)(2, n2, reinterpret_cast<Complex*>(in + 1), cout, FFTW_FORWARD, rigor), a);
  show("dft destroying", X(plan_dft)(2, n2, cin, cout, FFTW_FORWARD, rigor | FFTW_DESTROY_INPUT), a);
  show("dft of one", X(plan_dft_1d)(1, cin, cout, FFTW_FORWARD, rigor), a);
  show("many_dft", X(plan_many_dft)(2, n2, 3, cin, nullptr, 1, 240, cout, nullptr, 1, 240, FFTW_FORWARD, rigor), a);
  show("many_dft columns", X(plan_many_dft)(1, n1, 4, cin, nullptr, 4, 1, cout, nullptr, 4, 1, FFTW_FORWARD, rigor), a);
  show("dft_r2c_1d", X(plan_dft_r2c_1d)(150, in, cout, rigor), a);
  show("dft_r2c_2d", X(plan_dft_r2c_2d)(14, 15, in, cout, rigor), a);
  show("dft_r2c_2d in place", X(plan_dft_r2c_2d)(14, 15, in, cin, rigor), a);
  show("dft_r2c_3d", X(plan_dft_r2c_3d)(4, 6, 10, in, cout, rigor), a);
  show("dft_c2r_1d", X(plan_dft_c2r_1d)(150, cin, out, rigor), a);
  show("dft_c2r_1d preserving", X(plan_dft_c2r_1d)(150, cin, out, rigor | FFTW_PRESERVE_INPUT), a);
  show("dft_c2r_2d", X(plan_dft_c2r_2d)(14, 15, cin, out, rigor), a);
  show("many_dft_r2c", X(plan_many_dft_r2c)(1, n1, 5, in, nullptr, 1, 60, cout, nullptr, 1, 31, rigor), a);
  show("many_dft_c2r", X(plan_many_dft_c2r)(1, n1, 5, cin, nullptr, 1, 31, out, nullptr, 1, 60, rigor), a);
  show("r2r_1d", X(plan_r2r_1d)(64, in, out, FFTW_R2HC, rigor), a);
  show("r2r_1d hc2r", X(plan_r2r_1d)(64, in, out, FFTW_HC2R, rigor), a);
  show("r2r_2d mixed", X(plan_r2r_2d)(12, 18, in, out, FFTW_REDFT10, FFTW_RODFT11, rigor), a);
  show("r2r_3d", X(plan_r2r_3d)(5, 6, 8, in, out, FFTW_REDFT00, FFTW_RODFT00, FFTW_REDFT01, rigor), a);
  const X(r2r_kind) kinds[] = {FFTW_RODFT01};
  show("many_r2r", X(plan_many_r2r)(1, n1, 3, in, nullptr, 1, 60, out, nullptr, 1, 60, kinds, rigor), a);
  const X(iodim) dims[] = {{20, 30, 1}, {24, 1, 20}};
  const X(iodim64) dims64[] = {{20, 24, 24}, {24, 1, 1}}, many64[] = {{2, 480, 480}};
  show("guru_dft transposing", X(plan_guru_dft)(2, dims, 0, nullptr, cin, cout, FFTW_FORWARD, rigor), a);
  show("guru64_dft", X(plan_guru64_dft)(2, dims64, 1, many64, cin, cout, FFTW_BACKWARD, rigor), a);
  show("guru64_split_dft", X(plan_guru64_split_dft)(2, dims64, 0, nullptr, in, in + 8192, out, out + 8192, rigor), a);
  const X(iodim64) line[] = {{200, 1, 1}};
  show("guru64_split_dft_r2c", X(plan_guru64_split_dft_r2c)(1, line, 0, nullptr, in, out, out + 8192, rigor), a);
  show("guru64_split_dft_c2r", X(plan_guru64_split_dft_c2r)(1, line, 0, nullptr, in, in + 8192, out, rigor), a);
  show("guru64_dft_r2c", X(plan_guru64_dft_r2c)(1, line, 0, nullptr, in, cout, rigor), a);
  show("guru64_r2r", X(plan_guru64_r2r)(1, line, 0, nullptr, in, out, kinds, rigor), a);
  Plan plan = nullptr;
  int n = 16, m = 22, forward = FFTW_FORWARD, flags = static_cast<int>(rigor);
  FORTRAN(LETTER, plan_dft_2d)(&plan, &n, &m, cin, cout, &forward, &flags);
  show("fortran dft_2d", plan, a);
  FORTRAN(LETTER, plan_dft_r2c_1d)(&plan, &m, in, cout, &flags);
  show("fortran dft_r2c_1d", plan, a);
  X(init_threads)();
  X(plan_with_nthreads)(2);
  show("two threads", X(plan_dft_2d)(64, 64, cin, cout, FFTW_FORWARD, rigor), a);
}

void plan_some(unsigned seed) {
  Arrays a;
  for (int i = 0; i < 6; ++i) {
    const int n = 64 + 16 * static_cast<int>((seed * 5 + static_cast<unsigned>(i) * 7) % 12);
    show(std::to_string(n).c_str(), X(plan_dft_2d)(n, 60, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
  }
}

/// 120 problems, each in six kinds, in an order of its own.
void plan_shuffled(unsigned seed) {
  Arrays a;
  std::vector<std::pair<int, int>> order;
  for (const int n : {12, 15, 16, 20, 21, 24, 30, 32, 36, 40, 45, 48, 50, 60, 64, 72, 100, 101, 128, 144}) {
    for (int kind = 0; kind < 6; ++kind) order.emplace_back(n, kind);
  }
  std::mt19937 random(seed);
  std::shuffle(order.begin(), order.end(), random);
  for (const auto& [n, kind] : order) {
    Complex *cin = a.complex_in(), *cout = a.complex_out();
    Plan plan = nullptr;
    switch (kind) {
      case 0: plan = X(plan_dft_1d)(n, cin, cout, FFTW_FORWARD, FFTW_MEASURE); break;
      case 1: plan = X(plan_dft_1d)(n, cin, cin, FFTW_BACKWARD, FFTW_MEASURE); break;
      case 2: plan = X(plan_dft_r2c_1d)(n, a.in, cout, FFTW_MEASURE); break;
      case 3: plan = X(plan_dft_c2r_2d)(8, n, cin, a.out, FFTW_MEASURE); break;
      case 4: plan = X(plan_r2r_1d)(n, a.in, a.out, FFTW_REDFT10, FFTW_MEASURE); break;
      default: plan = X(plan_many_dft)(1, &n, 3, cin, nullptr, 3, 1, cout, nullptr, 3, 1, FFTW_FORWARD, FFTW_MEASURE);
    }
    show((std::to_string(n) + '-' + std::to_string(kind)).c_str(), plan, a);
  }
}

/// What the program exports holds what it planned.
void export_wisdom() {
  Arrays a;
  X(destroy_plan)(X(plan_dft_2d)(24, 30, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE));
  char* wisdom = X(export_wisdom_to_string)();
  X(forget_wisdom)();
  std::printf("%s\n", X(import_wisdom_from_string)(wisdom) != 0 ? "imported" : "not imported");
  std::free(wisdom);
  show("of its wisdom", X(plan_dft_2d)(24, 30, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE | FFTW_WISDOM_ONLY), a);
}

/// An estimate's arrays are never touched.
void keep() {
  Arrays a;
  a.fill();
  const std::uint64_t before = bits_of(a);
  const Plan plan = X(plan_dft_2d)(48, 50, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_ESTIMATE);
  std::printf("%s\n", bits_of(a) == before ? "untouched" : "touched");
  show("estimate", plan, a);
}

void plan_in_threads() {
#ifdef HAS_THREADS
  X(make_planner_thread_safe)();
#endif
  std::vector<std::thread> threads;
  std::vector<std::string> lines(4);
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([t, &lines] {
      Arrays a;
      for (int i = 0; i < 6; ++i) {
        const int n = 100 + 4 * ((static_cast<int>(t) + i) % 6);
        const Plan plan = X(plan_dft_1d)(n, a.complex_in(), a.complex_out(), FFTW_FORWARD, i % 3 == 2 ? FFTW_ESTIMATE : FFTW_MEASURE);
        lines[t] += plan != nullptr ? "+" : "-";
        X(destroy_plan)(plan);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}

int plan_after_fork() {
  Arrays a;
  show("before", X(plan_dft_1d)(300, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    for (int descriptor = 3; descriptor < 64; ++descriptor) close(descriptor);
    show("child", X(plan_dft_1d)(300, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
    show("child new", X(plan_dft_1d)(310, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  show("after", X(plan_dft_1d)(310, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
  return status;
}

}  // namespace

int main(int count, char** words) {
  const std::string mode = count > 1 ? words[1] : "";
  const std::string word = count > 2 ? words[2] : "";
  Arrays a;
  const auto plan = [&](unsigned flags) { return X(plan_dft_2d)(24, 30, a.complex_in(), a.complex_out(), FFTW_FORWARD, flags); };
  if (mode == "all") {
    plan_all(rigor_of(word));
  } else if (mode == "one") {
    for (int i = 0; i < std::atoi(words[2]); ++i) show("plan", plan(rigor_of(words[3])), a);
  } else if (mode == "some") {
    plan_some(static_cast<unsigned>(std::atoi(words[2])));
  } else if (mode == "shuffled") {
    plan_shuffled(static_cast<unsigned>(std::atoi(words[2])));
  } else if (mode == "export") {
    export_wisdom();
  } else if (mode == "write") {
    show("measured", plan(FFTW_MEASURE), a);
    show("another", X(plan_dft_1d)(96, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
    X(export_wisdom_to_filename)(words[2]);
  } else if (mode == "own") {
    std::printf("%d\n", X(import_wisdom_from_filename)(words[2]));
    show("own", plan(FFTW_MEASURE), a);
    show("another", X(plan_dft_1d)(90, a.complex_in(), a.complex_out(), FFTW_FORWARD, FFTW_MEASURE), a);
    show("own again", plan(FFTW_MEASURE | FFTW_WISDOM_ONLY), a);
  } else if (mode == "limit") {
    X(set_timelimit)(100);
    show("limited", plan(FFTW_MEASURE), a);
  } else if (mode == "limit-cleanup") {
    X(set_timelimit)(100);
    X(cleanup)();
    show("without limit", plan(FFTW_MEASURE), a);
  } else if (mode == "keep") {
    keep();
  } else if (mode == "threads") {
    plan_in_threads();
  } else if (mode == "fork") {
    return plan_after_fork();
  } else if (mode == "forget") {
    show("measured", plan(FFTW_MEASURE), a);
    X(cleanup)();
    show("again", plan(FFTW_MEASURE), a);
    X(init_threads)();
    show("with other solvers", plan(FFTW_MEASURE), a);
  } else if (mode == "wisdom-only") {
    show("wisdom only", plan(FFTW_MEASURE | FFTW_WISDOM_ONLY), a);
  } else if (mode == "records") {
    // FFTW's own function, as nobody stands in front of it: what its planner really holds.
    show("measured", plan(FFTW_MEASURE), a);
    void* library = dlopen(words[2], RTLD_LAZY | RTLD_NOLOAD);
    const auto exported = reinterpret_cast<char* (*)()>(dlsym(library, "fftw_export_wisdom_to_string"))();
    std::printf("records %td\n", std::count(exported, exported + std::strlen(exported), '(') - 1);
  } else if (mode == "hartley") {
    show("hartley", X(plan_r2r_1d)(64, a.in, a.out, FFTW_DHT, FFTW_MEASURE), a);
  } else if (mode == "engine") {
    // Threads first of all, as the engine does: FFTW's solvers are then the same.
    X(init_threads)();
    show("engine", plan(FFTW_MEASURE), a);
  } else if (mode == "orphan") {
    const pid_t parent = getppid();
    kill(parent, SIGKILL);
    while (getppid() == parent) sched_yield();
    show("orphan", plan(FFTW_MEASURE), a);
  } else if (mode == "idiom") {
    // Measured on scratch arrays, then estimated on the real ones: FFTW gives the measured plan.
    show("measured", plan(FFTW_MEASURE), a);
    show("estimated", plan(FFTW_ESTIMATE), a);
  }
  return 0;
}
