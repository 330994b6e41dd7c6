#include "output/write_failure.hpp"
#include "runner.hpp"
#include "warmup_json.hpp"

#include <almanac/compute/simd.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace almanac::mission {
namespace {

using Json = nlohmann::ordered_json;

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

Json names_of(const std::vector<std::filesystem::path>& files) {
  Json names = Json::array();
  for (const auto& file : files) names.push_back(file.filename().string());
  return names;
}

Json describe(const output::Facts& facts) {
  Json all = Json::object();
  for (const auto& [name, value] : facts) std::visit([&, &key = name](const auto& held) { all[key] = held; }, value);
  return all;
}

Json describe(const CaseReport& report, const output::Facts& facts, const output::Facts& findings) {
  Json artifacts = Json::array();
  for (const ArtifactUse& use : report.artifacts) {
    artifacts.push_back({{"key", use.key}, {"kind", use.kind}, {"source", use.source}, {"seconds", use.seconds}, {"cost", use.cost}});
  }
  return {{"case", report.name},
          {"status", to_string(report.status)},
          {"error", report.error.empty() ? Json() : Json(report.error)},
          {"parameters", describe(facts)},
          {"findings", describe(findings)},
          {"steps", report.steps},
          {"seconds", report.seconds},
          {"seconds_saved", report.seconds_saved},
          {"artifacts", artifacts},
          {"files", names_of(report.files)},
          {"earlier_files", names_of(report.earlier)}};
}

}  // namespace

void write_summary(const std::filesystem::path& file, const MissionPlan& plan, const MissionReport& report,
                   std::span<const output::Facts> findings, int jobs, int threads) {
  Json cases = Json::array();
  for (std::size_t i = 0; i < report.cases.size(); ++i) cases.push_back(describe(report.cases[i], plan.cases[i].work->parameters(), findings[i]));
  const Json summary{{"mission", plan.name},
                     {"file", plan.file.string()},
                     {"producer", "almanac/" ALMANAC_VERSION},
                     {"instruction_set", compute::instruction_set()},
                     {"host", host_name()},
                     {"jobs", jobs},
                     {"threads_per_case", threads},
                     {"seconds", report.seconds},
                     {"seconds_saved", report.seconds_saved},
                     {"interrupted", report.interrupted},
                     {"warmup", report.warmup ? describe(*report.warmup) : Json()},
                     {"files", names_of(report.files)},
                     {"cases", cases}};
  errno = 0;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << summary.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  stream.close();
  if (!stream) throw output::WriteFailure(std::generic_category().message(errno));
}

}  // namespace almanac::mission
