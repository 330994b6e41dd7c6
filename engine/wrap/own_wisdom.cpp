// What wisdom the program has of its own in a planner, how it is put aside, and what of ours it gets to see.

#include "emptied_planner.hpp"

#include <new>
#include <utility>

namespace almanac::wrap {
namespace {

/// Takes what FFTW exports; no exception may travel through its frames.
struct TextSink {
  std::string text;
  bool is_full = false;

  static void take(char c, void* sink) noexcept {
    auto& self = *static_cast<TextSink*>(sink);
    try {
      self.text.push_back(c);
    } catch (...) {
      self.is_full = true;
    }
  }
};

}  // namespace

std::string PlannerCopy::exported() {
  TextSink sink;
  export_(&TextSink::take, &sink);
  if (sink.is_full) throw std::bad_alloc();
  return std::move(sink.text);
}

FftwPlannerCounts PlannerCopy::counts_now() const noexcept { return FftwPlannerCounts::of(planner_()); }

/// The planner says so itself, where its counts are right, whoever has set the limit.
bool PlannerCopy::is_time_limited() const noexcept {
  return is_time_limited_ || (shows_time_limit_ && counts_are_ == Counted::right && FftwPlannerCounts::has_time_limit(planner_()));
}

/// Not every way to FFTW's functions leads past us: who looks them up in its library by name finds them themselves. An empty planner
/// says so by its counts, where they are right; what else is in it, only an export tells.
void PlannerCopy::notice_changes() noexcept {
  if (counts_are_ != Counted::right || (own_wisdom_ && !own_wisdom_->empty())) own_wisdom_.reset();
  if (counts_are_ != Counted::right) return;
  const FftwPlannerCounts now = counts_now();
  if (now.solvers != known_counts_.solvers) signature_.clear();
  if (own_wisdom_ && now.records != known_counts_.records) {
    own_wisdom_.reset();
    has_imported_ = has_imported_ || now.records > 0;
  }
  if (!own_wisdom_ && now.records == 0) own_wisdom_.emplace();
  known_counts_ = now;
}

void PlannerCopy::know_own_wisdom() {
  if (own_wisdom_) return;
  std::string wisdom = exported();
  const unsigned records = records_in(wisdom);
  if (records > 0) has_imported_ = true;  // by ways that do not lead past us, or estimated: its own, in either case
  signature_ = signature_of(compute::wisdom_header(wisdom));
  own_wisdom_ = records > 0 ? std::move(wisdom) : std::string();
  known_counts_ = counts_now();
  hold_counts_against(records);
}

/// The planner holds that many records: do its counts say so?
void PlannerCopy::hold_counts_against(unsigned records) noexcept {
  if (counts_now().records != records) {
    counts_are_ = Counted::wrong;
  } else if (records > 0 && counts_are_ == Counted::unproven) {
    counts_are_ = Counted::right;
  }
}

const std::string& PlannerCopy::signature() {
  if (signature_.empty()) {
    own_wisdom_.reset();
    know_own_wisdom();
  }
  return signature_;
}

void PlannerCopy::show_wisdom(const std::function<void()>& call) noexcept {
  const Inside inside;
  const Lock lock(mutex_);
  bool is_done = false;
  if (!passes_all() && !served_.empty()) {
    try {
      notice_changes();
      if (signature_.empty()) own_wisdom_.reset();  // with other solvers since, what was exported before is not taken back
      const EmptiedPlanner emptied(*this);
      if (!own_wisdom_->empty()) import_(own_wisdom_->c_str());
      for (const auto& [key, bundle] : served_) import_(bundle.text.c_str());
      is_done = true;
      call();
    } catch (...) {
    }
  }
  if (!is_done) call();
}

void PlannerCopy::add_wisdom(const std::function<void()>& call) noexcept {
  const Inside inside;
  const Lock lock(mutex_);
  if (passes_all()) return call();
  own_wisdom_.reset();
  has_imported_ = true;
  call();
}

void PlannerCopy::empty_planner(const std::function<void()>& call) noexcept {
  const Inside inside;
  const Lock lock(mutex_);
  forget_with(call);
}

void PlannerCopy::renew_planner(const std::function<void()>& call) noexcept {
  const Inside inside;
  const Lock lock(mutex_);
  if (!forget_with(call)) return;
  signature_.clear();
  is_time_limited_ = false;
}

bool PlannerCopy::forget_with(const std::function<void()>& call) noexcept {
  const bool is_passed_on = passes_all();
  call();
  if (is_passed_on) return false;
  own_wisdom_.emplace();
  has_imported_ = false;
  served_.clear();
  return true;
}

}  // namespace almanac::wrap
