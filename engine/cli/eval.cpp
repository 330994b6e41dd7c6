#include "context.hpp"
#include "exit_code.hpp"
#include "parameter_table.hpp"

#include <almanac/evaluation.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <iostream>

namespace almanac::cli {
namespace {

constexpr int kAllDigits = 17;
constexpr std::size_t kPieceOfText = 1 << 16;

struct EvalOptions {
  std::string function;
  std::vector<std::string> parameters;
  int digits = kAllDigits;
  bool list = false;
  bool help = false;
};

/// With 17 digits the shortest text that reads back as the same bits.
void write_number(std::string& text, double value, int digits) {
  if (digits == kAllDigits) {
    fmt::format_to(std::back_inserter(text), "{}", value);
  } else {
    fmt::format_to(std::back_inserter(text), "{:.{}g}", value, digits);
  }
}

void write_number(std::string& text, std::complex<double> value, int digits) {
  write_number(text, value.real(), digits);
  if (!std::signbit(value.imag())) text += '+';
  write_number(text, value.imag(), digits);
  text += 'i';
}

/// JSON has no word for an infinity: it is a text.
Json json_number(double value, int digits) {
  std::string text;
  write_number(text, value, digits);
  const auto rounded = parse_real(text);  // not where few digits round it beyond the largest number
  return rounded && std::isfinite(*rounded) ? Json(*rounded) : Json(text);
}

/// As in `get`: the list of real and imaginary part.
Json json_number(std::complex<double> value, int digits) {
  return Json::array({json_number(value.real(), digits), json_number(value.imag(), digits)});
}

Json describe_values(const ParameterValues& values, std::span<const Parameter> parameters) {
  const auto of_value = [](const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::vector<std::complex<double>>>) {
      Json list = Json::array();
      for (const std::complex<double> z : value) list.push_back(z.imag() == 0 ? Json(z.real()) : json_number(z, kAllDigits));
      return list;
    } else {
      return Json(value);
    }
  };
  Json described = Json::object();
  for (const Parameter& parameter : parameters) {  // in their own order
    if (const auto value = values.find(parameter.name); value != values.end()) {
      described[parameter.name] = std::visit(of_value, value->second);
    }
  }
  return described;
}

/// One list of numbers, or of rows where there are several columns.
template <class T>
Json rows_of(const std::vector<T>& values, std::size_t columns, int digits) {
  Json list = Json::array();
  for (std::size_t i = 0; i < values.size(); i += columns) {
    if (columns == 1) {
      list.push_back(json_number(values[i], digits));
      continue;
    }
    Json row = Json::array();
    for (std::size_t j = 0; j < columns; ++j) row.push_back(json_number(values[i + j], digits));
    list.push_back(std::move(row));
  }
  return list;
}

/// One row a line, commas between its columns.
template <class T>
void print_evaluated_rows(const std::vector<T>& values, std::size_t columns, int digits) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    write_number(text, values[i], digits);
    text += (i + 1) % columns == 0 ? '\n' : ',';
    if (text.size() >= kPieceOfText) {
      std::cout << text;
      text.clear();
    }
  }
  std::cout << text;
}

template <class... Use>
struct Either : Use... {
  using Use::operator()...;
};
template <class... Use>
Either(Use...) -> Either<Use...>;

Json evaluation_document(const Evaluation& function, const ParameterValues& values, const Evaluated& evaluated, int digits) {
  Json facts = Json::object();
  for (const auto& [name, fact] : evaluated.facts) {
    facts[name] = std::visit(Either{[&](double value) { return json_number(value, digits); },
                                    [&](const std::vector<double>& several) { return rows_of(several, 1, digits); },
                                    [](const auto& value) { return Json(value); }},
                             fact);
  }
  return {{"function", function.name},
          {"parameters", describe_values(values, function.parameters)},
          {"accuracy", function.accuracy},
          {"columns", evaluated.columns},
          {"values", std::visit([&](const auto& list) { return rows_of(list, evaluated.columns.size(), digits); }, evaluated.values)},
          {"facts", facts},
          {"notes", evaluated.notes}};
}

/// What is no value, on standard error.
void tell_about(const Evaluated& evaluated, const Context& context, int digits) {
  for (const std::string& note : evaluated.notes) context.note(note);
  std::string text;
  for (const auto& [name, fact] : evaluated.facts) {
    text += fmt::format("{}{} = ", text.empty() ? "" : ", ", name);
    std::visit(Either{[&](double value) { write_number(text, value, digits); },
                      [&](const std::vector<double>& several) {
                        for (const double& value : several) {
                          if (&value != several.data()) text += ' ';
                          write_number(text, value, digits);
                        }
                      },
                      [&](const auto& value) { fmt::format_to(std::back_inserter(text), "{}", value); }},
               fact);
  }
  if (!text.empty()) context.note(text);
  if (evaluated.columns.size() > 1) context.note(fmt::format("columns: {}", fmt::join(evaluated.columns, ",")));
}

void print_evaluation(const Evaluation& function) {
  std::cout << fmt::format("{}\n  {}\n  accuracy: {}\n{}\n", function.name, function.summary, function.accuracy,
                           parameter_table(function.parameters));
}

Json describe_function(const Evaluation& function) {
  return {{"function", function.name},
          {"summary", function.summary},
          {"accuracy", function.accuracy},
          {"parameters", describe(function.parameters)}};
}

int list_functions(Context& context) {
  const auto functions = EvaluationRegistry::builtin().evaluations();
  if (context.json) {
    Json list = Json::array();
    for (const Evaluation& function : functions) list.push_back(describe_function(function));
    context.print(list);
  } else {
    for (const Evaluation& function : functions) print_evaluation(function);
  }
  return kDone;
}

int eval(Context& context, const EvalOptions& options) {
  if (options.function.empty()) return list_functions(context);
  const Evaluation& function = EvaluationRegistry::builtin().at(options.function);
  if (options.list || options.help) {
    if (context.json) {
      context.print(describe_function(function));
    } else {
      print_evaluation(function);
    }
    return kDone;
  }
  const ParameterValues values = parse_parameters(function.name, function.parameters, parameter_texts(options.parameters));
  const Evaluated evaluated = function.evaluate(values);
  if (context.json) {
    context.print(evaluation_document(function, values, evaluated, options.digits));
    return kDone;
  }
  std::visit([&](const auto& list) { print_evaluated_rows(list, evaluated.columns.size(), options.digits); }, evaluated.values);
  tell_about(evaluated, context, options.digits);
  return kDone;
}

}  // namespace

void add_eval(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("eval", "A function of the numerics at given parameters, to check it against anything");
  auto options = std::make_shared<EvalOptions>();
  command->add_option("function", options->function, "See almanac eval --list")->type_name("FUNCTION");
  command->add_option("parameters", options->parameters, "name=value …")->type_name("name=value");
  command->add_option("--digits", options->digits, "Significant digits; 17: as few as read back as the same bits")
      ->check(CLI::Range(1, kAllDigits))
      ->capture_default_str();
  command->add_flag("--list", options->list, "All functions with their parameters, or this one");
  // Help on a function is the function's own.
  command->set_help_flag();
  command->add_flag("-h,--help", options->help, "Print this help message and exit; with FUNCTION, help on it");
  command->callback([&context, &action, options, command] {
    action = [&context, options, command] {
      if (options->help && options->function.empty()) {
        std::cout << command->help();
        return kDone;
      }
      return eval(context, *options);
    };
  });
}

}  // namespace almanac::cli
