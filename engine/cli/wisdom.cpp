#include "context.hpp"
#include "exit_code.hpp"
#include "fft_choice.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"
#include "progress.hpp"

#include "fft/known_problems.hpp"
#include "fft/wisdom_file.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/mixed_wisdom.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <system_error>

namespace almanac::cli {
namespace {

struct ExportChoice {
  std::filesystem::path output;
  std::string precision = "double";
  std::vector<std::string> rigors;
  std::vector<std::string> extents;
};

struct ImportChoice {
  std::filesystem::path file;
  FftChoice transforms;
  bool has_precisions = false;
  bool has_rigors = false;
};

fft::WisdomChoice choice_of(const ExportChoice& options) {
  fft::WisdomChoice choice{.precision = options.precision};
  for (const std::string& rigor : options.rigors) choice.rigors.push_back(compute::parse_rigor(rigor).value());
  for (const TuneItem& named : FftChoice{.extents = options.extents}.problems()) choice.extents.push_back(named.spec.extent);
  return choice;
}

void write_wisdom(const std::filesystem::path& output, const std::string& text) {
  if (is_standard_output(output)) {
    std::cout << text;
  } else {
    write_file(output, text);
  }
}

Json describe_collected(const ExportChoice& options, const fft::CollectedWisdom& collected) {
  Json conflicts = Json::array();
  for (const auto& conflict : collected.conflicts) {
    conflicts.push_back({{"problem", conflict.problem}, {"kept", conflict.kept}, {"left_out", conflict.left_out}});
  }
  return {{"output", options.output.string()},
          {"precision", options.precision},
          {"bundles", collected.bundles},
          {"records", collected.records},
          {"conflicts", conflicts},
          {"of_other_hosts", collected.of_other_hosts},
          {"refused", collected.refused}};
}

int export_wisdom(Context& context, const ExportChoice& options) {
  if (context.json && is_standard_output(options.output)) throw InputError("--json needs a FILE: standard output is one or the other");
  const fft::CollectedWisdom collected = fft::collect_wisdom(context.disk(), choice_of(options));
  for (const std::string& refused : collected.refused) context.note(fmt::format("almanac: not exported: {}", refused));
  for (const auto& conflict : collected.conflicts) {
    context.note_verbose(fmt::format("problem {}: kept what {} found, not {}", conflict.problem, conflict.kept, conflict.left_out));
  }
  if (!collected.text.empty()) write_wisdom(options.output, collected.text);
  if (context.json) context.print(describe_collected(options, collected));
  const std::string others = collected.of_other_hosts == 0 ? "" : fmt::format("; {} of other hosts left out", collected.of_other_hosts);
  if (collected.text.empty()) {
    context.note(fmt::format("almanac: no wisdom in {} precision to export{}", options.precision, others));
    return kFoundWrong;
  }
  context.note(fmt::format("{}: {} bundles, {} records, {} precision{}{}", options.output.string(), collected.bundles, collected.records,
                           options.precision, others,
                           collected.conflicts.empty() ? ""
                                                       : fmt::format("; {} records contradicted one that was kept (--verbose lists them)",
                                                                     collected.conflicts.size())));
  return collected.refused.empty() ? kDone : kFoundWrong;
}

/// The whole file, or standard input. Errors: InputError ← it is missing, a folder, or longer than any wisdom.
std::string read_wisdom(const std::filesystem::path& file) {
  const bool is_standard_input = file == "-";
  std::ifstream opened;
  if (!is_standard_input) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) throw InputError(fmt::format("{}: it is a folder", file.string()));
    errno = 0;
    opened.open(file, std::ios::binary);
    if (!opened) throw InputError(fmt::format("{}: {}", file.string(), std::generic_category().message(errno == 0 ? EIO : errno)));
  }
  std::istream& from = is_standard_input ? std::cin : opened;
  std::string text;
  std::array<char, 65536> part;
  while (from.read(part.data(), part.size()), from.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(from.gcount()));
    if (text.size() > compute::kMaxMixedWisdomBytes) {
      throw InputError(fmt::format("{}: more than {} bytes: this is no wisdom", file.string(), compute::kMaxMixedWisdomBytes));
    }
  }
  return text;
}

std::string refusal(const std::filesystem::path& file, const compute::WisdomError& error) {
  std::string text = fmt::format("{}: {}", file.string(), error.what());
  // fftw-wisdom(1) without -T, and programs that do not use FFTW's threads, have fewer solvers than this program.
  if (text.find("(signature)") != std::string::npos) text += ": it must be made with FFTW's threads initialised, as fftw-wisdom -T 1 does";
  return text;
}

