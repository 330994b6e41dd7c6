// almanac trace: record, synthetic; replay is in trace_replay.cpp

#include "exit_code.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"
#include "trace_choice.hpp"

#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace almanac::cli {
namespace {

/// Becomes the program: its output, signals and exit code are its own.
int record(const Context& context, const std::string& output) {
  if (context.json) throw InputError("trace record --json: standard output is the program's");
  if (context.program.empty()) throw InputError("trace record: name a program, behind --: almanac trace record --output FILE -- almanac run MISSION.toml");
  std::error_code error;
  const std::filesystem::path file = std::filesystem::absolute(output, error);
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) throw EnvironmentError(fmt::format("cannot write {}: {}", output, std::generic_category().message(errno)));
  ::close(descriptor);
  ::setenv("ALMANAC_TRACE", file.c_str(), 1);
  std::vector<char*> words;
  for (const std::string& word : context.program) words.push_back(const_cast<char*>(word.c_str()));  // execvp changes none of them
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  throw InputError(fmt::format("cannot run {}: {}", context.program.front(), std::generic_category().message(errno)));
}

void add_record_command(CLI::App& trace, Context& context, Action& action) {
  CLI::App* command = trace.add_subcommand(
      "record",
      "Run a program and append what it asks its cache for to a file, one line a request: almanac trace record --output FILE --\n"
      "PROGRAM ARGS…. The same comes of ALMANAC_TRACE=FILE and of trace = \"FILE\" in the settings, for any program. Plans of programs\n"
      "behind almanac wrap are not in it. Exit code: the program's");
  auto output = std::make_shared<std::string>();
  command->add_option("--output,-o", *output, "File to append to")->type_name("FILE")->required();
  command->callback([&context, &action, output] { action = [&context, output] { return record(context, *output); }; });
}

struct WriteChoice : SyntheticChoice {
  std::uint64_t seed = 1;
  std::string output;
};

int write_synthetic(Context& context, const WriteChoice& choice) {
  constexpr std::size_t kBlock = 1 << 16;
  cache::SyntheticTrace trace = choice.trace(choice.seed);
  const std::uint64_t object_bytes = trace.object_bytes();
  write_file(choice.output, [&](const std::filesystem::path& path) {
    errno = 0;
    std::ofstream file(path, std::ios::binary);
    std::string block(cache::kTraceHead);
    for (cache::TraceRequest request; trace.next(request);) {
      cache::append_trace_line(block, request);
      if (block.size() < kBlock) continue;
      file << block;
      block.clear();
      if (!file) break;
      if (interrupt_requested()) throw Interrupted();
    }
    file << block;
    file.close();
    if (!file) throw EnvironmentError(fmt::format("cannot write {}: {}", choice.output, std::generic_category().message(errno == 0 ? EIO : errno)));
  });
  if (context.json) {
    context.print({{"file", choice.output}, {"requests", choice.options.requests}, {"seed", choice.seed}, {"object_bytes", object_bytes}});
  }
  context.note(fmt::format("{}: {} requests for {} objects of {} in all, seed {}", choice.output, choice.options.requests,
                           choice.options.objects, format_size(object_bytes), choice.seed));
  return kDone;
}

void add_synthetic_command(CLI::App& trace, Context& context, Action& action) {
  CLI::App* command = trace.add_subcommand("synthetic", "Write a synthetic trace: the same seed gives the same requests on every machine");
  auto choice = std::make_shared<WriteChoice>();
  command->add_option("--output,-o", choice->output, "File to write")->type_name("FILE")->required();
  command->add_option("--seed", choice->seed, "Which one")->type_name("N")->capture_default_str();
  add_synthetic_options(*command, *choice);
  command->callback([&context, &action, choice] {
    action = [&context, choice] {
      watch_for_interrupt();
      return write_synthetic(context, *choice);
    };
  });
}

}  // namespace

int find_recorded_program(int argc, const char* const* argv) {
  bool is_trace = false, is_record = false;
  for (int place = 1; place < argc; ++place) {
    const std::string_view word = argv[place];
    if (word == "--") return is_record ? place : argc;
    is_record = is_record || (is_trace && word == "record");
    is_trace = is_trace || word == "trace";
  }
  return argc;
}

void add_trace(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("trace", "Traces of requests, and what eviction policies make of them: record, replay, synthetic");
  command->require_subcommand(1);
  add_record_command(*command, context, action);
  add_replay_command(*command, context, action);
  add_synthetic_command(*command, context, action);
}

}  // namespace almanac::cli
