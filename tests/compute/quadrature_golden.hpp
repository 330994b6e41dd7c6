#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

namespace almanac::compute {

inline nlohmann::json golden_file(const std::string& name) {
  std::ifstream file(std::string(ALMANAC_DATA_FOLDER) + "/golden/" + name);
  EXPECT_TRUE(file) << name;
  return nlohmann::json::parse(file);
}

/// A double written in hexadecimal.
inline double exact_double(const nlohmann::json& text) { return std::strtod(text.get<std::string>().c_str(), nullptr); }

inline std::vector<double> exact_doubles(const nlohmann::json& list) {
  std::vector<double> values;
  for (const auto& text : list) values.push_back(exact_double(text));
  return values;
}

/// The distance from |x| to the next larger double.
inline double golden_ulp(double x) {
  return std::nextafter(std::abs(x), std::numeric_limits<double>::infinity()) - std::abs(x);
}

/// The error of `value` in ulp of golden value i of a column {"value": nearest doubles, "rest": what is left, in ulp}.
inline double golden_error(const nlohmann::json& column, std::size_t i, double value) {
  const double nearest = exact_double(column.at("value")[i]), rest = column.at("rest")[i].get<double>();
  if (nearest == 0 && value == 0) return std::abs(rest);
  return std::abs((value - nearest) / golden_ulp(nearest) - rest);
}

/// a where it is larger, and where it is a NaN.
inline double larger(double a, double b) { return a <= b ? b : a; }

/// name → value of one problem of fractional.json.
inline nlohmann::json golden_problem(const std::string& id) {
  const nlohmann::json file = golden_file("fractional.json");
  for (const auto& problem : file.at("problems"))
    if (problem.at("id") == id) return problem.at("reference_values");
  ADD_FAILURE() << id;
  return {};
}

/// The number behind "name=" in a golden value's key.
inline double number_in(const std::string& key, const std::string& name) {
  const std::size_t at = key.find(name + "=");
  return at == std::string::npos ? std::nan("") : std::stod(key.substr(at + name.size() + 1));
}

}  // namespace almanac::compute
