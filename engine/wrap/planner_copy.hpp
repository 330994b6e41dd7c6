#pragma once

#include "fftw_structures.hpp"
#include "loaded_libraries.hpp"
#include "parent_link.hpp"
#include "problem_description.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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
  /// Makes a call after which the planner has no wisdom.
  void empty_planner(const std::function<void()>& call) noexcept;
  /// Makes a call after which there is another planner, as of a program that has just begun.
  void renew_planner(const std::function<void()>& call) noexcept;
  void set_time_limited(bool limited) noexcept { is_time_limited_ = limited; }

  void* function(const char* name) const noexcept;

 private:
  class Lock;
  class EmptiedPlanner;
  using Planner = void* (*)(int, unsigned, FftwProblem*);

  PlannerCopy(const Precision& precision, Library library, void* handle);
  static void after_fork() noexcept;

  void know_threading() noexcept;
  bool passes_all() noexcept;
  bool forget_with(const std::function<void()>& call) noexcept;
  bool is_time_limited() const noexcept;
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
  void* plan_by_better(const DescribedProblem& given, const cache::Key& asked, int sign, unsigned flags, FftwProblem* problem);
  void* plan_by_all_wisdom(int sign, unsigned flags, FftwProblem* problem);
  void* plan_as_measured_before(const DescribedProblem& described, int sign, unsigned flags, FftwProblem* problem);
  void* plan_by_own_wisdom(int sign, unsigned flags, FftwProblem* problem);
  void* plan_by_bundle(const std::string& bundle, int sign, unsigned flags, FftwProblem* problem);
  /// What a search found. An empty bundle: nothing that plans the same again.
  struct Searched {
    void* plan = nullptr;
    std::string bundle;
  };
  bool search(int sign, unsigned flags, FftwProblem* problem, Searched& found);
  Searched search_repeatedly(int sign, unsigned flags, const FftwProblem& problem);
  void hand_over(Question& question, const cache::Key& key, int sign, unsigned flags, const FftwProblem& problem, Searched& found) noexcept;
  bool measure(Question& question, const cache::Key& key, int sign, unsigned flags, FftwProblem* problem, void*& plan);
  void* plan_by_what_stands(const std::string& bundle, int sign, unsigned flags, const FftwProblem& problem);
  bool measure_on_scratch(Question& question, const cache::Key& key, int sign, unsigned flags, const FftwProblem& problem);
  std::string bundle_of_last_plan(int sign, unsigned flags, FftwProblem* copy);

  const Precision& precision_;
  const Library library_;
  void* const handle_;
  Planner plan_ = nullptr;
  void* (*make_dft_)(const FftwTensor*, const FftwTensor*, char*, char*, char*, char*) = nullptr;
  void* (*make_rdft_)(const FftwTensor*, const FftwTensor*, char*, char*, const int*) = nullptr;
  void* (*make_rdft2_)(const FftwTensor*, const FftwTensor*, char*, char*, char*, char*, int) = nullptr;
  void (*destroy_problem_)(FftwProblem*) = nullptr;
  void (*destroy_plan_)(void*) = nullptr;
  void (*execute_)(void*) = nullptr;            ///< not needed by anything but comparisons
  int (*import_)(const char*) = nullptr;
  void (*export_)(void (*)(char, void*), void*) = nullptr;
  void (*forget_)() = nullptr;
  const void* (*planner_)() = nullptr;
  bool is_usable_ = false;                      ///< it is FFTW 3.3, with all of the above
  bool shows_time_limit_ = false;               ///< where it lies in the planner is known of this version only

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  std::string signature_;                       ///< empty: not known
  std::optional<std::string> own_wisdom_;       ///< what the program has in the planner; empty text: nothing; nullopt: not known
  std::map<std::string, FoundBundle, std::less<>> served_;  ///< key text → bundle, of what was planned for the program; saves no more
  FftwPlannerCounts known_counts_;              ///< when own_wisdom_ and signature_ were right
  enum class Counted { unproven, right, wrong } counts_are_ = Counted::unproven;  ///< against what was exported and imported
  std::chrono::nanoseconds repeating_{0};       ///< how long searches were repeated here
  bool has_imported_ = false;                   ///< the program brought wisdom along
  std::atomic<bool> is_time_limited_{false};
  Threading threading_;
  std::atomic<unsigned long long> libraries_seen_{0};  ///< as in threading_
  std::atomic<bool> is_emptied_{false};         ///< the program's wisdom is put aside, in own_wisdom_
  enum class Forked { not_in_planning, in_planning, passing_all } forked_ = Forked::not_in_planning;
};

}  // namespace almanac::wrap
