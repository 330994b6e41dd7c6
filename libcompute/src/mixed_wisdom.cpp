#include <almanac/compute/mixed_wisdom.hpp>

#include "fft_layout.hpp"
#include "fftw_planner.hpp"
#include "wisdom_grammar.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

namespace almanac::compute {
namespace {

// The lines of a text that ends with a newline, each with its own.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

constexpr std::array kMeasuringRigors{Rigor::exhaustive, Rigor::patient, Rigor::measure};    // the highest first

// The text of these records, in the form FFTW exports.
std::string text_of(const std::string& head, std::span<const std::string> some, std::span<const std::string> others) {
  std::string text = head;
  for (const std::string& record : some) text += record;
  for (const std::string& record : others) text += record;
  return text + ")\n";
}

}  // namespace

template <class Real>
MixedWisdom<Real>::MixedWisdom(std::string_view text) {
  FftwPlannerSession<Real> session(1);
  const std::string reason = refuse_bundle(text, session.header(), {.bytes = kMaxMixedWisdomBytes, .timeouts = true});
  if (!reason.empty()) throw WisdomError(reason);
  if (!session.import(without_timeouts(text))) throw WisdomError("it names solvers that this FFTW does not have");

  // Exported again, of several records of one problem at the same rigor only the first is left.
  text_ = std::make_shared<const std::string>(session.export_bundle());
  std::vector<std::string> lines = lines_of(*text_);
  head_ = std::move(lines.front());
  records_.assign(std::move_iterator(lines.begin() + 1), std::move_iterator(lines.end() - 1));
}

template <class Real>
std::string MixedWisdom<Real>::bundle_of(const FftProblem& problem) const {
  if (problem.rigor == Rigor::estimate) throw ArgumentError("rigor", "estimate", "be one that measures");
  const FftLayout layout = lay_out(problem, sizeof(Real));
  FftwPlannerSession<Real> session(problem.threads, FftwPlannerSession<Real>::Keep::held);
  const auto plans_at = [&](Rigor rigor) { return session.learn(layout, problem, fftw_flag(rigor) | FFTW_WISDOM_ONLY); };
  const auto takes = [&](const std::string& bundle) {
    session.forget();
    return session.import(bundle);
  };
  for (const Rigor rigor : kMeasuringRigors) {
    if (rigor < problem.rigor) break;
    if (!session.hold(text_) || !plans_at(rigor)) continue;
    const std::string bundle = fewest([&](const std::string& some) { return takes(some) && plans_at(rigor); });
    if (!bundle.empty() && (rigor == problem.rigor || (takes(bundle) && plans_at(problem.rigor)))) return bundle;
  }
  return {};
}

template <class Real>
std::string MixedWisdom<Real>::fewest(const std::function<bool(const std::string&)>& plan_it) const {
  const std::span all(records_);
  std::vector<std::string> needed;
  // Whether the first `count` records and the needed ones make a plan.
  const auto suffice = [&](std::size_t count) { return plan_it(text_of(head_, all.first(count), needed)); };

  std::size_t enough = records_.size();
  if (!suffice(enough)) return {};
  while (!suffice(0)) {
    // The last record of the shortest sufficient beginning is needed; what follows it is not.
    std::size_t too_few = 0;
    while (enough - too_few > 1) {
      const std::size_t middle = too_few + (enough - too_few) / 2;
      (suffice(middle) ? enough : too_few) = middle;
    }
    if (!suffice(enough)) return {};    // fewer records did where more do not: no bundle that can be relied on
    needed.push_back(all[--enough]);
  }
  return text_of(head_, {}, needed);
}

template class MixedWisdom<float>;
template class MixedWisdom<double>;
template class MixedWisdom<long double>;

}  // namespace almanac::compute
