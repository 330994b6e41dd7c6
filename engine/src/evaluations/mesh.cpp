#include "evaluations/evaluations.hpp"
#include "evaluations/graded_time.hpp"

namespace almanac::evaluations {

Evaluation mesh() {
  return {"mesh", "Points t_n = end (n / steps)^grading of a mesh in time, n = 0 … steps", "3 ulp; 1 where it is uniform",
          graded_time_parameters(),
          [](const ParameterValues& values) { return Evaluated{{"t"}, graded_time(values)}; }};
}

}  // namespace almanac::evaluations
