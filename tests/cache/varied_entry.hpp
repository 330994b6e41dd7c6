#pragma once

#include <almanac/cache/tier.hpp>

#include <chrono>
#include <complex>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace almanac::cache {

/// An artifact with every type of array and attribute, empty ones included.
inline Artifact varied_artifact() {
  std::vector<Array> arrays;
  arrays.push_back(Array::of<double>("f64", {2, 3}, {1.5, -0.0, 3, 4, 5, std::numeric_limits<double>::quiet_NaN()}));
  arrays.push_back(Array::of<float>("f32", {1}, {0.25f}));
  arrays.push_back(Array::of<std::complex<float>>("c64", {2}, {{1, 2}, {3, 4}}));
  arrays.push_back(Array::of<std::complex<double>>("c128", {2, 2}, {{1, 2}, {3, 4}, {5, 6}, {7, 8}}));
  arrays.push_back(Array::of<std::int32_t>("i32", {3}, {1, -2, 3}));
  arrays.push_back(Array::of<std::int64_t>("i64", {1, 1, 2}, {1, std::numeric_limits<std::int64_t>::min()}));
  arrays.push_back(Array::of<std::uint8_t>("u8", {5}, {0, 1, 2, 254, 255}));
  arrays.push_back(Array::of<double>("nothing", {0, 7}, {}));
  Attributes attributes{{"coverage", std::int64_t{6}},
                        {"alpha", 1.5},
                        {"boundary", std::string("periodic")},
                        {"empty", std::string()},
                        {"extents", std::vector<std::int64_t>{2, 3}},
                        {"spacing", std::vector<double>{0.1, -0.0}},
                        {"no reals", std::vector<double>{}}};
  return Artifact(std::move(arrays), std::move(attributes));
}

inline EntryFacts varied_facts() {
  using std::chrono::sys_days;
  EntryFacts facts;
  facts.producer = {"almanac/0.1.0", "AVX3"};
  facts.host_binding = "some CPU; some library";
  facts.cost = std::chrono::milliseconds(1234);
  facts.created = sys_days(std::chrono::year(2024) / 2 / 29) + std::chrono::nanoseconds(123456789);
  facts.expires = sys_days(std::chrono::year(2199) / 1 / 1);
  facts.dependencies = {Id::of("one"), Id::of("two")};
  return facts;
}

inline EntryPtr varied_entry(const Key& key = Key("varied", 3, {{"n", 1}, {"name", "a;b"}})) {
  return std::make_shared<const Entry>(Entry{key, varied_artifact(), varied_facts()});
}

}  // namespace almanac::cache
