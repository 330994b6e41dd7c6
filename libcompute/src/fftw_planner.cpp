#include "fftw_planner.hpp"

#include "fftw_memory.hpp"
#include "fftw_solvers.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <new>
#include <stdexcept>
#include <utility>

namespace almanac::compute {
namespace {

// The solver signature depends on whether threads were initialised before the planner first woke: so it is the first thing
// that happens, whatever is asked of the planner. Each time: a program that cleans FFTW up takes them away, and where they
// are there FFTW does nothing. Each precision when it is first asked for: to wake one takes half a millisecond, and a
// program's own planning in another one is not ours to change.
template <class Real>
void initialise_threads() {
  if (Fftw<Real>::init_threads() == 0) throw std::runtime_error("FFTW could not initialise its threads");
}

template <class Real>
typename Fftw<Real>::Kind kind_of(Transform transform) noexcept {
  switch (transform) {
    case Transform::r2hc: return FFTW_R2HC;
    case Transform::hc2r: return FFTW_HC2R;
    case Transform::dct1: return FFTW_REDFT00;
    case Transform::dct2: return FFTW_REDFT10;
    case Transform::dct3: return FFTW_REDFT01;
    case Transform::dct4: return FFTW_REDFT11;
    case Transform::dst1: return FFTW_RODFT00;
    case Transform::dst2: return FFTW_RODFT10;
    case Transform::dst3: return FFTW_RODFT01;
    case Transform::dst4: return FFTW_RODFT11;
    case Transform::c2c:
    case Transform::r2c:
    case Transform::c2r: break;    // not real to real: never asked for
  }
  return FFTW_R2HC;
}

// Takes exported characters; no exception may travel through FFTW's frames.
struct TextSink {
  std::string text;
  bool full = false;

  static void take(char c, void* sink) noexcept {
    auto& self = *static_cast<TextSink*>(sink);
    try {
      self.text.push_back(c);
    } catch (const std::bad_alloc&) {
      self.full = true;
    }
  }
};

// One pass, by characters: FFTW's export to a string makes two, and each begins with a hash over all solvers (0.2 ms).
template <class Real>
std::string exported() {
  TextSink sink;
  Fftw<Real>::export_wisdom(&TextSink::take, &sink);
  if (sink.full) throw std::bad_alloc();
  return std::move(sink.text);
}

// An exported text without records is a header and a closing parenthesis; without an export there is none.
bool has_records(const std::string& wisdom) noexcept { return wisdom.find('(', 1) != std::string::npos; }

// The planner state of the program that uses this library, while it is put aside. Guarded by the planner's lock.
template <class Real>
struct ProgramState {
  bool aside = false;
  std::string wisdom;
  int threads = 1;
  std::shared_ptr<const std::string> held;    // what the planner has of it since, and nothing else; nullptr: something else

  // Never destroyed: a scope that is a static object of the program may end after everything here.
  static ProgramState& instance() {
    static ProgramState& state = *new ProgramState;
    return state;
  }

  void put_aside() {
    if (aside) return;
    if (auto header = header_of_empty_planner<Real>()) {
      wisdom.clear();
      see(*std::move(header));
    } else {
      wisdom = exported<Real>();
      see(wisdom_header(wisdom));
    }
    threads = Fftw<Real>::planner_nthreads();
    aside = true;
  }

  // Of what was put aside last, and so of every export until it is given back. Known with the first; read without the lock.
  const WisdomHeader* header() const noexcept { return header_.load(std::memory_order_acquire); }

  void forget() noexcept {
    held.reset();
    Fftw<Real>::forget_wisdom();
  }

  void give_back() noexcept {
    if (!aside) return;
    forget();
    Fftw<Real>::plan_with_nthreads(threads);
    if (has_records(wisdom)) Fftw<Real>::import_wisdom_from_string(wisdom.c_str());
    aside = false;
  }

 private:
  // Another one than before where the program has cleaned FFTW up since. There are two or three, and they are kept.
  void see(WisdomHeader header) {
    auto known = std::find(headers_.begin(), headers_.end(), header);
    if (known == headers_.end()) known = headers_.insert(known, std::move(header));
    header_.store(&*known, std::memory_order_release);
  }

