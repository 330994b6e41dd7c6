#include "fft_choice.hpp"

#include "recipes/fft_wisdom.hpp"

#include <almanac/recipe.hpp>

#include <algorithm>
#include <utility>

namespace almanac::cli {
namespace {

/// Each of these with `name` set to each of the values.
std::vector<ParameterTexts> times(const std::vector<ParameterTexts>& base, const char* name, const std::vector<std::string>& values) {
  std::vector<ParameterTexts> all;
  for (const ParameterTexts& one : base) {
    for (const std::string& value : values) {
      all.push_back(one);
      all.back().emplace_back(name, value);
    }
  }
  return all;
}

}  // namespace

std::vector<TuneItem> FftChoice::problems() const {
  const Recipe& recipe = RecipeRegistry::builtin().at("fft_wisdom");
  std::vector<ParameterTexts> all{{{"strides", strides}, {"split", split ? "true" : "false"}, {"in_place", in_place ? "true" : "false"}}};
  for (const auto& [name, values] : {std::pair("extent", &extents), std::pair("transform", &transforms),
                                     std::pair("direction", &directions), std::pair("batch", &batches),
                                     std::pair("precision", &precisions), std::pair("threads", &threads), std::pair("rigor", &rigors)}) {
    all = times(all, name, *values);
  }
  std::vector<TuneItem> problems;
  for (const ParameterTexts& texts : all) {
    const ParameterValues values = recipe.parse(texts);
    recipe.request(values);   // refuses what is out of range, before anything is done
    TuneItem item{recipes::problem_of(values), std::get<std::string>(values.at("precision"))};
    if (item.spec.transform[0] != Transform::c2c) item.spec.direction = Direction::forward;  // they have none
    const auto alike = [&](const TuneItem& other) { return other.label() == item.label(); };
    if (std::ranges::none_of(problems, alike)) problems.push_back(std::move(item));
  }
  return problems;
}

void add_fft_options(CLI::App& command, FftChoice& choice) {
  const auto add = [&command](const char* name, std::vector<std::string>& values, const char* help) {
    return command.add_option(name, values, help)->type_name("WORD,…")->allow_extra_args(false)->capture_default_str();
  };
  add("--transform", choice.transforms, "c2c, r2c, c2r, dct2 …; may be given again; dct2,dst1 is one an axis")->type_name("KIND");
  add("--direction", choice.directions, "Of c2c: forward, backward")->delimiter(',');
  add("--batch", choice.batches, "Transforms at once, one behind the other")->delimiter(',')->type_name("N,…");
  add("--precision", choice.precisions, "single, double, long_double")->delimiter(',');
  add("--rigor", choice.rigors, "measure, patient, exhaustive, adaptive")->delimiter(',')
      ->check(CLI::IsMember({"measure", "patient", "exhaustive", "adaptive"}));
  add("--threads", choice.threads, "Threads of one execution")->delimiter(',')->type_name("N,…");
  command.add_option("--strides", choice.strides, "Where the elements lie, as almanac kinds says it")->type_name("TEXT")->capture_default_str();
  command.add_flag("--split", choice.split, "Real and imaginary parts are arrays of their own");
  command.add_flag("--in-place", choice.in_place, "The output overwrites the input");
}

}  // namespace almanac::cli
