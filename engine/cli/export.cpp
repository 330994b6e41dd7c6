#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace almanac::cli {
namespace {

struct ExportOptions {
  std::vector<std::string> words;
  std::filesystem::path output;
};

bool says_unsound(const cache::Error& error) {
  using enum cache::ErrorCode;
  return error.code == corrupt || error.code == foreign || error.code == newer_format || error.code == collision;
}

/// There is nothing to export: what() says why.
class NothingThere : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The entry to export, made and kept if it is named by its parameters and nobody has it, or what is there is of no use.
struct Exported {
  cache::EntryInfo entry;
  std::string source;
};

/// Errors: NothingThere.
Exported find_or_make(Context& context, const NamedEntry& named) {
  const auto [there, trouble] = find_entry(context, named);
  const std::int64_t wanted = named.request ? named.request->coverage : 0;
  if (there && cache::coverage_of(there->attributes) >= wanted) return {*there, "disk"};
  if (!named.request) throw NothingThere(trouble);
  cache::Request request = *named.request;
  request.keep = true;
  const cache::Answer answer = context.engine().get(request);
  if (interrupt_requested()) throw Interrupted();
  const auto kept = context.disk().peek(request.key);
  if (!kept) throw EnvironmentError(kept.error().message);
  if (!*kept) throw EnvironmentError(fmt::format("{} was computed, but the cache in {} did not keep it", request.key.text(),
                                                 context.disk().root().string()));
  return {**kept, std::string(answer.source)};
}

/// Writes the entry's file to `path`, which is none yet.
/// Errors: NothingThere ← it was removed, or was not sound; EnvironmentError ← it cannot be read or written; names `output`,
/// for which it is.
void write_entry(Context& context, const cache::Id& id, const std::filesystem::path& path, const std::filesystem::path& output) {
  const auto written = context.disk().export_entry(id, path);
  if (written.ok() && *written) return;
  if (written.ok()) throw NothingThere("it was removed meanwhile");
  const cache::Error& error = written.error();
  if (says_unsound(error)) throw NothingThere(fmt::format("{}: {}", cache::to_string(error.code), error.message));
  throw EnvironmentError(fmt::format("cannot export to {}: {}", output.string(), error.message));
}

/// The same to what is no regular file: a pipe, standard output. Nothing is sent before all of it is verified.
void send_entry(Context& context, const cache::Id& id, const std::filesystem::path& device) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) throw EnvironmentError(fmt::format("cannot export to {}: TMPDIR is no folder", device.string()));
  const std::filesystem::path whole = folder / fmt::format("almanac-export-{}-{}.h5", id.hex(), getpid());
  write_entry(context, id, whole, device);
  std::ifstream from(whole, std::ios::binary);
  std::filesystem::remove(whole, error);
  errno = 0;
  std::ofstream opened;
  if (!is_standard_output(device)) opened.open(device, std::ios::binary);
  std::ostream& to = is_standard_output(device) ? std::cout : opened;
  to << from.rdbuf();
  to.flush();
  if (from && to) return;
  throw EnvironmentError(fmt::format("cannot write {}: {}", device.string(), std::generic_category().message(errno == 0 ? EIO : errno)));
}

void write_output(Context& context, const cache::Id& id, const std::filesystem::path& output) {
  if (is_standard_output(output)) return send_entry(context, id, output);
  write_file(output, [&](const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::exists(path, error) ? send_entry(context, id, path) : write_entry(context, id, path, output);
  });
}

/// Finds or makes the entry, and writes its file. One that is seen to be unsound while it is copied is out of the way then,
/// and made again where it is known how. Errors: NothingThere.
Exported find_and_write(Context& context, const NamedEntry& named, const std::filesystem::path& output) {
  for (bool again = false;; again = true) {
    Exported found = find_or_make(context, named);
    try {
      write_output(context, found.entry.key.id(), output);
      return found;
    } catch (const NothingThere&) {
      if (again || !named.request) throw;
    }
  }
}

int export_entry(Context& context, const ExportOptions& options) {
  const NamedEntry named = named_entry(options.words);
  const compute::FftPlanningScope only_we_plan;
  watch_for_interrupt();
  try {
    const Exported found = find_and_write(context, named, options.output);
    if (context.json) {
      context.print({{"output", options.output.string()},
                     {"key", found.entry.key.text()},
                     {"id", found.entry.key.id().hex()},
                     {"bytes", found.entry.stored_bytes},
                     {"source", found.source}});
    } else {
      context.note(fmt::format("{}: {} ({}, {})", options.output.string(), found.entry.key.text(),
                               format_size(found.entry.stored_bytes), found.source));
    }
    return kDone;
  } catch (const NothingThere& problem) {
    if (context.json) context.print(Json());
    context.note(fmt::format("almanac: {}: {}", fmt::join(options.words, " "), problem.what()));
    return kFoundWrong;
  }
}

}  // namespace

void add_export(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("export", "The file of one artifact, for import elsewhere; computed if nobody has it");
  auto options = std::make_shared<ExportOptions>();
  command->add_option("what", options->words, "KIND name=value …, or an ID")->type_name("KIND name=value … | ID")->required();
  command->add_option("--output,-o", options->output, "File to write; - is standard output")->type_name("FILE")->required();
  command->callback([&context, &action, options] { action = [&context, options] { return export_entry(context, *options); }; });
}

}  // namespace almanac::cli