int import_wisdom(Context& context, const ImportChoice& options) {
  const std::string text = read_wisdom(options.file);
  const std::string precision(fft::precision_of_wisdom(text));
  if (options.has_precisions && std::ranges::find(options.transforms.precisions, precision) == options.transforms.precisions.end()) {
    throw InputError(fmt::format("{}: it is in {} precision, and --precision asks for {}", options.file.string(), precision,
                                 fmt::join(options.transforms.precisions, ", ")));
  }
  FftChoice named_ones = options.transforms;
  named_ones.precisions = {precision};
  std::vector<compute::FftProblem> named;
  for (TuneItem& item : named_ones.problems()) named.push_back(std::move(item.spec));
  cache::DiskTier& disk = context.disk();
  const std::vector<compute::FftProblem> problems = fft::known_problems(disk, precision, named);
  std::vector<compute::Rigor> rigors;
  for (const std::string& rigor : options.transforms.rigors) {
    if (options.has_rigors) rigors.push_back(compute::parse_rigor(rigor).value());
  }
  watch_for_interrupt();
  Progress progress(!context.quiet);
  const auto at = [&](std::size_t done, std::size_t all) {
    progress.at(static_cast<double>(done) / static_cast<double>(all), "looking whose records these are");
  };
  fft::TakenWisdom taken;
  try {
    taken = fft::take_wisdom(disk, text, problems, {.rigors = rigors, .progress = at, .stop = interrupt_requested});
  } catch (const compute::WisdomError& error) {
    throw InputError(refusal(options.file, error));
  }
  progress.clear();
  if (context.json) {
    context.print({{"file", options.file.string()},
                   {"precision", precision},
                   {"records", taken.records},
                   {"unattributed", taken.unattributed},
                   {"tried", problems.size()},
                   {"recognised", taken.recognised},
                   {"stored", taken.stored},
                   {"already_there", taken.there_already}});
  }
  context.note(fmt::format("{}: {} records in {} precision; {} of {} transforms tried are in it: {} bundles stored, {} there already",
                           options.file.string(), taken.records, precision, taken.recognised, problems.size(), taken.stored.size(),
                           taken.there_already.size()));
  if (taken.unattributed > 0) {
    context.note(fmt::format("{} records are of transforms that nobody named: name them with --extent", taken.unattributed));
  }
  return kDone;
}

void add_export_command(CLI::App& wisdom, Context& context, Action& action) {
  CLI::App* command = wisdom.add_subcommand(
      "export",
      "The bundles of this host in one file, as fftw-wisdom(1), fftw_import_wisdom_from_filename, Octave, pyFFTW and Julia read it.\n"
      "Programs must have FFTW's threads initialised (fftw-wisdom -T 1). Where bundles are merged, FFTW may choose another plan than\n"
      "each of them alone gives: what Almanac plans itself, and what almanac wrap gives, does not change");
  auto options = std::make_shared<ExportChoice>();
  command->add_option("file", options->output, "File to write; - is standard output")->type_name("FILE")->required();
  command->add_option("--precision", options->precision, "single, double or long_double: FFTW has one file for each")
      ->check(CLI::IsMember({"single", "double", "long_double"}))
      ->capture_default_str();
  command->add_option("--rigor", options->rigors, "Only what was planned at these: measure,patient,exhaustive,adaptive")
      ->delimiter(',')
      ->check(CLI::IsMember({"measure", "patient", "exhaustive", "adaptive"}))
      ->type_name("RIGOR,…");
  command->add_option("--extent", options->extents, "Only these: 512x512 …")->type_name("EXTENT …");
  command->callback([&context, &action, options] { action = [&context, options] { return export_wisdom(context, *options); }; });
}

void add_import_command(CLI::App& wisdom, Context& context, Action& action) {
  CLI::App* command = wisdom.add_subcommand(
      "import",
      "Take in a wisdom file of fftw-wisdom(1) or another program (/etc/fftw/wisdom), where there is no bundle yet.\n"
      "Its records name transforms only by a hash: those known here, the standard catalog, fftw-wisdom's canonical sizes and what\n"
      "the options name are tried");
  auto options = std::make_shared<ImportChoice>();
  command->add_option("file", options->file, "File to read; - is standard input")->type_name("FILE")->required();
  command->add_option("--extent", options->transforms.extents, "Transforms to try besides, with the options below: 512x512 …")
      ->type_name("EXTENT …");
  add_fft_options(*command, options->transforms);
  command->get_option("--precision")->default_str("")->description("Refuse a file of another one: single, double, long_double");
  command->get_option("--rigor")->default_str("")->description("Only bundles for these: measure, patient, exhaustive (default: all)")
      ->check(CLI::IsMember({"measure", "patient", "exhaustive"}));
  command->callback([&context, &action, command, options] {
    options->has_precisions = command->count("--precision") > 0;
    options->has_rigors = command->count("--rigor") > 0;
    action = [&context, options] { return import_wisdom(context, *options); };
  });
}

}  // namespace

void add_wisdom(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("wisdom", "Wisdom files of FFTW: export, import");
  command->require_subcommand(1);
  add_export_command(*command, context, action);
  add_import_command(*command, context, action);
}

}  // namespace almanac::cli
