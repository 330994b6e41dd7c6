// almanac: tables computed once, found ready ever after.

#include "context.hpp"
#include "exit_code.hpp"

#include <almanac/compute/simd.hpp>

#include <fmt/format.h>

#include <exception>

namespace {

using namespace almanac::cli;

void add_globals(CLI::App& app, Context& context) {
  app.add_option_function<std::string>(
         "--cache-dir", [&context](const std::string& folder) { context.settings["cache_dir"] = folder; },
         "Folder of the cache (default: $ALMANAC_DIR, else ~/.cache/almanac)")
      ->type_name("DIR");
  app.add_option("--config", context.config_file, "Settings file (default: ./almanac.toml, else ~/.config/almanac/almanac.toml)")
      ->type_name("FILE");
  app.add_flag("--json", context.json, "One JSON document on standard output");
  app.add_flag("--quiet", context.quiet, "No progress, no warnings");
  app.add_flag("--verbose", context.verbose, "Say more of what is done");
  app.set_version_flag("--version", fmt::format("almanac {} ({})", ALMANAC_VERSION, almanac::compute::instruction_set()));
}

}  // namespace

int main(int argc, char** argv) {
  Context context;
  Action action;
  CLI::App app("Almanac keeps what simulations compute slowly and use quickly: kernels, operators, FFT plans.", "almanac");
  app.require_subcommand(1);
  app.fallthrough();
  add_globals(app, context);
  add_run(app, context, action);
  add_get(app, context, action);
  add_warmup(app, context, action);
  add_ls(app, context, action);
  add_stats(app, context, action);
  add_info(app, context, action);
  add_clear(app, context, action);
  add_validate(app, context, action);
  add_kinds(app, context, action);
  add_config(app, context, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    const int code = app.exit(problem);
    return code == 0 ? kDone : kBadInput;
  }
  try {
    return action();
  } catch (...) {
    return report(std::current_exception());
  }
}