  std::list<WisdomHeader> headers_;
  std::atomic<const WisdomHeader*> header_ = nullptr;
};

int open_scopes = 0;    // guarded by the planner's lock

}  // namespace

std::mutex& fftw_planner_lock() noexcept {
  static std::mutex lock;
  return lock;
}

FftPlanningScope::FftPlanningScope() {
  // There before it is needed: the end of a scope must not fail.
  ProgramState<float>::instance();
  ProgramState<double>::instance();
  ProgramState<long double>::instance();
  const std::lock_guard lock(fftw_planner_lock());
  ++open_scopes;
}

FftPlanningScope::~FftPlanningScope() {
  const std::lock_guard lock(fftw_planner_lock());
  if (--open_scopes > 0) return;
  ProgramState<float>::instance().give_back();
  ProgramState<double>::instance().give_back();
  ProgramState<long double>::instance().give_back();
}

void refuse_problem(const FftProblem& problem) {
  std::string extent;
  for (const std::int64_t points : problem.extent) extent.append(extent.empty() ? "" : "x").append(std::to_string(points));
  throw ArgumentError(problem.strides ? "strides" : "extent", extent + (problem.in_place ? " in place" : ""),
                      "be a problem that FFTW has a plan for");
}

unsigned fftw_flag(Rigor rigor) noexcept {
  switch (rigor) {
    case Rigor::estimate: return FFTW_ESTIMATE;
    case Rigor::measure: return FFTW_MEASURE;
    case Rigor::patient: return FFTW_PATIENT;
    case Rigor::exhaustive: return FFTW_EXHAUSTIVE;
    case Rigor::adaptive: break;    // the engine's word, refused by check
  }
  return FFTW_MEASURE;
}

template <class Real>
FftwPlannerSession<Real>::FftwPlannerSession(int threads, Keep keep) : lock_(fftw_planner_lock()) {
  initialise_threads<Real>();
  ProgramState<Real>::instance().put_aside();
  Fftw<Real>::plan_with_nthreads(threads);
  if (keep == Keep::nothing || ProgramState<Real>::instance().held == nullptr) forget();
}

template <class Real>
FftwPlannerSession<Real>::~FftwPlannerSession() {
  if (ProgramState<Real>::instance().held == nullptr) forget();
  if (open_scopes == 0) ProgramState<Real>::instance().give_back();
}

template <class Real>
void FftwPlannerSession<Real>::forget() noexcept {
  ProgramState<Real>::instance().forget();
}

template <class Real>
bool FftwPlannerSession<Real>::hold(const std::shared_ptr<const std::string>& bundle) noexcept {
  auto& state = ProgramState<Real>::instance();
  if (state.held == bundle) return true;
  forget();
  if (!import(*bundle)) return false;
  state.held = bundle;
  return true;
}

template <class Real>
std::string FftwPlannerSession<Real>::export_bundle() const {
  return exported<Real>();
}

template <class Real>
const WisdomHeader& FftwPlannerSession<Real>::header() const noexcept {
  return *ProgramState<Real>::instance().header();
}

template <class Real>
const WisdomHeader& last_wisdom_header() {
  if (ProgramState<Real>::instance().header() == nullptr) const FftwPlannerSession<Real> first_look(1);
  return *ProgramState<Real>::instance().header();
}

template const WisdomHeader& last_wisdom_header<float>();
template const WisdomHeader& last_wisdom_header<double>();
template const WisdomHeader& last_wisdom_header<long double>();

template <class Real>
typename Fftw<Real>::Plan FftwPlannerSession<Real>::plan(const FftLayout& layout, const FftProblem& problem,
                                                         unsigned flags) {
  using Api = Fftw<Real>;
  using Complex = typename Api::Complex;

  const auto dimensions = [](const std::vector<FftLayout::Axis>& from) {
    std::vector<typename Api::Dimension> to;
    for (const auto& axis : from) to.push_back({axis.points, axis.input_stride, axis.output_stride});
    return to;
  };
  const auto axes = dimensions(layout.axes);
  const auto batches = dimensions(layout.batches);
  const int rank = static_cast<int>(axes.size());
  const int repeats = static_cast<int>(batches.size());
  if (layout.destroys_input) flags |= FFTW_DESTROY_INPUT;

  const FftwMemory<Real> input = fftw_memory<Real>(problem.in_place ? layout.reals : layout.input.reals);
  const FftwMemory<Real> output = problem.in_place ? FftwMemory<Real>() : fftw_memory<Real>(layout.output.reals);
  Real* const in = input.get();
  Real* const out = problem.in_place ? in : output.get();
  const bool backward = problem.direction == Direction::backward;

  if (layout.split) {
    Real* const in_imaginary = in + layout.input.split_distance;
    Real* const out_imaginary = out + layout.output.split_distance;
    switch (layout.family) {
      case FftFamily::c2c:    // split plans know no sign: backward is forward with the parts swapped
        return backward ? Api::plan_split_dft(rank, axes.data(), repeats, batches.data(), in_imaginary, in, out_imaginary,
                                              out, flags)
                        : Api::plan_split_dft(rank, axes.data(), repeats, batches.data(), in, in_imaginary, out,
                                              out_imaginary, flags);
      case FftFamily::r2c:
        return Api::plan_split_r2c(rank, axes.data(), repeats, batches.data(), in, out, out_imaginary, flags);
      case FftFamily::c2r:
        return Api::plan_split_c2r(rank, axes.data(), repeats, batches.data(), in, in_imaginary, out, flags);
      case FftFamily::r2r: break;    // has no split form: refused by check
    }
  }
  switch (layout.family) {
    case FftFamily::c2c:
      return Api::plan_dft(rank, axes.data(), repeats, batches.data(), reinterpret_cast<Complex*>(in),
                           reinterpret_cast<Complex*>(out), backward ? FFTW_BACKWARD : FFTW_FORWARD, flags);
    case FftFamily::r2c:
      return Api::plan_r2c(rank, axes.data(), repeats, batches.data(), in, reinterpret_cast<Complex*>(out), flags);
    case FftFamily::c2r:
      return Api::plan_c2r(rank, axes.data(), repeats, batches.data(), reinterpret_cast<Complex*>(in), out, flags);
    case FftFamily::r2r: break;
  }
  std::vector<typename Api::Kind> kinds;
  for (Transform transform : layout.kinds) kinds.push_back(kind_of<Real>(transform));
  return Api::plan_r2r(rank, axes.data(), repeats, batches.data(), in, out, kinds.data(), flags);
}

template <class Real>
bool FftwPlannerSession<Real>::learn(const FftLayout& layout, const FftProblem& problem, unsigned flags) {
  const auto made = plan(layout, problem, flags);
  if (made == nullptr) return false;
  Fftw<Real>::destroy_plan(made);
  return true;
}

template class FftwPlannerSession<float>;
template class FftwPlannerSession<double>;
template class FftwPlannerSession<long double>;

}  // namespace almanac::compute
