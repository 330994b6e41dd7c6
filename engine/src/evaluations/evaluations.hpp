#pragma once

#include <almanac/evaluation.hpp>

/// The makers of all evaluations, one a file in this folder, for the registry.
namespace almanac::evaluations {

Evaluation mittag_leffler();
Evaluation weights();
Evaluation quadrature();
Evaluation initial_corrections();
Evaluation starting_weights();
Evaluation l_weights();
Evaluation l_mesh_weights();
Evaluation product_integration();
Evaluation integration_mesh_weights();
Evaluation exponentials();
Evaluation mesh();
Evaluation relaxation();

}  // namespace almanac::evaluations
