#include <almanac/compute/fft_wisdom.hpp>

#include "fft_layout.hpp"
#include "fftw_planner.hpp"
#include "wisdom_grammar.hpp"

namespace almanac::compute {

template <class Real>
std::string fftw_signature() {
  const WisdomHeader& header = last_wisdom_header<Real>();
  return header.version + '/' + header.name + '/' + header.signature;
}

template <class Real>
std::string refuse_wisdom(std::string_view wisdom) {
  return refuse_bundle(wisdom, last_wisdom_header<Real>());
}

template <class Real>
std::string make_wisdom(const FftProblem& problem) {
  const FftLayout layout = lay_out(problem, sizeof(Real));
  if (problem.rigor == Rigor::estimate) return {};

  const unsigned rigor = fftw_flag(problem.rigor);
  FftwPlannerSession<Real> session(problem.threads);
  if (!session.learn(layout, problem, rigor)) refuse_problem(problem);
  const std::string bundle = without_timeouts(session.export_bundle());

  // A search that a time limit cut short leaves wisdom of a lower rigor, or none: who measured must be able to use it.
  session.forget();
  if (!session.import(bundle) || !session.learn(layout, problem, rigor | FFTW_WISDOM_ONLY)) {
    throw WisdomError("FFTW found no plan of this problem at rigor " + std::string(to_string(problem.rigor)) +
                      ": has the program set a planner time limit?");
  }
  return bundle;
}

template <class Real>
SplitDistances split_distances(const FftProblem& problem) {
  const FftLayout layout = lay_out(problem, sizeof(Real));
  return {layout.input.split_distance, layout.output.split_distance};
}

template SplitDistances split_distances<float>(const FftProblem&);
template SplitDistances split_distances<double>(const FftProblem&);
template SplitDistances split_distances<long double>(const FftProblem&);
template std::string fftw_signature<float>();
template std::string fftw_signature<double>();
template std::string fftw_signature<long double>();
template std::string refuse_wisdom<float>(std::string_view);
template std::string refuse_wisdom<double>(std::string_view);
template std::string refuse_wisdom<long double>(std::string_view);
template std::string make_wisdom<float>(const FftProblem&);
template std::string make_wisdom<double>(const FftProblem&);
template std::string make_wisdom<long double>(const FftProblem&);

}  // namespace almanac::compute
