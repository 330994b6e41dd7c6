#include "initial_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>

namespace almanac::models {
namespace {

constexpr std::string_view kProfiles[] = {"zero", "gaussian", "sine", "random", "hdf5"};

/// out(j0, j1, …) = scale · Π factors[axis][j_axis]
void fill_product(std::span<double> out, const std::vector<std::vector<double>>& factors, double scale) {
  std::ranges::fill(out, scale);
  std::size_t inner = out.size();
  for (const std::vector<double>& factor : factors) {
    inner /= factor.size();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] *= factor[i / inner % factor.size()];
  }
}

class Zero final : public InitialProfile {
 public:
  void fill(std::span<double> out, const Grid&, const SpaceTransform&) const override { std::ranges::fill(out, 0.0); }
  output::Facts facts() const override { return {{"profile", std::string("zero")}}; }
};

class Gaussian final : public InitialProfile {
 public:
  Gaussian(mission::Section& section, const Grid& grid) {
    std::vector<double> middle;
    for (double length : grid.length) middle.push_back(length / 2);
    centre_ = section.has("centre") ? section.reals("centre", mission::kFinite) : middle;
    centre_ = one_an_axis(section, "centre", centre_, grid.rank());
    width_ = one_an_axis(section, "width", section.reals("width", {.low = 1e-100, .high = 1e100}), grid.rank());
    amplitude_ = section.real("amplitude", mission::kFinite, 1);
  }

  void fill(std::span<double> out, const Grid& grid, const SpaceTransform&) const override {
    std::vector<std::vector<double>> factors;
    for (std::size_t axis = 0; axis < grid.rank(); ++axis) {
      std::vector<double>& factor = factors.emplace_back();
      for (std::int64_t j = 0; j < grid.extent[axis]; ++j) {
        double away = grid.coordinate(axis, j) - centre_[axis];
        if (grid.boundary[axis] == Boundary::periodic) away = std::remainder(away, grid.length[axis]);
        const double widths = away / width_[axis];
        factor.push_back(std::exp(-0.5 * widths * widths));
      }
    }
    fill_product(out, factors, amplitude_);
  }

  output::Facts facts() const override {
    return {{"profile", std::string("gaussian")}, {"centre", centre_}, {"width", width_}, {"amplitude", amplitude_}};
  }

 private:
  std::vector<double> centre_, width_;
  double amplitude_;
};

class Sine final : public InitialProfile {
 public:
  Sine(mission::Section& section, const Grid& grid) {
    const auto largest = *std::ranges::max_element(grid.extent);
    const auto modes = section.has("mode") ? section.integers("mode", 0, largest) : std::vector<std::int64_t>{1};
    mode_ = one_an_axis(section, "mode", modes, grid.rank());
    for (std::size_t axis = 0; axis < grid.rank(); ++axis) {
      const std::int64_t n = grid.extent[axis];
      const bool periodic = grid.boundary[axis] == Boundary::periodic, dirichlet = grid.boundary[axis] == Boundary::dirichlet;
      const std::int64_t low = dirichlet ? 1 : 0, high = periodic ? (n - 1) / 2 : dirichlet ? n : n - 1;
      if (mode_[axis] >= low && mode_[axis] <= high) continue;
      section.complain("mode", "on axis " + std::to_string(axis) + ", " + std::string(compute::to_string(grid.boundary[axis])) +
                                   " with " + std::to_string(n) + " points, it must lie in [" + std::to_string(low) + ", " +
                                   std::to_string(high) + "]");
    }
    amplitude_ = section.real("amplitude", mission::kFinite, 1);
  }

  void fill(std::span<double> out, const Grid& grid, const SpaceTransform&) const override {
    std::vector<std::vector<double>> factors;
    for (std::size_t axis = 0; axis < grid.rank(); ++axis) {
      std::vector<double>& factor = factors.emplace_back();
      const auto k = static_cast<double>(mode_[axis]);
      for (std::int64_t j = 0; j < grid.extent[axis]; ++j) {
        const double angle = std::numbers::pi * k * grid.coordinate(axis, j) / grid.length[axis];
        const double half_angle = std::numbers::pi * (k + 0.5) * grid.coordinate(axis, j) / grid.length[axis];
        switch (grid.boundary[axis]) {
          case Boundary::periodic: factor.push_back(k == 0 ? 1 : std::sin(2 * angle)); break;
          case Boundary::dirichlet: factor.push_back(std::sin(angle)); break;
          case Boundary::neumann: factor.push_back(std::cos(angle)); break;
          case Boundary::dirichlet_neumann: factor.push_back(std::sin(half_angle)); break;
          case Boundary::neumann_dirichlet: factor.push_back(std::cos(half_angle)); break;
        }
      }
    }
    fill_product(out, factors, amplitude_);
  }

