#pragma once

#include <almanac/parameter.hpp>

#include <complex>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace almanac {

/// What a function gave: rows of numbers, and what is known of them.
struct Evaluated {
  std::vector<std::string> columns;  ///< one name a column: {"weight"}, {"rate", "coefficient"}
  /// Row by row; as many as columns in each.
  std::variant<std::vector<double>, std::vector<std::complex<double>>> values;
  /// What is reported beside them: condition, bound, error …, in this order.
  std::vector<std::pair<std::string, std::variant<double, std::int64_t, std::string, std::vector<double>>>> facts{};
  std::vector<std::string> notes{};  ///< what whoever reads a value has to know, as sentences: overflow …
};

/// A function of the numerics that can be asked by name, so that anybody can check it against anything. Nothing of it is kept:
/// what is slow to make is a recipe's. One file each in engine/src/evaluations/, one line in the registry.
struct Evaluation {
  std::string name;
  std::string summary;                ///< one sentence, with the formula
  std::string accuracy;               ///< what is promised of the numbers
  std::vector<Parameter> parameters;
  /// Errors: InputError, compute::ArgumentError ← a value out of its range, named.
  std::function<Evaluated(const ParameterValues&)> evaluate;
};

/// All functions this build knows, by name. Threads: immutable.
class EvaluationRegistry {
 public:
  static const EvaluationRegistry& builtin();

  std::span<const Evaluation> evaluations() const noexcept { return evaluations_; }
  /// Errors: InputError ← unknown name; lists the known ones.
  const Evaluation& at(std::string_view name) const;

 private:
  EvaluationRegistry();
  std::vector<Evaluation> evaluations_;
};

}  // namespace almanac
