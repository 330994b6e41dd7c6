#include <almanac/laplacian.hpp>

#include "recipes/laplacian.hpp"

#include <stdexcept>

namespace almanac {

Laplacian::Laplacian(cache::Answer answer, LaplacianSpec spec) : answer_(std::move(answer)), spec_(std::move(spec)) {
  const cache::Artifact& artifact = answer_.entry->artifact;
  const auto* shape = artifact.attribute<std::vector<std::int64_t>>("shape");
  std::int64_t points = 1;
  for (const std::int64_t n : spec_.extent) points *= n;
  if (shape == nullptr || shape->size() != 2 || (*shape)[0] != points || (*shape)[1] != points ||
      artifact.at("indptr").size() != static_cast<std::size_t>(points) + 1 ||
      artifact.at("data").size() != artifact.at("indices").size()) {
    throw std::invalid_argument("not a Laplacian of this grid: " + answer_.entry->key.text());
  }
  for (std::size_t axis = 0; axis < spec_.extent.size(); ++axis) {
    symbol_.push_back(artifact.at(recipes::symbol_array_name(axis)).as<double>());
  }
}

Laplacian::Matrix Laplacian::matrix() const {
  const cache::Artifact& artifact = answer_.entry->artifact;
  const auto data = artifact.at("data").as<double>();
  const auto indices = artifact.at("indices").as<std::int32_t>();
  const auto indptr = artifact.at("indptr").as<std::int32_t>();
  const auto rows = static_cast<Eigen::Index>(indptr.size()) - 1;
  return {rows, rows, static_cast<Eigen::Index>(data.size()), indptr.data(), indices.data(), data.data()};
}

void Laplacian::apply(std::span<const double> in, std::span<double> out, int threads) const {
  compute::apply_laplacian(spec_, in, out, threads);
}

}  // namespace almanac
