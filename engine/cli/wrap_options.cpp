#include "wrap_options.hpp"

#include <CLI/CLI.hpp>

namespace almanac::cli {

CLI::App* add_wrap_options(CLI::App& app, WrapChoice& choice) {
  CLI::App* command = app.add_subcommand("wrap", "Run a program whose FFTW plans are kept: almanac wrap -- PROGRAM ARGS…");
  auto* upgrade = command->add_flag("--upgrade", choice.upgrade, "Give measured plans to callers that ask for estimated ones (other bits, faster)");
  command->add_option("--rigor", choice.rigor, "What --upgrade measures at")
      ->type_name("measure|patient")
      ->check(CLI::IsMember({"measure", "patient"}))
      ->needs(upgrade);
  command->add_option("--report", choice.report, "Write what was planned as JSON to this file; standard output is the program's")->type_name("FILE");
  command->add_option("program", choice.words, "The program and its arguments, behind --")->type_name("PROGRAM ARGS…")->required();
  command->footer(
      "Plans that the program asks FFTW to measure are measured once and found by every later run, also those of other\n"
      "processes and of the programs it starts. Exit code: the program's; 128 + signal where one ended it.\n"
      "$ALMANAC_WRAP_LIBRARY names the library that is loaded into the program, where it is not beside this one.");
  return command;
}

}  // namespace almanac::cli
