// FFT wisdom: FFTW ends the process on some malformed records, so what refuse_wisdom lets pass is handed to FFTW.

#include "targets.hpp"

#include "fftw_api.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <memory>
#include <numbers>
#include <string>
#include <string_view>

namespace almanac::fuzz {
namespace {

using compute::Fftw;

constexpr int kLength = 16;  ///< of the transform that the corpus has wisdom of

/// "(fftw-3.3.10 fftw_wisdom #x…)": what this FFTW writes at the head of its wisdom, and no other one's reads.
template <class Real>
const std::string& own_head() {
  static const std::string head = [] {
    const std::string signature = compute::fftw_signature<Real>();
    const auto first = signature.find('/'), second = signature.rfind('/');
    std::string text = "(" + signature.substr(0, first) + " " + signature.substr(first + 1, second - first - 1);
    for (std::size_t at = second + 1; at < signature.size(); at += 8) text += " #x" + signature.substr(at, 8);
    return text + "\n";
  }();
  return head;
}

template <class Real>
std::string exported() {
  std::string text;
  Fftw<Real>::export_wisdom([](char c, void* to) { static_cast<std::string*>(to)->push_back(c); }, &text);
  return text;
}

/// A plan that comes of whatever wisdom there is now is a plan all the same, and right.
template <class Real>
void plan_and_check() {
  std::array<std::complex<Real>, kLength> in{}, out{};
  const auto as_fftw = [](std::complex<Real>* data) { return reinterpret_cast<typename Fftw<Real>::Complex*>(data); };
  const typename Fftw<Real>::Dimension dimension{kLength, 1, 1};
  const auto plan = Fftw<Real>::plan_dft(1, &dimension, 0, nullptr, as_fftw(in.data()), as_fftw(out.data()), FFTW_FORWARD,
                                         FFTW_MEASURE | FFTW_WISDOM_ONLY);
  if (plan == nullptr) return;
  in[1] = 1;
  Fftw<Real>::execute_dft(plan, as_fftw(in.data()), as_fftw(out.data()));
  Fftw<Real>::destroy_plan(plan);
  double worst = 0;
  for (int k = 0; k < kLength; ++k) {
    const auto expected = std::polar(1.0, -2 * std::numbers::pi * k / kLength);
    worst = std::max(worst, std::abs(std::complex<double>(out[static_cast<std::size_t>(k)]) - expected));
  }
  promised(worst < 1e-5, "wisdom makes a plan that is wrong");  // single precision: some 1e-7 for a unit impulse
}

template <class Real>
void read(std::string_view bundle) {
  if (!compute::refuse_wisdom<Real>(bundle).empty()) return;
  promised(compute::refuse_wisdom<Real>(compute::without_timeouts(bundle)).empty(), "wisdom without timeouts is refused");
  Fftw<Real>::forget_wisdom();
  // FFTW knows its solvers by name and may say no; what it must not do is end the process.
  if (Fftw<Real>::import_wisdom_from_string(std::string(bundle).c_str()) != 0) {
    promised(compute::refuse_wisdom<Real>(exported<Real>()).empty(), "what FFTW makes of wisdom is refused");
    plan_and_check<Real>();
  }
  Fftw<Real>::forget_wisdom();
}

}  // namespace

void wisdom(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("(")) {
    read<double>(text);
    read<float>(text);
    return;
  }
  // The head differs from one build of FFTW to the next: the corpus has records without one.
  read<double>(own_head<double>() + std::string(text));
  read<float>(own_head<float>() + std::string(text));
}

}  // namespace almanac::fuzz
