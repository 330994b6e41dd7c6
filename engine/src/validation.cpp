#include <almanac/validation.hpp>
