// almanac: tables computed once, found ready ever after.

#include "context.hpp"
#include "exit_code.hpp"

#include <almanac/cache/one_line.hpp>
#include <almanac/compute/simd.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string_view>
#include <system_error>

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

/// Errors: EnvironmentError ← standard output did not take all that was written to it.
void flush_output() {
  errno = 0;
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout) return;
  throw almanac::EnvironmentError(fmt::format("cannot write to standard output: {}",
                                              std::generic_category().message(errno == 0 ? EIO : errno)));
}

/// Of a command that was not done, where --json is given.
void print_failure(Context& context, const Failure& failure) {
  if (context.has_printed()) return;
  context.print({{"error", {{"exit_code", failure.exit_code}, {"message", failure.message}}}});
}

/// A command line that could not be read to its end may hold it all the same.
bool asks_for_json(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

/// Says what is wrong with the command line; gives the exit code. Asked for help, it is given.
int refuse(const CLI::App& app, const CLI::ParseError& problem, Context& context, int argc, char** argv) {
  Failure failure{kBadInput, problem.what()};
  const auto unknown = std::find_if(argv + 1, argv + argc, [](const char* word) { return word[0] != '-'; });
  if (app.get_subcommands().empty() && unknown != argv + argc && problem.get_exit_code() != 0) {
    failure.message = fmt::format("'{}' is no command; almanac --help lists them", *unknown);
    fmt::print(stderr, "almanac: {}\n", almanac::cache::one_line(failure.message));
  } else if (app.exit(problem) == 0) {
    return kDone;
  }
  if (asks_for_json(argc, argv)) print_failure(context, failure);
  return failure.exit_code;
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
  add_tune(app, context, action);
  add_wrap(app, context, action);
  add_ls(app, context, action);
  add_stats(app, context, action);
  add_info(app, context, action);
  add_clear(app, context, action);
  add_validate(app, context, action);
  add_export(app, context, action);
  add_import(app, context, action);
  add_wisdom(app, context, action);
  add_doctor(app, context, action);
  add_kinds(app, context, action);
  add_config(app, context, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return refuse(app, problem, context, argc, argv);
  }
  try {
    const int code = action();
    flush_output();
    return code;
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    fmt::print(stderr, "almanac: {}\n", almanac::cache::one_line(failure.message));
    if (context.json) print_failure(context, failure);
    return failure.exit_code;
  }
}
