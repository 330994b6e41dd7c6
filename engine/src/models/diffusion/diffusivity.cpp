#include "diffusivity.hpp"

#include <almanac/compute/diffusion_operator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace almanac::models {
namespace {

constexpr mission::Range kDiffusivities{.low = compute::kMinDiffusivity, .high = compute::kMaxDiffusivity};

class Ball final : public Diffusivity::Field {
 public:
  Ball(mission::Section& section, const Grid& grid)
      : background_(section.real("background", kDiffusivities)),
        value_(section.real("value", kDiffusivities)),
        radius_(section.real("radius", mission::kPositive)) {
    std::vector<double> middle;
    for (const double length : grid.length) middle.push_back(length / 2);
    centre_ = one_an_axis(section, "centre", section.has("centre") ? section.reals("centre", mission::kFinite) : middle, grid.rank());
  }

  void fill(std::span<double> out, const Grid& grid) const override {
    std::vector<std::vector<double>> squares(grid.rank());
    for (std::size_t axis = 0; axis < grid.rank(); ++axis) {
      for (std::int64_t j = 0; j < grid.extent[axis]; ++j) {
        double away = grid.coordinate(axis, j) - centre_[axis];
        if (grid.boundary[axis] == Boundary::periodic) away = std::remainder(away, grid.length[axis]);
        squares[axis].push_back(away * away);
      }
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      double distance = 0;
      std::size_t rest = i;
      for (std::size_t axis = grid.rank(); axis-- > 0;) {
        distance += squares[axis][rest % squares[axis].size()];
        rest /= squares[axis].size();
      }
      out[i] = distance <= radius_ * radius_ ? value_ : background_;
    }
  }
  double largest() const override { return std::max(background_, value_); }
  output::Facts facts() const override {
    return {{"profile", std::string("ball")},
            {"background", background_},
            {"value", value_},
            {"centre", centre_},
            {"radius", radius_}};
  }

 private:
  double background_, value_, radius_;
  std::vector<double> centre_;
};

class Layers final : public Diffusivity::Field {
 public:
  Layers(mission::Section& section, const Grid& grid)
      : axis_(section.integer("axis", 0, static_cast<std::int64_t>(grid.rank()) - 1, 0)),
        at_(section.reals("at", mission::kFinite)),
        values_(section.reals("values", kDiffusivities)) {
    if (std::ranges::adjacent_find(at_, std::greater_equal()) != at_.end()) section.refuse("at", "be increasing");
    if (values_.size() != at_.size() + 1) {
      section.refuse("values", fmt::format("be {}: one before each position and one behind the last", at_.size() + 1));
    }
  }

  void fill(std::span<double> out, const Grid& grid) const override {
    const auto axis = static_cast<std::size_t>(axis_), n = static_cast<std::size_t>(grid.extent[axis]);
    std::vector<double> along;
    for (std::int64_t j = 0; j < grid.extent[axis]; ++j) {
      along.push_back(values_[static_cast<std::size_t>(std::ranges::upper_bound(at_, grid.coordinate(axis, j)) - at_.begin())]);
    }
    std::size_t inner = 1;
    for (std::size_t faster = axis + 1; faster < grid.rank(); ++faster) inner *= static_cast<std::size_t>(grid.extent[faster]);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = along[i / inner % n];
  }
  double largest() const override { return std::ranges::max(values_); }
  output::Facts facts() const override {
    return {{"profile", std::string("layers")}, {"axis", axis_}, {"at", at_}, {"values", values_}};
  }

 private:
  std::int64_t axis_;
  std::vector<double> at_, values_;
};

class MeasuredDiffusivity final : public Diffusivity::Field {
 public:
  MeasuredDiffusivity(mission::Section& section, const mission::MissionText& text, const Grid& grid, mission::InputFiles& files)
      : data_(files.hdf5(text, section, grid.extent)),
        file_(std::filesystem::path(section.text("file")).filename().string()),
        dataset_(section.text("dataset")) {
    const auto wrong = std::ranges::find_if_not(data_->values, [](double value) { return kDiffusivities.holds(value); });
    if (wrong == data_->values.end()) return;
    std::string place;
    std::size_t rest = static_cast<std::size_t>(wrong - data_->values.begin());
    for (std::size_t axis = grid.rank(); axis-- > 0; rest /= static_cast<std::size_t>(grid.extent[axis])) {
      place = fmt::format("{}{}{}", rest % static_cast<std::size_t>(grid.extent[axis]), place.empty() ? "" : ", ", place);
    }
    section.complain("dataset", fmt::format("at ({}) it is {}, and kappa must {}", place, *wrong, kDiffusivities.text()));
  }

  void fill(std::span<double> out, const Grid&) const override { std::ranges::copy(data_->values, out.begin()); }
  double largest() const override { return std::ranges::max(data_->values); }
  output::Facts facts() const override { return {{"profile", std::string("hdf5")}, {"file", file_}, {"dataset", dataset_}}; }

 private:
  mission::DatasetPtr data_;
  std::string file_, dataset_;
};

}  // namespace

Diffusivity Diffusivity::read(mission::Section& model, const mission::MissionText& text, const Grid& grid,
                              mission::InputFiles& files) {
  constexpr std::string_view kFields[] = {"ball", "layers", "hdf5"};
  Diffusivity kappa;
  if (!model.is_table("kappa")) {
    kappa.largest_ = model.real("kappa", mission::kNotNegative);
    return kappa;
  }
  mission::Section section = model.section("kappa");
  const std::string profile = section.word("profile", kFields);
  if (profile == "ball") kappa.field_ = std::make_shared<Ball>(section, grid);
  if (profile == "layers") kappa.field_ = std::make_shared<Layers>(section, grid);
  if (profile == "hdf5") kappa.field_ = std::make_shared<MeasuredDiffusivity>(section, text, grid, files);
  kappa.largest_ = kappa.field_->largest();
  return kappa;
}

void Diffusivity::fill(std::span<double> out, const Grid& grid) const {
  if (field_) return field_->fill(out, grid);
  std::ranges::fill(out, largest_);
}

output::Facts Diffusivity::facts() const {
  if (!field_) return {{"kappa", largest_}};
  output::Facts facts;
  for (auto& [name, value] : field_->facts()) facts.emplace_back("kappa_" + name, std::move(value));
  return facts;
}

}  // namespace almanac::models
