#pragma once

#include "globals.hpp"
#include "json_text.hpp"

#include <almanac/engine.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cli {

/// What all subcommands share.
class Context : public Globals {
 public:
  /// The engine, made at the first call; its warnings go to standard error unless --quiet. Where a command watches for
  /// Ctrl-C, what waits for another process ends with it.
  Engine& engine();

  /// The disk tier. Errors: InputError ← the settings say there is none; EnvironmentError ← its folder cannot be used.
  cache::DiskTier& disk();

  /// The one document of --json on standard output.
  void print(const Json& document);
  bool has_printed() const noexcept { return has_printed_; }
  /// The document is written by somebody else.
  void mark_printed() noexcept { has_printed_ = true; }

  std::vector<std::string> program;  ///< behind `trace record --`, word by word

 private:
  /// Makes the engine, if there is none yet; what it warns of meanwhile is kept back.
  Engine& open();

  bool has_printed_ = false;
  bool opening_ = false;
  std::vector<std::string> kept_back_;
  std::unique_ptr<Engine> engine_;
};

/// What main() runs once the command line is read; gives the exit code.
using Action = std::function<int()>;

/// Each adds its subcommand to `app` and sets `action` when it is chosen.
void add_run(CLI::App& app, Context& context, Action& action);
void add_get(CLI::App& app, Context& context, Action& action);
void add_eval(CLI::App& app, Context& context, Action& action);
void add_warmup(CLI::App& app, Context& context, Action& action);
void add_tune(CLI::App& app, Context& context, Action& action);
void add_ls(CLI::App& app, Context& context, Action& action);
void add_stats(CLI::App& app, Context& context, Action& action);
void add_info(CLI::App& app, Context& context, Action& action);
void add_clear(CLI::App& app, Context& context, Action& action);
void add_invalidate(CLI::App& app, Context& context, Action& action);
void add_log(CLI::App& app, Context& context, Action& action);
void add_maintain(CLI::App& app, Context& context, Action& action);
void add_validate(CLI::App& app, Context& context, Action& action);
void add_export(CLI::App& app, Context& context, Action& action);
void add_import(CLI::App& app, Context& context, Action& action);
void add_wisdom(CLI::App& app, Context& context, Action& action);
void add_trace(CLI::App& app, Context& context, Action& action);
void add_doctor(CLI::App& app, Context& context, Action& action);
void add_kinds(CLI::App& app, Context& context, Action& action);
void add_config(CLI::App& app, Context& context, Action& action);

/// Where the `--` before the words of another program stands in `trace record … -- PROGRAM ARGS…`; argc: there is none. They are
/// no words of ours, however much they look like them.
int find_recorded_program(int argc, const char* const* argv);

/// name=value words. Errors: InputError ← a word without '=' or with an empty name.
ParameterTexts parameter_texts(const std::vector<std::string>& words);

/// Numbers of seconds of a duration, for JSON.
double seconds(std::chrono::nanoseconds duration);
/// "2026-03-04T05:06:07Z"
std::string utc(std::chrono::system_clock::time_point time);

/// An entry's header as JSON, as `info` and `ls` show it.
Json describe(const cache::EntryInfo& info);
/// An attribute as JSON.
Json describe(const cache::Attribute& attribute);
/// Where an answer came from, as JSON.
Json describe(const Provenance& provenance);

}  // namespace almanac::cli
