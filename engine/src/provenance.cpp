#include <almanac/provenance.hpp>

namespace almanac {

Provenance provenance_of(const cache::Answer& answer) {
  const cache::Entry& entry = *answer.entry;
  std::string producer = entry.facts.producer.version;
  if (!entry.facts.producer.instruction_set.empty()) producer += " " + entry.facts.producer.instruction_set;
  return {.source = std::string(answer.source),
          .key = entry.key.text(),
          .id = entry.key.id().hex(),
          .elapsed = answer.elapsed,
          .cost = entry.facts.cost,
          .producer = std::move(producer)};
}

}  // namespace almanac
