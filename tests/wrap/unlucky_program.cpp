// A program that knows only FFTW, and plans where that may go wrong:
//   unlucky_program loader LIBRARY      plans in one thread while another is asking the dynamic loader something
//   unlucky_program fork WISDOM N       forks while another thread plans N points, and plans by its own wisdom in the new process
//   unlucky_program closed              plans with the standard descriptors closed, and looks at them meanwhile
//   unlucky_program sandbox             plans where no file is opened and no socket made
// It stands in front of dlopen itself, and sees FFTW begin to plan.

#include <fftw3.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>

extern "C" void fftw_set_planner_hooks(void (*before)(), void (*after)());  // of FFTW's own library for threads

namespace {

constexpr unsigned kLongestSeconds = 60;

/// Called in this thread where the loader is asked, or FFTW begins to plan; once.
thread_local std::function<void()> at_loader, at_planner;
thread_local int plans_before = 0;  // that at_planner is not called for

void call_once(std::function<void()>& function) {
  if (const auto once = std::exchange(function, nullptr)) once();
}

struct Arrays {
  fftw_complex* in = fftw_alloc_complex(1 << 14);
  fftw_complex* out = fftw_alloc_complex(1 << 14);
};

bool plans(int n, unsigned flags) {
  Arrays arrays;
  const fftw_plan plan = fftw_plan_dft_1d(n, arrays.in, arrays.out, FFTW_FORWARD, flags);
  if (plan != nullptr) fftw_destroy_plan(plan);
  fftw_free(arrays.in);
  fftw_free(arrays.out);
  return plan != nullptr;
}

const char* planned(int n, unsigned flags = FFTW_MEASURE) { return plans(n, flags) ? "planned" : "not planned"; }

int plan_beside_the_loader(const char* library) {
  for (const int n : {60, 70}) {
    // At first sight of FFTW, and when there are more libraries than before.
    std::binary_semaphore has_asked{0}, has_planned{0};
    std::thread asking([&] {
      bool was_asked = false;
      at_loader = [&] {
        was_asked = true;
        has_asked.release();
        has_planned.acquire();
      };
      const char* result = planned(n);
      std::printf("%s%s\n", result, was_asked ? " beside the loader" : "");
      if (!was_asked) has_asked.release();
    });
    has_asked.acquire();
    std::printf("%s\n", planned(n + 1));
    has_planned.release();
    asking.join();
    if (dlopen(library, RTLD_NOW) == nullptr) return 1;
  }
  return 0;
}

std::size_t records() {
  char* const wisdom = fftw_export_wisdom_to_string();
  const auto count = static_cast<std::size_t>(std::count(wisdom, wisdom + std::strlen(wisdom), '(')) - 1;
  std::free(wisdom);
  return count;
}

int open_sockets() {
  int count = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode)) ++count;
  }
  return count;
}

int fork_while_planning(const char* wisdom, int n) {
  if (fftw_import_wisdom_from_filename(wisdom) == 0) return 1;
  const std::size_t own = records();
  std::binary_semaphore is_planning{0}, has_forked{0};
  std::thread planning([&] {
    // The program has wisdom of its own, by which the problem is planned in vain before that is put aside.
    plans_before = 1;
    at_planner = [&] {
      is_planning.release();
      has_forked.acquire();
    };
    plans(n, FFTW_MEASURE);
  });
  is_planning.acquire();
  const pid_t child = fork();
  if (child == 0) {
    alarm(kLongestSeconds);
    std::printf("sockets %d\n", open_sockets());
    std::printf("own %s\n", planned(96, FFTW_MEASURE | FFTW_WISDOM_ONLY));
    std::printf("records %s\n", records() == own ? "own" : "others");
    std::printf("another %s\n", planned(97));
    std::printf("estimate %s\n", planned(98, FFTW_ESTIMATE));
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  has_forked.release();
  planning.join();
  std::printf("afterwards %s\n", planned(96, FFTW_MEASURE | FFTW_WISDOM_ONLY));
  return status;
}

int plan_without_standard_descriptors() {
  const int out = fcntl(STDOUT_FILENO, F_DUPFD, 10);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(descriptor);
  int open = 0;
  at_planner = [&] {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) open += fcntl(descriptor, F_GETFD) >= 0 ? 1 : 0;
  };
  const char* const result = planned(60);
  dprintf(out, "%s %d\n", result, open);
  return 0;
}

/// Calls that are forbidden from now on fail.
bool enter_sandbox() {
  constexpr unsigned kForbidden[] = {SYS_openat, SYS_open, SYS_socket, SYS_connect, SYS_newfstatat, SYS_fstat};
  constexpr std::size_t kCount = std::size(kForbidden);
  sock_filter filter[kCount + 3] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (std::size_t i = 0; i < kCount; ++i) filter[1 + i] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kForbidden[i], static_cast<unsigned char>(kCount - i), 0);
  filter[kCount + 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[kCount + 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

extern "C" void* dlopen(const char* name, int flags) {
  static const auto real = reinterpret_cast<void* (*)(const char*, int)>(dlsym(RTLD_NEXT, "dlopen"));
  call_once(at_loader);
  return real(name, flags);
}

int main(int count, char** words) {
  const std::string mode = count > 1 ? words[1] : "";
  alarm(kLongestSeconds);  // what waits for itself is ended
  const auto begin = [] {
    if (plans_before-- <= 0) call_once(at_planner);
  };
  fftw_set_planner_hooks(begin, [] {});
  if (mode == "loader") {
    fftw_init_threads();
    return plan_beside_the_loader(words[2]);
  }
  if (mode == "fork") return fork_while_planning(words[2], std::atoi(words[3]));
  if (mode == "closed") return plan_without_standard_descriptors();
  if (mode == "sandbox") {
    std::printf("%s\n", enter_sandbox() ? "inside" : "outside");
    for (const unsigned flags : {FFTW_MEASURE, FFTW_ESTIMATE}) std::printf("%s\n", planned(60, flags));
    return 0;
  }
  return 2;
}
