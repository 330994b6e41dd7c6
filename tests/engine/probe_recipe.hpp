#pragma once

#include <almanac/recipe.hpp>
#include <almanac/warmup.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace almanac::testing {

/// A kind of a test's own, with one parameter, `name`; what making it does is up to the test.
class ProbeRecipe final : public Recipe {
 public:
  explicit ProbeRecipe(std::function<void(const std::string& name)> making) : making_(std::move(making)) {}

  std::string_view kind() const noexcept override { return "probe"; }
  int version() const noexcept override { return 1; }
  std::string_view summary() const noexcept override { return "A table of eight bytes."; }
  std::string_view accuracy() const noexcept override { return "exact"; }
  bool portable() const noexcept override { return true; }
  std::span<const Parameter> parameters() const noexcept override { return parameters_; }

  cache::Request request(const ParameterValues& values) const override {
    const std::string name = std::get<std::string>(values.at("name"));
    return {.key = cache::Key("probe", 1, {{"name", name}}),
            .make =
                [this, name](const cache::Artifact*) {
                  making_(name);
                  return cache::Artifact({cache::Array::of("v", {8}, std::vector<std::uint8_t>(8))});
                },
            .estimate = std::chrono::seconds(10)};
  }

  Catalog catalog(const std::vector<std::string>& names) const {
    Catalog catalog;
    for (const std::string& name : names) catalog.items.push_back({this, {{"name", name}}, "probe name=" + name, "here:1"});
    return catalog;
  }

 private:
  std::function<void(const std::string&)> making_;
  std::vector<Parameter> parameters_{{"name", ParameterType::word, "", "", ""}};
};

}  // namespace almanac::testing
