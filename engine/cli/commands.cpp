// All of almanac's commands but the running of `wrap`, in a library: see front.cpp.

#include "context.hpp"
#include "exit_code.hpp"
#include "server_door.hpp"
#include "wrap_options.hpp"

#include <almanac/compute/simd.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>
#include <system_error>

namespace {

using namespace almanac::cli;

/// Errors: EnvironmentError ← standard output did not take all that was written to it.
void flush_output() {
  errno = 0;
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout) return;
  // Of what was written long before nobody knows any more why it was not taken.
  throw almanac::EnvironmentError(fmt::format("cannot write to standard output: {}",
                                              errno == 0 ? "it has not taken all" : std::generic_category().message(errno)));
}

/// Says what is wrong with the command line; gives the exit code. Asked for help, it is given.
int refuse(const CLI::App& app, const CLI::ParseError& problem, Context& context, int argc, char** argv) {
  Failure failure{kBadInput, problem.what()};
  const auto unknown = std::find_if(argv + 1, argv + argc, [](const char* word) { return word[0] != '-'; });
  if (app.get_subcommands().empty() && unknown != argv + argc && problem.get_exit_code() != 0) {
    failure.message = fmt::format("'{}' is no command; almanac --help lists them", *unknown);
    say(failure);
  } else if (app.exit(problem) == 0) {
    try {
      flush_output();
      return kDone;
    } catch (...) {
      const Failure lost = failure_of(std::current_exception());
      say(lost);
      return lost.exit_code;
    }
  }
  if (asks_for_json(find_program(argc, argv), argv)) context.print(document_of(failure));
  return failure.exit_code;
}

}  // namespace

ALMANAC_BEHIND_DOOR const char* almanac_version() noexcept { return ALMANAC_VERSION; }

ALMANAC_BEHIND_DOOR int almanac_commands(int argc, char** argv) {
  Context context;
  Action action;
  CLI::App app("Almanac keeps what simulations compute slowly and use quickly: kernels, operators, FFT plans.", "almanac");
  app.require_subcommand(1);
  app.fallthrough();
  add_globals(app, context);
  app.set_version_flag("--version", fmt::format("almanac {} ({})", ALMANAC_VERSION, almanac::compute::instruction_set()));
  add_run(app, context, action);
  add_get(app, context, action);
  add_eval(app, context, action);
  add_warmup(app, context, action);
  add_tune(app, context, action);
  WrapChoice wrap;  // what is right of it has been run before it came here
  add_wrap_options(app, wrap);
  add_ls(app, context, action);
  add_stats(app, context, action);
  add_info(app, context, action);
  add_clear(app, context, action);
  add_invalidate(app, context, action);
  add_log(app, context, action);
  add_maintain(app, context, action);
  add_validate(app, context, action);
  add_export(app, context, action);
  add_import(app, context, action);
  add_wisdom(app, context, action);
  add_trace(app, context, action);
  add_doctor(app, context, action);
  add_kinds(app, context, action);
  add_config(app, context, action);
  const int program = find_recorded_program(argc, argv);
  if (program < argc) context.program.assign(argv + program + 1, argv + argc);
  argc = program;
  try {
    parse_words(app, wrap, argc, argv);
  } catch (const CLI::ParseError& problem) {
    return refuse(app, problem, context, argc, argv);
  }
  try {
    const int code = action();
    flush_output();
    return code;
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    say(failure);
    if (context.json && !context.has_printed()) context.print(document_of(failure));
    return failure.exit_code;
  }
}
