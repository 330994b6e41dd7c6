#pragma once

#include <string>
#include <vector>

namespace almanac::cli {

/// A table in plain text: columns as wide as their longest cell, numbers to the right, every row on one line.
class Table {
 public:
  /// A heading that starts with '>' makes its column right-aligned.
  explicit Table(std::vector<std::string> headings);
  void add(std::vector<std::string> row);
  bool empty() const noexcept { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace almanac::cli
