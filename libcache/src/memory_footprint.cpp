#include "memory_footprint.hpp"

#include "memory_shard.hpp"

#include <type_traits>
#include <variant>

namespace almanac::cache {
namespace {

std::uint64_t bytes_of_attribute(const Attribute& attribute) {
  return std::visit(
      [](const auto& value) -> std::uint64_t {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) {
          return 0;
        } else {
          return value.size() * sizeof(value[0]);
        }
      },
      attribute);
}

}  // namespace

std::uint64_t footprint_of(const Entry& entry) {
  constexpr std::uint64_t kAllocation = 16;   // the allocator's own, a block
  constexpr std::uint64_t kMapNode = 48;      // a std::map node besides its value
  constexpr std::uint64_t kInTheBooks = 320;  // two nodes and a bucket, and what the history takes for it
  std::uint64_t bytes = sizeof(Entry) + sizeof(Slot) + sizeof(Id) + kInTheBooks + 6 * kAllocation + 2 * 32;
  bytes += DoorLock::doors() * (64 + kAllocation);
  bytes += entry.key.text().size();
  bytes += entry.facts.producer.version.size() + entry.facts.producer.instruction_set.size();
  bytes += entry.facts.host_binding.size() + entry.facts.dependencies.size() * sizeof(Id);
  for (const Array& array : entry.artifact.arrays()) {
    bytes += sizeof(Array) + array.name().size() + array.shape().size() * sizeof(std::int64_t) + 3 * kAllocation;
  }
  for (const auto& [name, value] : entry.artifact.attributes()) {
    bytes += kMapNode + sizeof(name) + sizeof(value) + name.size() + bytes_of_attribute(value) + kAllocation;
  }
  return bytes + entry.artifact.bytes();
}

}  // namespace almanac::cache