  output::Facts facts() const override { return {{"profile", std::string("sine")}, {"mode", mode_}, {"amplitude", amplitude_}}; }

 private:
  std::vector<std::int64_t> mode_;
  double amplitude_;
};

class Random final : public InitialProfile {
 public:
  explicit Random(mission::Section& section)
      : seed_(section.integer("seed", 0, INT64_MAX, 0)),
        smoothness_(section.real("smoothness", {.low = 0, .high = 1e100}, 0)),
        amplitude_(section.real("amplitude", mission::kFinite, 1)) {}

  void fill(std::span<double> out, const Grid& grid, const SpaceTransform& space) const override {
    std::mt19937_64 generator(static_cast<std::uint64_t>(seed_));
    for (double& value : out) {
      double sum = 0;
      for (int i = 0; i < 12; ++i) sum += static_cast<double>(generator() >> 11) * 0x1p-53;
      value = sum - 6;
    }
    if (smoothness_ > 0) {
      std::vector<std::vector<double>> damping = symbols(grid, "spectral");
      for (std::vector<double>& axis : damping) {
        for (double& value : axis) value = std::exp(value * smoothness_ * smoothness_ / 2);
      }
      std::vector<double> factor(out.size());
      fill_product(factor, damping, 1);
      space.forward(out);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] *= factor[i];
      space.backward(out);
    }
    double squares = 0;
    for (double value : out) squares += value * value;
    const double scale = squares > 0 ? amplitude_ / std::sqrt(squares / static_cast<double>(out.size())) : 0;
    for (double& value : out) value *= scale;
  }

  output::Facts facts() const override {
    return {{"profile", std::string("random")}, {"seed", seed_}, {"smoothness", smoothness_}, {"amplitude", amplitude_}};
  }

 private:
  std::int64_t seed_;
  double smoothness_, amplitude_;
};

class FromFile final : public InitialProfile {
 public:
  FromFile(mission::Section& section, const mission::MissionText& text, const Grid& grid, mission::InputFiles& files)
      : data_(files.hdf5(text, section, grid.extent)),
        file_(std::filesystem::path(section.text("file")).filename().string()),
        dataset_(section.text("dataset")) {
    const auto wrong = std::ranges::find_if_not(data_->values, [](double value) { return mission::kFinite.holds(value); });
    if (wrong != data_->values.end()) section.complain("dataset", fmt::format("holds {}, and values must {}", *wrong, mission::kFinite.text()));
  }

  void fill(std::span<double> out, const Grid&, const SpaceTransform&) const override { std::ranges::copy(data_->values, out.begin()); }
  output::Facts facts() const override { return {{"profile", std::string("hdf5")}, {"file", file_}, {"dataset", dataset_}}; }

 private:
  mission::DatasetPtr data_;
  std::string file_, dataset_;
};

}  // namespace

std::shared_ptr<const InitialProfile> read_profile(mission::Section& section, const mission::MissionText& text, const Grid& grid,
                                                   mission::InputFiles& files) {
  const std::string profile = section.word("profile", kProfiles);
  if (profile == "zero") return std::make_shared<Zero>();
  if (profile == "gaussian") return std::make_shared<Gaussian>(section, grid);
  if (profile == "sine") return std::make_shared<Sine>(section, grid);
  if (profile == "random") return std::make_shared<Random>(section);
  return std::make_shared<FromFile>(section, text, grid, files);
}

std::shared_ptr<const InitialProfile> read_optional_profile(mission::Section& section, const mission::MissionText& text,
                                                            const Grid& grid, mission::InputFiles& files) {
  return section.present() ? read_profile(section, text, grid, files) : std::make_shared<Zero>();
}

}  // namespace almanac::models
