#pragma once

#include "planner_copy.hpp"
#include "wisdom_grammar.hpp"

#include <algorithm>
#include <string>

// Inside a planner copy: its lock, and its planner while it is ours. Included by the sources that make it up.

namespace almanac::wrap {

class PlannerCopy::Lock {
 public:
  explicit Lock(pthread_mutex_t& mutex) noexcept : mutex_(mutex) { lock(); }
  ~Lock() { unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  void lock() noexcept { pthread_mutex_lock(&mutex_); }
  void unlock() noexcept { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t& mutex_;
};

/// The planner without the program's wisdom, which is given back at the end.
class PlannerCopy::EmptiedPlanner {
 public:
  explicit EmptiedPlanner(PlannerCopy& copy) : copy_(copy) {
    copy_.know_own_wisdom();
    copy_.is_emptied_.store(true, std::memory_order_release);
    if (!copy_.own_wisdom_->empty()) copy_.forget_();
  }
  ~EmptiedPlanner() {
    copy_.forget_();
    if (!copy_.own_wisdom_->empty()) copy_.import_(copy_.own_wisdom_->c_str());
    copy_.is_emptied_.store(false, std::memory_order_release);
    copy_.known_counts_ = copy_.counts_now();
  }
  EmptiedPlanner(const EmptiedPlanner&) = delete;
  EmptiedPlanner& operator=(const EmptiedPlanner&) = delete;

 private:
  PlannerCopy& copy_;
};

/// Of an exported text: it begins with a parenthesis, and so does each record.
inline unsigned records_in(const std::string& wisdom) noexcept { return static_cast<unsigned>(std::ranges::count(wisdom, '(')) - 1; }

/// As keys name it: "fftw-3.3.10/fftw_wisdom/3c27…"; empty ← there is no header.
inline std::string signature_of(const compute::WisdomHeader& header) {
  return header.version.empty() ? std::string() : header.version + '/' + header.name + '/' + header.signature;
}

/// And back.
inline compute::WisdomHeader header_of(const std::string& signature) {
  const std::size_t first = signature.find('/'), last = signature.rfind('/');
  if (first == std::string::npos || first == last) return {};
  return {signature.substr(0, first), signature.substr(first + 1, last - first - 1), signature.substr(last + 1)};
}

}  // namespace almanac::wrap
