#include "array_text.hpp"
#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"

#include <almanac/cache/plain_hdf5.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

namespace almanac::cli {
namespace {

struct GetOptions {
  std::string kind;
  std::vector<std::string> parameters;
  std::string format = "csv";
  std::string array;
  std::filesystem::path output;
};

const cache::Array& the_array(const cache::Artifact& artifact, const std::string& name) {
  std::vector<std::string_view> names;
  for (const cache::Array& array : artifact.arrays()) names.push_back(array.name());
  if (name.empty() && names.size() == 1) return artifact.arrays().front();
  if (const cache::Array* array = artifact.find(name)) return *array;
  throw InputError(fmt::format("--array {}: must be one of {}", name.empty() ? "is missing" : "= '" + name + "'",
                               fmt::join(names, ", ")));
}

/// Only the array that was named, or everything.
cache::Artifact chosen(const cache::Artifact& artifact, const GetOptions& options) {
  if (options.array.empty()) return artifact;
  return cache::Artifact({the_array(artifact, options.array)}, artifact.attributes());
}

int get(Context& context, const GetOptions& options) {
  const bool binary = options.format == "npy" || options.format == "h5";
  if (options.output.empty() && options.format == "h5") throw InputError("--format h5 needs --output FILE");
  if (options.output.empty() && binary && context.json) {
    throw InputError(fmt::format("--json with --format {} needs --output FILE", options.format));
  }
  const Recipe& recipe = RecipeRegistry::builtin().at(options.kind);
  const ParameterValues values = recipe.parse(parameter_texts(options.parameters));
  watch_for_interrupt();
  cache::Request request = recipe.request(values);
  request.keep = true;
  const cache::Answer answer = context.engine().get(request);
  if (interrupt_requested()) throw Interrupted();
  const cache::Artifact artifact = chosen(recipe.present(answer.entry->artifact, values), options);
  Json provenance = describe(provenance_of(answer));

  if (options.format == "h5") {
    write_file(options.output, [&](const std::filesystem::path& path) {
      const auto written = cache::write_plain_hdf5(path, artifact);
      if (!written) throw EnvironmentError(written.error().message);
    });
  } else {
    const bool json = options.format == "json" || (context.json && options.output.empty());
    std::string text;
    if (json) {
      Json document = to_json(artifact);
      document["provenance"] = provenance;
      text = document.dump() + '\n';
    } else {
      text = options.format == "npy" ? to_npy(the_array(artifact, options.array)) : to_csv(artifact);
    }
    if (options.output.empty()) {
      std::cout << text;
      return kDone;
    }
    write_file(options.output, text);
  }
  provenance["output"] = options.output.string();
  if (context.json) {
    context.print(provenance);
  } else {
    context.note(fmt::format("{}: {} ({})", options.output.string(), answer.entry->key.text(), answer.source));
  }
  return kDone;
}

}  // namespace

void add_get(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("get", "One artifact, computed if nobody has it");
  auto options = std::make_shared<GetOptions>();
  command->add_option("kind", options->kind, "See almanac kinds")->type_name("KIND")->required();
  command->add_option("parameters", options->parameters, "name=value …")->type_name("name=value");
  command->add_option("--format", options->format, "csv, json, npy or h5")
      ->check(CLI::IsMember({"csv", "json", "npy", "h5"}))
      ->capture_default_str();
  command->add_option("--array", options->array, "Only this array")->type_name("NAME");
  command->add_option("--output,-o", options->output, "File to write (default, and -: standard output)")->type_name("FILE");
  command->callback([&context, &action, options] {
    if (is_standard_output(options->output)) options->output.clear();
    action = [&context, options] { return get(context, *options); };
  });
}

}  // namespace almanac::cli
