#include <almanac/provenance.hpp>

namespace almanac {

Provenance provenance_of(const cache::Answer& answer) {
  const cache::Entry& entry = *answer.entry;
  std::string producer = entry.facts.producer.version;
  if (!entry.facts.producer.instruction_set.empty()) producer += " " + entry.facts.producer.instruction_set;
  return {std::string(answer.source), entry.key.text(), entry.key.id().hex(),
          answer.elapsed,             entry.facts.cost, std::move(producer)};
}

}  // namespace almanac
