#include "wrap_options.hpp"

#include "globals.hpp"

#include <CLI/CLI.hpp>

#include <string_view>

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
      "An upgraded plan is the fastest of several searches, some seconds in all for large transforms, once; large arrays of the\n"
      "program lie in large pages then, unless GLIBC_TUNABLES says glibc.malloc.hugetlb=0.\n"
      "$ALMANAC_WRAP_LIBRARY names the library that is loaded into the program, where it is not beside this one.");
  return command;
}

int find_program(int argc, const char* const* argv) {
  Globals globals;
  WrapChoice choice;
  CLI::App app;
  add_globals(app, globals);
  CLI::App* const wrap = add_wrap_options(app, choice);
  bool is_wrap = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") return is_wrap ? i + 1 : argc;
    if (word.starts_with('-')) {
      const CLI::Option* option = app.get_option_no_throw(word);
      if (option == nullptr && is_wrap) option = wrap->get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) ++i;  // what follows is its value
    } else if (is_wrap) {
      return i;
    } else if (word != "wrap") {
      return argc;
    } else {
      is_wrap = true;
    }
  }
  return argc;
}

void parse_words(CLI::App& app, WrapChoice& choice, int argc, const char* const* argv) {
  const int program = find_program(argc, argv);
  std::vector<const char*> ours(argv, argv + program);
  if (program < argc) {
    // That there is one suffices: CLI11 takes words in brackets apart.
    if (std::string_view(ours.back()) != "--") ours.push_back("--");
    ours.push_back("PROGRAM");
  }
  app.parse(static_cast<int>(ours.size()), ours.data());
  if (program < argc) choice.words.assign(argv + program, argv + argc);
}

}  // namespace almanac::cli
