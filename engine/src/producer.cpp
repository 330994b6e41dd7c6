#include "producer.hpp"

#include <almanac/compute/simd.hpp>

namespace almanac {

cache::Producer this_producer() { return {"almanac/" ALMANAC_VERSION, std::string(compute::instruction_set())}; }

}  // namespace almanac
