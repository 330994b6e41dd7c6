#include <almanac/error.hpp>
#include <almanac/evaluation.hpp>

#include "evaluations/evaluations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace almanac {

// The functions this build knows: one line each.
EvaluationRegistry::EvaluationRegistry() {
  evaluations_.push_back(evaluations::mittag_leffler());
  evaluations_.push_back(evaluations::weights());
  evaluations_.push_back(evaluations::quadrature());
  evaluations_.push_back(evaluations::initial_corrections());
  evaluations_.push_back(evaluations::starting_weights());
  evaluations_.push_back(evaluations::l_weights());
  evaluations_.push_back(evaluations::l_mesh_weights());
  evaluations_.push_back(evaluations::product_integration());
  evaluations_.push_back(evaluations::integration_mesh_weights());
  evaluations_.push_back(evaluations::exponentials());
  evaluations_.push_back(evaluations::mesh());
  evaluations_.push_back(evaluations::relaxation());
}

const EvaluationRegistry& EvaluationRegistry::builtin() {
  static const EvaluationRegistry registry;
  return registry;
}

const Evaluation& EvaluationRegistry::at(std::string_view name) const {
  const auto found = std::ranges::find(evaluations_, name, &Evaluation::name);
  if (found != evaluations_.end()) return *found;
  std::vector<std::string_view> known;
  for (const Evaluation& evaluation : evaluations_) known.push_back(evaluation.name);
  throw InputError(fmt::format("unknown function '{}'; known functions: {}", name, fmt::join(known, ", ")));
}

}  // namespace almanac
