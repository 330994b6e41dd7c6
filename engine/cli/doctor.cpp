#include "context.hpp"
#include "exit_code.hpp"
#include "fft_choice.hpp"
#include "health_report.hpp"

#include "fft/diagnosis.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac::cli {
namespace {

struct DoctorOptions {
  bool fft = false;
  FftChoice transforms;
};

Json describe_diagnosis(const fft::Diagnosis& diagnosis) {
  Json near_misses = Json::array();
  for (const auto& miss : diagnosis.near_misses) {
    Json differences = Json::object();
    for (const auto& difference : miss.differences) {
      differences[difference.field] = {{"there", difference.there}, {"wanted", difference.wanted}, {"meaning", fft::meaning_of(difference)}};
    }
    near_misses.push_back({{"key", miss.key}, {"id", miss.id}, {"differences", differences}});
  }
  return {{"key", diagnosis.key.text()},
          {"id", diagnosis.key.id().hex()},
          {"usable", diagnosis.usable},
          {"verdict", diagnosis.verdict},
          {"entry", diagnosis.entry ? describe(*diagnosis.entry) : Json()},
          {"near_misses", near_misses},
          {"more_near_misses", diagnosis.more_near_misses},
          {"notes", diagnosis.notes}};
}

void print_diagnosis(const fft::Diagnosis& diagnosis) {
  fmt::print("{}\n  {}\n", diagnosis.key.text(), diagnosis.verdict);
  if (diagnosis.entry) {
    fmt::print("  entry {}: made {} in {}\n", diagnosis.entry->path, utc(diagnosis.entry->facts.created),
               format_duration(diagnosis.entry->facts.cost));
  }
  for (const auto& miss : diagnosis.near_misses) {
    fmt::print("  not used: {}\n", miss.id);
    for (const auto& difference : miss.differences) {
      const std::string_view meaning = fft::meaning_of(difference);
      fmt::print("    {}: there {}, here {}{}{}\n", difference.field, difference.there, difference.wanted, meaning.empty() ? "" : "; ", meaning);
    }
  }
  if (diagnosis.more_near_misses > 0) fmt::print("  and {} more that differ in as much or more\n", diagnosis.more_near_misses);
  for (const std::string& note : diagnosis.notes) fmt::print("  {}\n", note);
}

int doctor(Context& context, const DoctorOptions& options) {
  if (!options.fft && !options.transforms.extents.empty()) throw InputError("doctor: of transforms, write --fft EXTENT …");
  if (!options.fft) return report_health(context);
  if (options.transforms.extents.empty()) throw InputError("doctor --fft: say which transform: almanac doctor --fft 512x512 --transform r2c");
  Json list = Json::array();
  bool all_usable = true;
  for (const auto& [problem, precision] : options.transforms.problems()) {
    const fft::Diagnosis diagnosis = fft::diagnose(context.engine(), problem, precision);
    all_usable = all_usable && diagnosis.usable;
    if (context.json) {
      list.push_back(describe_diagnosis(diagnosis));
    } else {
      print_diagnosis(diagnosis);
    }
  }
  if (context.json) context.print({{"usable", all_usable}, {"transforms", list}});
  return all_usable ? kDone : kFoundWrong;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("doctor", "How the cache is, what it comes to and what to change; or why the wisdom of a transform is, or "
                                                   "is not, used; exit code 0: all is well, or it is used, 1: not");
  auto options = std::make_shared<DoctorOptions>();
  command->add_flag("--fft", options->fft, "Whether the wisdom of these transforms is used, and why not");
  command->add_option("extent", options->transforms.extents, "512x512 …")->type_name("EXTENT");
  add_fft_options(*command, options->transforms);
  command->callback([&context, &action, options] { action = [&context, options] { return doctor(context, *options); }; });
}

}  // namespace almanac::cli
