#include "recipes/starting_weights.hpp"
#include "stepping.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace almanac::models {
namespace {

constexpr std::int64_t kStepsThatMayBeCoupled = 2 * static_cast<std::int64_t>(compute::kMaxStartingExponents);

struct CameToF {};

}  // namespace

compute::FractionalOptions solver_options(CaseContext& context, const DiffusionSetup& setup) {
  compute::FractionalOptions options = setup.stepping.options();
  options.threads = threads_for(context, setup.grid.points(), kFewestSharedPast);
  // The equation has one term, so that there is one table of them.
  const auto table = std::make_shared<std::optional<compute::StartingWeights>>();
  options.starting_weights = [&context, table](compute::QuadratureRule rule, double alpha, std::span<const double> exponents,
                                               std::uint64_t steps) {
    if (!*table) *table = context.starting_weights(rule, alpha, exponents, static_cast<std::int64_t>(steps));
    return **table;
  };
  return options;
}

void find_starting_weights(DiffusionSetup& setup) {
  compute::FractionalEquation equation = compute::single_term(setup.alpha, [](double, auto, auto) { throw CameToF{}; }, {1.0});
  if (setup.alpha > 1) equation.initial.push_back(0.0);
  equation.linear_solve = [](double, double, std::span<const double>, std::span<double>) { throw CameToF{}; };
  compute::FractionalOptions options = setup.stepping.options();
  options.history = compute::HistoryMethod::automatic;
  options.starting_weights = [&](compute::QuadratureRule rule, double alpha, std::span<const double> exponents,
                                 std::uint64_t steps) -> compute::StartingWeights {
    setup.starting.push_back(recipes::starting_weights_request(rule, alpha, {exponents.begin(), exponents.end()}, setup.time.steps));
    setup.coupled = exponents.size();
    compute::StartingWeights none{.exponents = {exponents.begin(), exponents.end()}, .steps = steps};
    none.first_node = exponents.front() == 0 ? 0 : 1;
    none.weights.resize(static_cast<std::size_t>(steps) * exponents.size());
    return none;
  };
  TimeSettings first = setup.time;
  first.steps = std::min(first.steps, kStepsThatMayBeCoupled);
  try {
    const std::vector<double> mesh = first.mesh();
    compute::solve_fractional(equation, first.times(mesh), options);
  } catch (const CameToF&) {  // nothing more is asked for, or refused
  }
}

std::vector<double> initial_rows(const DiffusionSetup& setup, std::span<const double> u0, std::span<const double> u1) {
  std::vector<double> rows(u0.begin(), u0.end());
  if (setup.alpha > 1) {
    if (u1.empty()) rows.resize(2 * u0.size());
    rows.insert(rows.end(), u1.begin(), u1.end());
  }
  return rows;
}

output::Facts history_facts(const compute::HistoryChoice& choice, double error) {
  output::Facts facts{{"history_used", std::string(to_string(choice.method))},
                      {"history_bound", choice.bound()},
                      {"history_error", error}};
  if (choice.method == compute::HistoryMethod::exponentials || choice.method == compute::HistoryMethod::short_memory) {
    facts.emplace_back("history_terms_used", choice.terms);
  }
  return facts;
}

void add_panel_facts(output::Facts& all, output::Facts of_panel) {
  for (auto& [name, value] : of_panel) {
    const auto known = std::ranges::find(all, name, &std::pair<std::string, output::Value>::first);
    if (known == all.end()) {
      all.emplace_back(name, std::move(value));
    } else if (auto* const text = std::get_if<std::string>(&known->second)) {
      const std::string& other = std::get<std::string>(value);
      if (("; " + *text + "; ").find("; " + other + "; ") == std::string::npos) *text += "; " + other;
    } else {
      known->second = std::max(known->second, value);  // of one type: the numbers themselves
    }
  }
}

output::Facts solution_facts(const compute::FractionalSolution& solution) {
  output::Facts facts;
  if (solution.history()) {
    facts = history_facts(*solution.history(), solution.history_error());
  } else {
    facts = {{"history_used", std::string("direct")}};  // a graded mesh: each term by itself
  }
  if (solution.start() != compute::StartCorrection::none) facts.emplace_back("start_used", std::string(to_string(solution.start())));
  if (!solution.start_reason().empty()) facts.emplace_back("start_reason", solution.start_reason());
  if (solution.starting_digits_lost() > 0) {
    facts.emplace_back("starting_digits_lost", solution.starting_digits_lost());
    facts.emplace_back("starting_error", solution.starting_error());
  }
  return facts;
}

}  // namespace almanac::models
