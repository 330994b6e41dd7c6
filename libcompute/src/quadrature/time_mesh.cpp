#include <almanac/compute/time_mesh.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"
#include "quad.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace almanac::compute {
namespace {

using quadrature::Quad;

void check_span_of_time(double end, std::uint64_t steps) {
  if (!(end > 0 && std::isfinite(end))) throw ArgumentError("end", written(end), "be positive and finite");
  if (steps < 1 || steps > kMaxMeshSteps)
    throw ArgumentError("steps", written(steps), "lie in [1, " + written(kMaxMeshSteps) + "]");
}

}  // namespace

std::vector<double> uniform_mesh(double end, std::uint64_t steps) {
  check_span_of_time(end, steps);
  const auto count = static_cast<double>(steps);
  if (!(end / count >= std::numeric_limits<double>::min()))
    throw ArgumentError("end", written(end), "give a first step end / " + written(steps) + " that is a normal number");
  std::vector<double> mesh;
  mesh.reserve(steps + 1);
  for (std::uint64_t n = 0; n < steps; ++n) mesh.push_back(end * (static_cast<double>(n) / count));
  mesh.push_back(end);
  return mesh;
}

std::vector<double> graded_mesh(double end, std::uint64_t steps, double grading) {
  check_span_of_time(end, steps);
  if (!(grading >= 1 && grading <= 100)) throw ArgumentError("grading", written(grading), "lie in [1, 100]");
  if (grading == 1) return uniform_mesh(end, steps);
  const auto count = static_cast<double>(steps);
  if (!(end * std::pow(1 / count, grading) >= std::numeric_limits<double>::min()))
    throw ArgumentError("grading", written(grading),
                        "give a first step that is a normal number: " + written(end) + " " + written(steps) + "^-grading");
  std::vector<double> mesh;
  mesh.reserve(steps + 1);
  mesh.push_back(0.0);
  for (std::uint64_t n = 1; n < steps; ++n) {
    const double part = static_cast<double>(n) / count;
    // what the quotient's rounding takes, the power takes r times
    const auto rest = static_cast<double>(Quad(static_cast<double>(n)) - Quad(part) * Quad(count)) / static_cast<double>(n);
    mesh.push_back(end * (std::pow(part, grading) * (1.0 + grading * rest)));
  }
  mesh.push_back(end);
  return mesh;
}

void check_mesh(std::span<const double> mesh) {
  if (mesh.size() < 2) throw ArgumentError("mesh", written(mesh.size()) + " points", "have at least 2 points");
  const auto name = [](std::size_t i) { return "mesh[" + written(i) + "]"; };
  for (std::size_t i = 0; i < mesh.size(); ++i) {
    if (!std::isfinite(mesh[i])) throw ArgumentError(name(i), written(mesh[i]), "be finite");
    if (i > 0 && !(mesh[i] > mesh[i - 1]))
      throw ArgumentError(name(i), written(mesh[i]), "exceed " + name(i - 1) + " = " + written(mesh[i - 1]));
  }
  if (!std::isfinite(mesh.back() - mesh.front()))
    throw ArgumentError(name(mesh.size() - 1), written(mesh.back()), "be at a finite distance from mesh[0] = " + written(mesh.front()));
}

}  // namespace almanac::compute
