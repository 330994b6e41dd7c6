// The functions of FFTW that a preloaded library stands in front of, in its three precisions. Planners of all interfaces, C,
// guru, many, Fortran, meet in mkapiplan; the others are looked at only to know what wisdom the program has.

#include "planner_copy.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <link.h>

namespace almanac::wrap {
namespace {

using Name = std::array<char, 64>;

Name name_of(const Precision& precision, const char* function) noexcept {
  Name name;
  std::strcpy(name.data(), precision.prefix);
  std::strcat(name.data(), function);
  return name;
}

/// Errors that come of our looking around are nobody's business.
class KeptErrno {
 public:
  KeptErrno() noexcept : number_(errno) {}
  ~KeptErrno() { errno = number_; }

 private:
  int number_;
};

/// The function of that name which a loaded library finds, if it is not ours.
void* function_of(const char* library, const Name& name) noexcept {
  void* handle = *library != '\0' ? ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD) : nullptr;
  if (handle == nullptr) return nullptr;
  void* found = ::dlsym(handle, name.data());
  ::dlclose(handle);
  return found != nullptr && !(library_of(found) == library_of(&kPrecisions)) ? found : nullptr;
}

/// What some library in this process finds: for calls that leave no trace of where they come from.
void* function_of_any(const Name& name) noexcept {
  std::vector<std::string> libraries;
  const auto note = [](dl_phdr_info* info, std::size_t, void* names) noexcept {
    try {
      static_cast<std::vector<std::string>*>(names)->emplace_back(info->dlpi_name);
      return 0;
    } catch (...) {
      return 1;
    }
  };
  ::dl_iterate_phdr(note, &libraries);
  for (const std::string& library : libraries) {
    if (void* found = function_of(library.c_str(), name)) return found;
  }
  return nullptr;
}

/// FFTW's own function of that name, as what is at this place would have found it: in its library's scope first, then in the program's.
void* real_function(const void* place, const Precision& precision, const char* function) noexcept {
  const KeptErrno kept;
  const Name name = name_of(precision, function);
  if (const Library library = library_of(place)) {
    if (void* found = function_of(library.name, name)) return found;
  }
  if (void* found = ::dlsym(RTLD_NEXT, name.data())) return found;
  if (const PlannerCopy* known = PlannerCopy::any(precision)) {
    if (void* found = known->function(name.data())) return found;
  }
  return function_of_any(name);
}

/// The planners' calls are mostly their last act, and leave no return address; but what is to be planned has its methods in the
/// library it comes from.
void* plan(const Precision& precision, int sign, unsigned flags, void* given) noexcept {
  auto* const problem = static_cast<FftwProblem*>(given);
  if (problem == nullptr) return nullptr;
  if (settings() != nullptr && !Inside::is()) {
    const KeptErrno kept;
    if (PlannerCopy* copy = PlannerCopy::of(problem->kind, precision)) return copy->plan(sign, flags, problem);
  }
  const auto real = reinterpret_cast<void* (*)(int, unsigned, void*)>(real_function(problem->kind, precision, "mkapiplan"));
  return real != nullptr ? real(sign, flags, given) : nullptr;
}

/// Calls FFTW's own function, by way of the copy it belongs to.
template <class Result, class... Arguments>
Result call(void (PlannerCopy::*way)(const std::function<void()>&) noexcept, const void* caller, const Precision& precision, const char* function,
            Arguments... arguments) noexcept {
  const auto real = reinterpret_cast<Result (*)(Arguments...)>(real_function(caller, precision, function));
  if (real == nullptr) return Result();
  PlannerCopy* copy = nullptr;
  if (settings() != nullptr && !Inside::is()) copy = PlannerCopy::of(reinterpret_cast<const void*>(real), precision);
  if (copy == nullptr) return real(arguments...);
  if constexpr (std::is_void_v<Result>) {
    (copy->*way)([&] { real(arguments...); });
  } else {
    Result result{};
    (copy->*way)([&] { result = real(arguments...); });
    return result;
  }
}

void set_time_limit(const void* caller, const Precision& precision, double seconds) noexcept {
  const auto real = reinterpret_cast<void (*)(double)>(real_function(caller, precision, "set_timelimit"));
  if (real == nullptr) return;
  if (settings() != nullptr) {
    if (PlannerCopy* copy = PlannerCopy::of(reinterpret_cast<const void*>(real), precision)) copy->set_time_limited(seconds >= 0);
  }
  real(seconds);
}

using WriteCharacter = void (*)(char, void*);
using ReadCharacter = int (*)(void*);

}  // namespace
}  // namespace almanac::wrap

#define ALMANAC_INTERPOSED extern "C" __attribute__((visibility("default")))
#define ALMANAC_CALLER __builtin_return_address(0)

#define ALMANAC_INTERPOSE(PREFIX, INDEX)                                                                                                        \
  namespace almanac::wrap {                                                                                                                     \
  ALMANAC_INTERPOSED void* PREFIX##mkapiplan(int sign, unsigned flags, void* problem) {                                                          \
    return plan(kPrecisions[INDEX], sign, flags, problem);                                                                                      \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED void PREFIX##export_wisdom(WriteCharacter write, void* data) {                                                              \
    call<void>(&PlannerCopy::show_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "export_wisdom", write, data);                                     \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED char* PREFIX##export_wisdom_to_string() {                                                                                   \
    return call<char*>(&PlannerCopy::show_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "export_wisdom_to_string");                                \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED void PREFIX##export_wisdom_to_file(FILE* file) {                                                                            \
    call<void>(&PlannerCopy::show_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "export_wisdom_to_file", file);                                    \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED int PREFIX##export_wisdom_to_filename(const char* name) {                                                                   \
    return call<int>(&PlannerCopy::show_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "export_wisdom_to_filename", name);                          \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED int PREFIX##import_wisdom(ReadCharacter read, void* data) {                                                                 \
    return call<int>(&PlannerCopy::add_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "import_wisdom", read, data);                                 \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED int PREFIX##import_wisdom_from_string(const char* text) {                                                                   \
    return call<int>(&PlannerCopy::add_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "import_wisdom_from_string", text);                           \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED int PREFIX##import_wisdom_from_file(FILE* file) {                                                                           \
    return call<int>(&PlannerCopy::add_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "import_wisdom_from_file", file);                             \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED int PREFIX##import_wisdom_from_filename(const char* name) {                                                                 \
    return call<int>(&PlannerCopy::add_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "import_wisdom_from_filename", name);                         \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED int PREFIX##import_system_wisdom() {                                                                                        \
    return call<int>(&PlannerCopy::add_wisdom, ALMANAC_CALLER, kPrecisions[INDEX], "import_system_wisdom");                                      \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED void PREFIX##forget_wisdom() {                                                                                              \
    call<void>(&PlannerCopy::empty_planner, ALMANAC_CALLER, kPrecisions[INDEX], "forget_wisdom");                                                \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED void PREFIX##cleanup() {                                                                                                    \
    call<void>(&PlannerCopy::renew_planner, ALMANAC_CALLER, kPrecisions[INDEX], "cleanup");                                                      \
  }                                                                                                                                             \
  ALMANAC_INTERPOSED void PREFIX##set_timelimit(double seconds) { set_time_limit(ALMANAC_CALLER, kPrecisions[INDEX], seconds); }                 \
  }

ALMANAC_INTERPOSE(fftw_, 0)
ALMANAC_INTERPOSE(fftwf_, 1)
ALMANAC_INTERPOSE(fftwl_, 2)
