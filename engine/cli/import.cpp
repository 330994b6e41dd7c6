#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "piped_file.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace almanac::cli {
namespace {

struct OneFile {
  std::string file;
  std::string result;     ///< "imported", "already there" or "refused"
  std::string reason;     ///< of a refusal: "corrupt", "foreign" …
  std::string what;       ///< the key, or why it was refused
  std::string id;
  int exit_code = kDone;
};

/// Errors of the file, not of the surroundings.
bool is_bad_input(cache::ErrorCode code) {
  using enum cache::ErrorCode;
  return code == corrupt || code == foreign || code == newer_format || code == collision || code == invalid_argument;
}

/// Errors: Interrupted ← while a pipe was read; EnvironmentError ← what comes out of it cannot be kept.
OneFile import_one(cache::DiskTier& disk, const std::string& file) {
  std::error_code error;
  std::optional<PipedFile> piped;
  if (is_piped(file)) {
    piped.emplace(file, disk.root());
  } else if (!std::filesystem::exists(file, error)) {
    if (!error) return {file, "refused", "missing", "there is no such file", "", kBadInput};
  } else if (std::filesystem::is_directory(file, error)) {
    return {file, "refused", "foreign", "it is a folder", "", kBadInput};
  }
  const std::string source = piped ? piped->path().string() : file;
  const auto taken = disk.import_entry(source);
  if (!taken) {
    std::string why = taken.error().message;
    if (why.starts_with(source + ": ")) why.erase(0, source.size() + 2);  // the file has a column of its own
    return {file, "refused", std::string(cache::to_string(taken.error().code)), std::move(why), "",
            is_bad_input(taken.error().code) ? kBadInput : kEnvironment};
  }
  const cache::Key& key = taken->entry.key;
  return {file, taken->was_there ? "already there" : "imported", "", key.text(), key.id().hex(), kDone};
}

Json describe_file(const OneFile& one) {
  Json document{{"file", one.file}, {"result", one.result}};
  if (one.exit_code == kDone) {
    document["key"] = one.what;
    document["id"] = one.id;
  } else {
    document["reason"] = one.reason;
    document["message"] = one.what;
  }
  return document;
}

int import_files(Context& context, const std::vector<std::string>& files) {
  cache::DiskTier& disk = context.disk();
  watch_for_interrupt();
  std::vector<OneFile> done;
  for (const std::string& file : files) {
    if (interrupt_requested()) break;
    try {
      done.push_back(import_one(disk, file));
    } catch (const Interrupted&) {
      break;
    } catch (const EnvironmentError& problem) {
      done.push_back({file, "refused", "io", problem.what(), "", kEnvironment});
    }
  }
  const auto count = [&](std::string_view result) { return std::ranges::count(done, result, &OneFile::result); };
  if (context.json) {
    Json list = Json::array();
    for (const OneFile& one : done) list.push_back(describe_file(one));
    context.print({{"imported", count("imported")},
                   {"already_there", count("already there")},
                   {"refused", count("refused")},
                   {"files", list}});
  } else {
    Table table({"result", "file", "what"});
    for (const OneFile& one : done) table.add({one.result, one.file, one.reason.empty() ? one.what : one.reason + ": " + one.what});
    fmt::print("{}", table.text());
    context.note(fmt::format("{} imported, {} already there, {} refused, in {}", count("imported"), count("already there"),
                             count("refused"), disk.root().string()));
  }
  if (done.size() < files.size()) throw Interrupted();
  return std::ranges::max(done, {}, &OneFile::exit_code).exit_code;
}

}  // namespace

void add_import(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("import", "Take in files that almanac export wrote; every byte is verified before");
  auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("files", *files, "Files of artifacts; - is standard input")->type_name("FILE")->required();
  command->callback([&context, &action, files] { action = [&context, files] { return import_files(context, *files); }; });
}

}  // namespace almanac::cli
