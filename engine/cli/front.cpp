// almanac: tables computed once, found ready ever after.
//
// This program is small, and quick to start: it runs `wrap` itself, in front of programs that may be over in a moment. All other
// commands stand on some fifty libraries, which take longer to load than many of them to run; they are in one that it loads.

#include "exit_code.hpp"
#include "server_door.hpp"
#include "wrap.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <iostream>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace almanac::cli;

struct Wrap {
  Globals globals;
  WrapChoice choice;
};

/// nullopt ← another command, or none that can be run: then it is refused, or helped, by who knows all commands.
std::optional<Wrap> parse_wrap(int argc, char** argv) {
  if (std::none_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "wrap"; })) return std::nullopt;
  Wrap wrap;
  CLI::App app;
  app.require_subcommand(1);
  app.fallthrough();
  add_globals(app, wrap.globals);
  add_wrap_options(app, wrap.choice);
  try {
    parse_words(app, wrap.choice, argc, argv);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return wrap;
}

/// Where standard input, output or error are closed, files and sockets of ours would take their places, and be written to. The places
/// are taken by what fails as nothing there would have; the program finds them closed.
void take_closed_places() noexcept {
  for (int place = STDIN_FILENO; place <= STDERR_FILENO; ++place) {
    if (::fcntl(place, F_GETFD) < 0 && errno == EBADF) ::open("/dev/null", (place == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (const auto wrap = parse_wrap(argc, argv)) {
      take_closed_places();
      return wrap_program(wrap->globals, wrap->choice);
    }
    return almanac::wrap::commands_function<almanac::wrap::Commands>(almanac::wrap::kCommands)(argc, argv);
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    say(failure);
    if (asks_for_json(find_program(argc, argv), argv)) std::cout << text_of(document_of(failure)) << std::endl;
    return failure.exit_code;
  }
}
