#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/compute/laplacian.hpp>

#include <string>

namespace almanac::recipes {

/// The artifact of a Laplacian: the sparse matrix as `data`, `indices`, `indptr` with attribute `shape`,
/// and one array of eigenvalues an axis. Errors: compute::ArgumentError ← as compute::check.
cache::Request laplacian_request(const compute::LaplacianProblem& problem);

/// "symbol_0", "symbol_1" …: the eigenvalues along an axis.
std::string symbol_array_name(std::size_t axis);

}  // namespace almanac::recipes
