#include <almanac/compute/mixed_wisdom.hpp>

#include "fft_layout.hpp"
#include "fftw_planner.hpp"
#include "wisdom_grammar.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
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
  const WisdomHeader own = wisdom_header(session.export_bundle());
  const std::string reason = refuse_bundle(text, own, {.bytes = kMaxMixedWisdomBytes, .timeouts = true});
  if (!reason.empty()) throw WisdomError(reason);
  if (!session.import(without_timeouts(text))) throw WisdomError("it names solvers that this FFTW does not have");

  // Exported again, there is one record where there were several of one problem, and the best of them.
  std::vector<std::string> lines = lines_of(session.export_bundle());
  head_ = std::move(lines.front());
  records_.assign(std::move_iterator(lines.begin() + 1), std::move_iterator(lines.end() - 1));
}

template <class Real>
std::string MixedWisdom<Real>::bundle_of(const FftProblem& problem) const {
  if (problem.rigor == Rigor::estimate) throw ArgumentError("rigor", "estimate", "be one that measures");
  const FftLayout layout = lay_out(problem, sizeof(Real));
  FftwPlannerSession<Real> session(problem.threads);
  const std::span all(records_);
  std::vector<std::string> needed;
  // Whether the first `count` records and the needed ones make a plan.
  const auto plans_with = [&](std::size_t count) {
    session.forget();
    return session.import(text_of(head_, all.first(count), needed)) &&
           session.learn(layout, problem, fftw_flag(problem.rigor) | FFTW_WISDOM_ONLY);
  };

  std::size_t enough = records_.size();
  if (!plans_with(enough)) return {};
  while (!plans_with(0)) {
    // The last record of the shortest sufficient beginning is needed; what follows it is not.
    std::size_t too_few = 0;
    while (enough - too_few > 1) {
      const std::size_t middle = too_few + (enough - too_few) / 2;
      (plans_with(middle) ? enough : too_few) = middle;
    }
    if (!plans_with(enough)) return {};   // fewer records did where more do not: no bundle that can be relied on
    needed.push_back(all[--enough]);
  }
  return text_of(head_, {}, needed);
}

template class MixedWisdom<float>;
template class MixedWisdom<double>;
template class MixedWisdom<long double>;

}  // namespace almanac::compute
