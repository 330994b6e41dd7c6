#include "emptied_planner.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include <dlfcn.h>

namespace almanac::wrap {
namespace {

/// Copies are few, known by their places, and live for ever.
struct Registry {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  std::vector<PlannerCopy*> copies;  ///< whole also in a process that is forked while one is added: it has places for more than there are
  std::array<std::pair<std::atomic<const void*>, std::atomic<PlannerCopy*>>, 64> seen{};  ///< by an address in them
};

Registry& registry() noexcept {
  static auto* made = [] {
    auto* fresh = new Registry;
    fresh->copies.reserve(64);
    return fresh;
  }();
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

}  // namespace

const Precision kPrecisions[3] = {{"fftw_", "double", sizeof(double)},
                                  {"fftwf_", "single", sizeof(float)},
                                  {"fftwl_", "long_double", sizeof(long double)}};

thread_local int Inside::depth_ = 0;

PlannerCopy* PlannerCopy::of(const void* address, const Precision& precision) noexcept {
  Registry& known = registry();
  for (auto& [place, copy] : known.seen) {
    const void* seen = place.load(std::memory_order_acquire);
    if (seen == nullptr) break;
    if (seen == address) {
      if (PlannerCopy* found = copy.load(std::memory_order_acquire)) return found;
    }
  }
  const Library library = library_of(address);
  if (!library) return nullptr;
  try {
    // What the loader is asked comes before our lock.
    static pthread_once_t forks_are_seen = PTHREAD_ONCE_INIT;
    pthread_once(&forks_are_seen, [] { pthread_atfork(nullptr, nullptr, &PlannerCopy::after_fork); });
    void* const handle = ::dlopen(*library.name == '\0' ? nullptr : library.name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) return nullptr;
    const Library home = library_of(find(handle, precision.prefix, "mkapiplan"));
    if (!home || home == library_of(&kPrecisions)) return nullptr;  // nobody but ourselves
    std::unique_ptr<PlannerCopy> made(new PlannerCopy(precision, home, handle));

    const MutexGuard guard(known.mutex);
    PlannerCopy* found = nullptr;
    for (PlannerCopy* copy : known.copies) {
      if (copy->library_ == home && &copy->precision_ == &precision) found = copy;
    }
    if (found == nullptr) {
      known.copies.push_back(made.get());
      found = made.release();
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
  close_questions_of_others();
  Registry& known = registry();
  pthread_mutex_init(&known.mutex, nullptr);
  for (PlannerCopy* copy : known.copies) {
    if (pthread_mutex_trylock(&copy->mutex_) == 0) {
      pthread_mutex_unlock(&copy->mutex_);
      continue;
    }
    pthread_mutex_init(&copy->mutex_, nullptr);
    if (copy->forked_ == Forked::not_in_planning) copy->forked_ = Forked::in_planning;
  }
}

/// In a process that was forked while another thread planned, that thread's work is half done for ever: the program gets its
/// wisdom back, and FFTW as it is. What else was known may be torn, and is not looked at.
bool PlannerCopy::passes_all() noexcept {
  if (forked_ == Forked::not_in_planning) return false;
  if (forked_ == Forked::in_planning && is_emptied_.load(std::memory_order_acquire)) {
    forget_();
    if (!own_wisdom_->empty()) import_(own_wisdom_->c_str());
  }
  forked_ = Forked::passing_all;
  return true;
}

PlannerCopy::PlannerCopy(const Precision& precision, Library library, void* handle)
    : precision_(precision), library_(library), handle_(handle) {
  find(handle, precision.prefix, "mkapiplan", plan_);
  find(handle, precision.prefix, "mkproblem_dft", make_dft_);
  find(handle, precision.prefix, "mkproblem_rdft", make_rdft_);
  find(handle, precision.prefix, "mkproblem_rdft2", make_rdft2_);
  find(handle, precision.prefix, "problem_destroy", destroy_problem_);
  find(handle, precision.prefix, "destroy_plan", destroy_plan_);
  find(handle, precision.prefix, "execute", execute_);
  find(handle, precision.prefix, "import_wisdom_from_string", import_);
  find(handle, precision.prefix, "export_wisdom", export_);
  find(handle, precision.prefix, "forget_wisdom", forget_);
  find(handle, precision.prefix, "the_planner", planner_);
  const char* version = nullptr;
  find(handle, precision.prefix, "version", version);
  is_usable_ = plan_ != nullptr && make_dft_ != nullptr && make_rdft_ != nullptr && make_rdft2_ != nullptr && destroy_problem_ != nullptr &&
               destroy_plan_ != nullptr && import_ != nullptr && export_ != nullptr && forget_ != nullptr && planner_ != nullptr &&
               version != nullptr && std::strncmp(version, "fftw-3.3.", 9) == 0;
  shows_time_limit_ = is_usable_ && std::strncmp(version, "fftw-3.3.10", 11) == 0;
}

void* PlannerCopy::function(const char* name) const noexcept { return ::dlsym(handle_, name); }

/// Before this copy is locked.
void PlannerCopy::know_threading() noexcept {
  if (!is_usable_) return;
  const auto found = threading_of(handle_, precision_.prefix, reinterpret_cast<void*>(plan_), libraries_seen_);
  if (!found) return;
  const Lock lock(mutex_);
  if (found->libraries_seen < threading_.libraries_seen) return;
  threading_ = *found;
  libraries_seen_ = found->libraries_seen;
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
