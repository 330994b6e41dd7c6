#pragma once

#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace almanac::compute {

/// One value for all axes, or one an axis, slowest axis first.
/// A list without values fits no number of axes; the checks of problems refuse it.
template <class T>
class PerAxis {
 public:
  PerAxis(T value) : values_{std::move(value)} {}
  PerAxis(std::initializer_list<T> values) : values_(values) {}
  PerAxis(std::vector<T> values) : values_(std::move(values)) {}

  /// True when it can serve that many axes: it has one value, or that many.
  bool fits(std::size_t axes) const noexcept {
    return !values_.empty() && (values_.size() == 1 || values_.size() == axes);
  }

  /// The value of one axis. Precondition: fits(n) for an n > axis.
  const T& operator[](std::size_t axis) const { return values_.size() == 1 ? values_.front() : values_[axis]; }

  /// The values as they were given: one, or one an axis.
  const std::vector<T>& values() const noexcept { return values_; }

  /// The values written out for that many axes. Precondition: fits(axes).
  std::vector<T> expand(std::size_t axes) const {
    return values_.size() == axes ? values_ : std::vector<T>(axes, values_.front());
  }

 private:
  std::vector<T> values_;
};

}  // namespace almanac::compute
