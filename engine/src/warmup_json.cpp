#include "warmup_json.hpp"

namespace almanac {

nlohmann::ordered_json describe(const WarmupReport& report) {
  auto kinds = nlohmann::ordered_json::object();
  for (const auto& kind : report.kinds) {
    kinds[kind.kind] = {{"requests", kind.requests}, {"artifacts", kind.artifacts}, {"made", kind.made},
                        {"found", kind.found},       {"failed", kind.failed},       {"not_stored", kind.not_stored},
                        {"seconds", kind.seconds}};
  }
  return {{"kinds", kinds}, {"failures", report.failures}, {"seconds", report.seconds}, {"interrupted", report.interrupted}};
}

}  // namespace almanac
