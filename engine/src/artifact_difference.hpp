#pragma once

#include <almanac/cache/artifact.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace almanac {

/// How far apart two values of the f64 array of that name may be: the greatest |stored - fresh| allowed.
using Allowance = std::function<double(std::string_view array, double stored, double fresh)>;

/// The first place where a stored artifact is not what computing it anew gave: an attribute, an array's name, type or shape,
/// or an element, with index and both values; nullopt: there is none. Elements compare by their bits; without an allowance
/// all of them, with one those that are no f64.
std::optional<std::string> first_difference(const cache::Artifact& stored, const cache::Artifact& fresh,
                                            const Allowance& allowance = {});

/// The distance from |value| to the next double above it.
double ulp(double value) noexcept;

}  // namespace almanac
