#include "recipes/laplacian.hpp"

#include "artifact_difference.hpp"
#include "recipes/recipes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace almanac::recipes {
namespace {

constexpr int kLaplacianVersion = 1;
constexpr double kNanosecondsANonzero = 20;  // into fresh memory, as a process that starts meets it; an estimate is all admission and leases need

const std::array<Parameter, 4> kLaplacianParameters{{
    {"extent", ParameterType::integers, "", "1 to 3 axes, order+1 points or more each", "points along each axis, slowest first"},
    {"spacing", ParameterType::reals, "1", "> 0; one, or one an axis", "distance of neighbouring points"},
    {"order", ParameterType::integer, "2", "2, 4 or 6", "order of accuracy"},
    {"boundary", ParameterType::words, "periodic", "one, or one an axis", "what holds at the walls",
     {"periodic", "dirichlet", "neumann", "dirichlet_neumann", "neumann_dirichlet"}},
}};

/// One word where all axes agree, else one an axis.
cache::KeyValue boundary_text(const compute::LaplacianProblem& problem) {
  std::vector<std::string> words;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) words.emplace_back(to_string(problem.boundary[axis]));
  if (std::ranges::all_of(words, [&](const std::string& word) { return word == words.front(); })) words.resize(1);
  return words;
}

cache::Artifact make_operator(const compute::LaplacianProblem& problem) {
  using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
  const auto matrix = std::make_shared<const Matrix>(compute::laplacian_matrix(problem));
  const auto nonzeros = static_cast<std::int64_t>(matrix->nonZeros());
  const auto rows = static_cast<std::int64_t>(matrix->rows());
  std::vector<cache::Array> arrays;
  arrays.emplace_back("data", cache::Type::f64, std::vector{nonzeros}, matrix->valuePtr(), matrix);
  arrays.emplace_back("indices", cache::Type::i32, std::vector{nonzeros}, matrix->innerIndexPtr(), matrix);
  arrays.emplace_back("indptr", cache::Type::i32, std::vector{rows + 1}, matrix->outerIndexPtr(), matrix);
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    arrays.push_back(cache::Array::of(symbol_array_name(axis), {problem.extent[axis]}, compute::laplacian_symbol(problem, axis)));
  }
  return cache::Artifact(std::move(arrays), {{"shape", std::vector<std::int64_t>{rows, rows}}, {"extent", problem.extent}});
}

class LaplacianRecipe final : public Recipe {
 public:
  std::string_view kind() const noexcept override { return "laplacian"; }
  int version() const noexcept override { return kLaplacianVersion; }
  std::string_view summary() const noexcept override {
    return "Finite-difference Laplacian in 1 to 3 dimensions: sparse matrix and eigenvalues";
  }
  std::string_view accuracy() const noexcept override {
    return "coefficients within 5, eigenvalues within 22 units of 2^-53 of their size";
  }
  bool portable() const noexcept override { return true; }
  std::span<const Parameter> parameters() const noexcept override { return kLaplacianParameters; }

  cache::Request request(const ParameterValues& values) const override {
    std::vector<compute::Boundary> boundary;
    for (const std::string& word : std::get<std::vector<std::string>>(values.at("boundary"))) {
      boundary.push_back(compute::parse_boundary(word).value());
    }
    return laplacian_request({.extent = std::get<std::vector<std::int64_t>>(values.at("extent")),
                              .spacing = std::get<std::vector<double>>(values.at("spacing")),
                              .order = static_cast<int>(std::clamp<std::int64_t>(
                                  std::get<std::int64_t>(values.at("order")), -1, 1000)),
                              .boundary = boundary});
  }

  /// Integers and attributes are the same everywhere. Of the numbers, an instruction set changes only the eigenvalues: they
  /// take sines from the C library, which has several versions of them for its processors, while the coefficients come
  /// from products, quotients and sums alone, which IEEE 754 fixes.
  /// Both are held to their accuracy all the same. With u = 2^-53, a coefficient has three roundings, on the diagonal
  /// two sums of like signs more: within 5u of its size, so two of them are at most 10u apart; an eigenvalue is within 22u
  /// (laplacian_symbol), so two are at most 44u apart. One u more is for the size being that of a rounded value.
  std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values,
                                        bool same_maker) const override {
    const Allowance stated = [](std::string_view array, double a, double b) {
      return (array == "data" ? 11 : 45) * 0x1p-53 * std::max(std::abs(a), std::abs(b));
    };
    return first_difference(stored, request(values).make(nullptr), same_maker ? Allowance() : stated);
  }
};

}  // namespace

std::string symbol_array_name(std::size_t axis) { return fmt::format("symbol_{}", axis); }

cache::Request laplacian_request(const compute::LaplacianProblem& problem) {
  compute::check(problem);
  return {.key = cache::Key("laplacian", kLaplacianVersion,
                            {{"boundary", boundary_text(problem)},
                             {"extent", problem.extent},
                             {"order", problem.order},
                             {"spacing", problem.spacing.expand(problem.extent.size())}}),
          .coverage = 0,
          .make = [problem](const cache::Artifact*) { return make_operator(problem); },
          .estimate = std::chrono::nanoseconds(
              static_cast<std::int64_t>(kNanosecondsANonzero * static_cast<double>(compute::laplacian_nonzeros(problem)))),
          .host_binding = {},
          .dependencies = {},
          .expected_bytes = static_cast<std::uint64_t>(compute::laplacian_nonzeros(problem)) * (sizeof(double) + sizeof(std::int32_t))};
}

std::unique_ptr<Recipe> make_laplacian() { return std::make_unique<LaplacianRecipe>(); }

}  // namespace almanac::recipes
