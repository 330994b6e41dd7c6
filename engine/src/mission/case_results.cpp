#include "case_results.hpp"

#include "output/pictures.hpp"
#include "output/result_file.hpp"
#include "staged_file.hpp"

#include <almanac/cache/key.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <system_error>
#include <utility>

namespace almanac::mission {
namespace {

struct ValueText {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return std::isfinite(value) ? cache::canonical_real(value) : fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const std::vector<std::int64_t>& values) const { return fmt::format("{}", fmt::join(values, "x")); }
  std::string operator()(const std::vector<double>& values) const { return fmt::format("{}", fmt::join(values, ";")); }
  std::string operator()(const std::vector<std::string>& values) const { return fmt::format("{}", fmt::join(values, ";")); }
};

/// What a picture says of its case: the swept fields, and with `always` those that matter in any case.
std::string heading_line(const PlannedCase& one, bool always) {
  constexpr std::string_view kAlways[] = {"order", "alpha", "kappa", "lambda", "omega"};
  std::vector<std::string> parts;
  for (const auto& [name, value] : one.work->parameters()) {
    const bool swept = fmt::format(",{}", one.name).find(fmt::format(",{}=", name)) != std::string::npos;
    if (swept || (always && std::ranges::find(kAlways, name) != std::end(kAlways))) parts.push_back(fmt::format("{} = {}", name, std::visit(ValueText(), value)));
  }
  return fmt::format("{}", fmt::join(parts, "  ·  "));
}

}  // namespace

std::string facts_text(const output::Facts& facts) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : facts) parts.push_back(fmt::format("{}={}", name, std::visit(ValueText(), value)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::filesystem::path> files_of_case(const PlannedCase& one, const std::filesystem::path& folder, bool incomplete) {
  const std::string name = one.name + (incomplete ? ".incomplete" : "");
  return {folder / (name + ".h5"), folder / (name + ".xdmf"), folder / (name + ".png")};
}

std::vector<std::filesystem::path> earlier_files(const PlannedCase& one, const std::filesystem::path& folder,
                                                 std::span<const std::filesystem::path> written) {
  std::vector<std::filesystem::path> found;
  for (const bool incomplete : {false, true}) {
    for (auto& file : files_of_case(one, folder, incomplete)) {
      std::error_code error;
      if (std::ranges::find(written, file) == written.end() && std::filesystem::is_regular_file(file, error)) found.push_back(std::move(file));
    }
  }
  return found;
}

CaseResults write_case(const MissionPlan& plan, const PlannedCase& one, output::Series result, const std::filesystem::path& folder) {
  CaseResults results;
  results.findings = std::exchange(result.facts, {});
  result.facts = {{"mission", plan.name}, {"case", one.name}, {"producer", std::string("almanac/" ALMANAC_VERSION)}};
  for (auto& fact : one.work->parameters()) result.facts.push_back(std::move(fact));
  result.facts.insert(result.facts.end(), results.findings.begin(), results.findings.end());
  const bool incomplete = !result.incomplete.empty();
  if (incomplete) result.facts.emplace_back("incomplete", result.incomplete);

  const std::vector<std::filesystem::path> files = files_of_case(one, folder, incomplete);
  std::vector<StagedFile> staged;
  for (const auto& file : files) staged.emplace_back(file);
  const output::Image picture = one.work->picture(result, plan.name, heading_line(one, true));
  staged[0].write([&](const auto& path) { output::write_hdf5(path, result); });
  staged[1].write([&](const auto& path) { output::write_xdmf(path, files[0].filename().string(), result); });
  staged[2].write([&](const auto& path) { output::write_png(path, picture); });
  results.panel = {heading_line(one, false) + (incomplete ? "  ·  incomplete" : ""), one.work->panel(result)};
  for (const auto& file : files) refuse_folder(file);  // all three files are new, or none
  for (StagedFile& file : staged) file.commit();
  results.files = files;
  if (incomplete) return results;
  std::error_code none_there;
  for (const auto& file : files_of_case(one, folder, true)) std::filesystem::remove(file, none_there);  // of an earlier run
  return results;
}

}  // namespace almanac::mission
