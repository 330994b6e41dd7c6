#pragma once

#include <complex>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace almanac {

enum class ParameterType { real, integer, flag, word, integers, reals, words, complexes };

/// The word for a type, as `almanac kinds` shows it: "real", "integers (512x512)" …
std::string_view to_string(ParameterType type) noexcept;

/// One parameter of a recipe or an evaluation.
struct Parameter {
  std::string name;
  ParameterType type;
  std::string default_text;           ///< empty: must be given, unless it says what holds otherwise
  std::string range;                  ///< what is allowed, as a person reads it: "-2 … 4"
  std::string help;
  std::vector<std::string> choices{}; ///< of a word or of each of several words; empty: any
  std::string otherwise{};            ///< may be left out, and then there is no value of it: what holds instead, as a person reads it
};

/// The value of one parameter, in the alternative its type has (word → string, flag → bool …).
using ParameterValue = std::variant<double, std::int64_t, bool, std::string, std::vector<std::int64_t>, std::vector<double>,
                                    std::vector<std::string>, std::vector<std::complex<double>>>;

/// A full set of typed values: every parameter is there, but those that may be left out and were.
using ParameterValues = std::map<std::string, ParameterValue, std::less<>>;

/// Parameters as they were written: name=value.
using ParameterTexts = std::vector<std::pair<std::string, std::string>>;

/// Reads what was written for `owner`, a kind or a function: every name known and given once, every value of its type and among
/// its choices, defaults filled in. Errors: InputError ← otherwise; names owner, parameter, value and what is allowed.
ParameterValues parse_parameters(std::string_view owner, std::span<const Parameter> parameters, const ParameterTexts& texts);

/// The value of a parameter that is there, which has this type.
template <class T>
const T& value_of(const ParameterValues& values, std::string_view name) {
  return std::get<T>(values.find(name)->second);
}

}  // namespace almanac
