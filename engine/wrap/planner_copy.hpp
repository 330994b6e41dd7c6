#pragma once

#include "fftw_structures.hpp"
#include "parent_link.hpp"
#include "problem_description.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <link.h>
#include <pthread.h>

namespace almanac::wrap {

/// One of FFTW's precisions, which are libraries of their own.
struct Precision {
  const char* prefix;        ///< of its functions
  const char* name;          ///< in keys
  std::size_t bytes;         ///< of a Real
};
extern const Precision kPrecisions[3];

/// While one lives, this thread is inside: what FFTW calls of itself is not looked at.
class Inside {
 public:
  Inside() noexcept { ++depth_; }
  ~Inside() { --depth_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  static bool is() noexcept { return depth_ > 0; }

 private:
  static thread_local int depth_;
};

/// One copy of FFTW in this process, with its planner: a program may have loaded several.
/// Its planner holds, between calls, what the program itself put there, and nothing of ours.
/// Threads: thread-safe; planning runs under the copy's lock, waiting for the parent does not.
class PlannerCopy {
 public:
  /// The copy that the library in which `address` lies is or stands on; nullptr ← none. Made at first sight; never unloaded after.
  static PlannerCopy* of(const void* address, const Precision& precision) noexcept;
  /// One that is known already, whichever.
  static PlannerCopy* any(const Precision& precision) noexcept;

  /// What the program asks mkapiplan for. Takes the problem.
  void* plan(int sign, unsigned flags, FftwProblem* problem) noexcept;

  /// Makes a call of the program's that shows its wisdom; what was planned for it from bundles is part of that.
  void show_wisdom(const std::function<void()>& call) noexcept;
  /// Makes a call that adds wisdom of the program's own.
  void add_wisdom(const std::function<void()>& call) noexcept;
  /// Makes a call after which the planner is empty.
  void empty_planner(const std::function<void()>& call) noexcept;
  void set_time_limited(bool limited) noexcept { is_time_limited_ = limited; }

  void* function(const char* name) const noexcept;

 private:
  class Lock;
  class EmptiedPlanner;
  using Planner = void* (*)(int, unsigned, FftwProblem*);

  PlannerCopy(const Precision& precision, link_map* library, void* handle);
  static void after_fork() noexcept;

  bool is_usable() const noexcept;
  int threads() noexcept;
  std::string exported();
  FftwPlannerCounts counts_now() const noexcept;
  void notice_changes() noexcept;
  void know_own_wisdom();
  void hold_counts_against(unsigned records) noexcept;
  const std::string& signature();
  cache::Key key_of(const DescribedProblem& described);
  FftwProblem* copy_of(const FftwProblem& problem) const noexcept;

  void* straight(int sign, unsigned flags, FftwProblem* problem) noexcept;
  bool plan_by_wisdom(Lock& lock, int sign, unsigned flags, FftwProblem* problem, void*& plan);
  std::optional<FoundBundle> bundle_at_hand(const cache::Key& key) const;
  std::optional<FoundBundle> ask(Lock& lock, Question& question, const cache::Key& key, bool is_unusable) noexcept;
  void* serve(const cache::Key& key, FoundBundle&& found, int sign, unsigned flags, FftwProblem* problem);
  void* plan_by_all_wisdom(int sign, unsigned flags, FftwProblem* problem);
  void* plan_as_measured_before(const DescribedProblem& described, int sign, unsigned flags, FftwProblem* problem);
  void* plan_by_own_wisdom(int sign, unsigned flags, FftwProblem* problem);
  void* plan_by_bundle(const std::string& bundle, int sign, unsigned flags, FftwProblem* problem);
  bool measure(Question& question, const cache::Key& key, int sign, unsigned flags, FftwProblem* problem, void*& plan);
  bool measure_on_scratch(Question& question, const cache::Key& key, int sign, unsigned flags, const FftwProblem& problem);
  std::string bundle_of_last_plan(int sign, unsigned flags, FftwProblem* copy);

  const Precision& precision_;
  link_map* const library_;
  void* const handle_;
  Planner plan_ = nullptr;
  void* (*make_dft_)(const FftwTensor*, const FftwTensor*, char*, char*, char*, char*) = nullptr;
  void* (*make_rdft_)(const FftwTensor*, const FftwTensor*, char*, char*, const int*) = nullptr;
  void* (*make_rdft2_)(const FftwTensor*, const FftwTensor*, char*, char*, char*, char*, int) = nullptr;
  void (*destroy_problem_)(FftwProblem*) = nullptr;
  void (*destroy_plan_)(void*) = nullptr;
  int (*import_)(const char*) = nullptr;
  void (*export_)(void (*)(char, void*), void*) = nullptr;
  void (*forget_)() = nullptr;
  const void* (*planner_)() = nullptr;

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  std::string signature_;                       ///< empty: not known
  std::optional<std::string> own_wisdom_;       ///< what the program has in the planner; empty text: nothing; nullopt: not known
  std::map<std::string, std::string, std::less<>> served_;  ///< key text → bundle, of what was planned for the program
  FftwPlannerCounts known_counts_;              ///< when own_wisdom_ and signature_ were right
  enum class Counted { unproven, right, wrong } counts_are_ = Counted::unproven;  ///< against what was exported and imported
  bool has_imported_ = false;                   ///< the program brought wisdom along
  bool is_time_limited_ = false;
  unsigned long long libraries_seen_ = 0;       ///< ever loaded in this process, when threads_ was looked for
  int (*threads_)() = nullptr;
  bool has_engine_ = false;                     ///< Almanac plans here itself: it may hold the lease that we would wait for
  bool threads_unknown_ = false;                ///< FFTW before 3.3.9 plans with threads, and does not say how many
};

/// The library in which an address lies; nullptr ← none.
link_map* library_of(const void* address) noexcept;

}  // namespace almanac::wrap
