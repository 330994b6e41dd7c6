#include "table.hpp"

#include <almanac/compute/grunwald.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <map>

namespace almanac::bench {

const std::filesystem::path& folder() {
  static const TemporaryFolder run;
  return run.path();
}

const std::vector<double>& table(std::int64_t length) {
  static std::map<std::int64_t, std::vector<double>> tables;
  std::vector<double>& made = tables[length];
  if (made.empty()) {
    made.resize(static_cast<std::size_t>(length));
    compute::grunwald_weights(kAlpha, 0, made);
  }
  return made;
}

double touch(std::span<const double> values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); i += 512) sum += values[i];
  return sum;
}

void verify(std::string_view competitor, std::span<const double> values, std::int64_t length) {
  const std::vector<double>& expected = table(length);
  if (values.size() == expected.size() && std::memcmp(values.data(), expected.data(), values.size_bytes()) == 0) return;
  fmt::print(stderr, "{} gave other bits than were put in\n", competitor);
  std::exit(1);
}

}  // namespace almanac::bench
