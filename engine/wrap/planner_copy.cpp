#include "planner_copy.hpp"

#include <array>
#include <cstring>
#include <vector>

#include <dlfcn.h>

namespace almanac::wrap {
namespace {

/// Copies are few, known by their places, and live for ever.
struct Registry {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  std::vector<PlannerCopy*> copies;
  std::array<std::pair<std::atomic<const void*>, std::atomic<PlannerCopy*>>, 64> seen{};  ///< by an address in them
};

Registry& registry() noexcept {
  static auto* made = new Registry;
  return *made;
}

class MutexGuard {
 public:
  explicit MutexGuard(pthread_mutex_t& mutex) noexcept : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
  ~MutexGuard() { pthread_mutex_unlock(&mutex_); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

template <class Function>
void find(void* handle, const char* prefix, const char* name, Function& function) noexcept {
  std::array<char, 64> text;
  std::strcpy(text.data(), prefix);
  std::strcat(text.data(), name);
  function = reinterpret_cast<Function>(::dlsym(handle, text.data()));
}

/// The libraries of this process, where more have been loaded since.
struct LoadedLibraries {
  unsigned long long seen;
  std::vector<std::string> for_threads;  ///< FFTW's
  bool has_looked = false;
  bool has_engine = false;               ///< Almanac's own, which sees to its plans itself

  static int look(dl_phdr_info* info, std::size_t, void* data) noexcept {
    auto& self = *static_cast<LoadedLibraries*>(data);
    if (!self.has_looked && info->dlpi_adds == self.seen) return 1;
    self.has_looked = true;
    self.seen = info->dlpi_adds;
    if (std::strstr(info->dlpi_name, "libalmanac_compute") != nullptr) self.has_engine = true;
    const char* fftw = std::strstr(info->dlpi_name, "fftw3");
    if (fftw == nullptr || (std::strstr(fftw, "threads") == nullptr && std::strstr(fftw, "omp") == nullptr)) return 0;
    try {
      self.for_threads.emplace_back(info->dlpi_name);
    } catch (...) {
      return 1;
    }
    return 0;
  }
};

}  // namespace

const Precision kPrecisions[3] = {{"fftw_", "double", sizeof(double)},
                                  {"fftwf_", "single", sizeof(float)},
                                  {"fftwl_", "long_double", sizeof(long double)}};

thread_local int Inside::depth_ = 0;

link_map* library_of(const void* address) noexcept {
  Dl_info info;
  void* map = nullptr;
  return ::dladdr1(address, &info, &map, RTLD_DL_LINKMAP) != 0 ? static_cast<link_map*>(map) : nullptr;
}

PlannerCopy* PlannerCopy::of(const void* address, const Precision& precision) noexcept {
  Registry& known = registry();
  for (auto& [place, copy] : known.seen) {
    const void* seen = place.load(std::memory_order_acquire);
    if (seen == nullptr) break;
    if (seen == address) {
      if (PlannerCopy* found = copy.load(std::memory_order_acquire)) return found;
    }
  }
  link_map* const library = library_of(address);
  if (library == nullptr) return nullptr;
  try {
    const MutexGuard guard(known.mutex);
    void* const handle = ::dlopen(*library->l_name == '\0' ? nullptr : library->l_name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) return nullptr;
    Planner planner = nullptr;
    find(handle, precision.prefix, "mkapiplan", planner);
    link_map* const home = library_of(reinterpret_cast<const void*>(planner));
    if (home == nullptr || home == library_of(&kPrecisions)) return nullptr;  // nobody but ourselves
    PlannerCopy* found = nullptr;
    for (PlannerCopy* copy : known.copies) {
      if (copy->library_ == home && &copy->precision_ == &precision) found = copy;
    }
    if (found == nullptr) {
      if (known.copies.empty()) pthread_atfork(nullptr, nullptr, &PlannerCopy::after_fork);
      found = new PlannerCopy(precision, home, handle);
      known.copies.push_back(found);
    }
    for (auto& [place, copy] : known.seen) {
      if (place.load(std::memory_order_relaxed) != nullptr) continue;
      copy.store(found, std::memory_order_release);
      place.store(address, std::memory_order_release);
      break;
    }
    return found;
  } catch (...) {
    return nullptr;
  }
}

PlannerCopy* PlannerCopy::any(const Precision& precision) noexcept {
  Registry& known = registry();
  const MutexGuard guard(known.mutex);
  for (PlannerCopy* copy : known.copies) {
    if (&copy->precision_ == &precision) return copy;
  }
  return nullptr;
}

/// Of the process that forked only one thread is here: whoever held a lock is gone.
void PlannerCopy::after_fork() noexcept {
  Registry& known = registry();
  pthread_mutex_init(&known.mutex, nullptr);
  for (PlannerCopy* copy : known.copies) {
    if (pthread_mutex_trylock(&copy->mutex_) == 0) {
      pthread_mutex_unlock(&copy->mutex_);
      continue;
    }
    pthread_mutex_init(&copy->mutex_, nullptr);
    copy->own_wisdom_.reset();
  }
}

PlannerCopy::PlannerCopy(const Precision& precision, link_map* library, void* handle)
    : precision_(precision), library_(library), handle_(handle) {
  find(handle, precision.prefix, "mkapiplan", plan_);
  find(handle, precision.prefix, "mkproblem_dft", make_dft_);
  find(handle, precision.prefix, "mkproblem_rdft", make_rdft_);
  find(handle, precision.prefix, "mkproblem_rdft2", make_rdft2_);
  find(handle, precision.prefix, "problem_destroy", destroy_problem_);
  find(handle, precision.prefix, "destroy_plan", destroy_plan_);
  find(handle, precision.prefix, "import_wisdom_from_string", import_);
  find(handle, precision.prefix, "export_wisdom", export_);
  find(handle, precision.prefix, "forget_wisdom", forget_);
  find(handle, precision.prefix, "the_planner", planner_);
}

void* PlannerCopy::function(const char* name) const noexcept { return ::dlsym(handle_, name); }

bool PlannerCopy::is_usable() const noexcept {
  if (plan_ == nullptr || make_dft_ == nullptr || make_rdft_ == nullptr || make_rdft2_ == nullptr || destroy_problem_ == nullptr ||
      destroy_plan_ == nullptr || import_ == nullptr || export_ == nullptr || forget_ == nullptr || planner_ == nullptr) {
    return false;
  }
  const char* version = nullptr;
  find(handle_, precision_.prefix, "version", version);
  return version != nullptr && std::strncmp(version, "fftw-3.3.", 9) == 0;
}

int PlannerCopy::threads() noexcept {
  LoadedLibraries libraries{.seen = libraries_seen_, .for_threads = {}};
  ::dl_iterate_phdr(&LoadedLibraries::look, &libraries);
  if (libraries.has_looked) {
    libraries_seen_ = libraries.seen;
    void (*set)(int) = nullptr;
    find(handle_, precision_.prefix, "planner_nthreads", threads_);
    find(handle_, precision_.prefix, "plan_with_nthreads", set);
    for (const std::string& name : libraries.for_threads) {
      void* handle = threads_ == nullptr ? ::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD) : nullptr;
      if (handle == nullptr) continue;
      // It is this copy's where it finds this copy's planner.
      Planner planner = nullptr;
      find(handle, precision_.prefix, "mkapiplan", planner);
      if (planner == plan_) {
        find(handle, precision_.prefix, "planner_nthreads", threads_);
        find(handle, precision_.prefix, "plan_with_nthreads", set);
      } else {
        ::dlclose(handle);
      }
    }
    threads_unknown_ = set != nullptr && threads_ == nullptr;
    has_engine_ = libraries.has_engine;
  }
  return threads_ != nullptr ? threads_() : 1;
}

FftwProblem* PlannerCopy::copy_of(const FftwProblem& problem) const noexcept {
  void* made = nullptr;
  switch (*problem.kind) {
    case kDft: {
      const auto& given = static_cast<const FftwDft&>(problem);
      made = make_dft_(given.size, given.repeats, given.real_in, given.imaginary_in, given.real_out, given.imaginary_out);
      break;
    }
    case kRdft: {
      const auto& given = static_cast<const FftwRdft&>(problem);
      made = make_rdft_(given.size, given.repeats, given.in, given.out, given.kinds().data());
      break;
    }
    case kRdft2: {
      const auto& given = static_cast<const FftwRdft2&>(problem);
      made = make_rdft2_(given.size, given.repeats, given.even, given.odd, given.real, given.imaginary, given.direction);
      break;
    }
    default: break;
  }
  return static_cast<FftwProblem*>(made);
}

}  // namespace almanac::wrap
