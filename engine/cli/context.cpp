#include "context.hpp"

#include "interrupt.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>
#include <utility>
#include <variant>

namespace almanac::cli {

Engine& Context::open() {
  if (!engine_) {
    opening_ = true;
    engine_ = std::make_unique<Engine>(config(), [this](std::string_view line) {
      if (opening_) {
        kept_back_.emplace_back(line);
      } else {
        warn(line);
      }
    });
    opening_ = false;
    engine_->set_give_up(interrupt_requested);
  }
  return *engine_;
}

Engine& Context::engine() {
  open();
  for (const std::string& line : std::exchange(kept_back_, {})) warn(line);
  return *engine_;
}

cache::DiskTier& Context::disk() {
  cache::DiskTier* tier = open().disk();
  if (tier == nullptr) throw InputError("the settings leave no cache on disk: enabled or disk is false (see almanac config)");
  // Where an engine only warns, a tool that looks into the cache fails, and says so once.
  if (tier->problem()) throw EnvironmentError(tier->problem()->message);
  engine();
  return *tier;
}

void Context::print(const Json& document) {
  std::cout << text_of(document) << '\n';
  has_printed_ = true;
}

ParameterTexts parameter_texts(const std::vector<std::string>& words) {
  ParameterTexts texts;
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos || sign == 0) throw InputError(fmt::format("'{}': write name=value", word));
    texts.emplace_back(word.substr(0, sign), word.substr(sign + 1));
  }
  return texts;
}

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::string utc(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

Json describe(const cache::Attribute& attribute) {
  return std::visit([](const auto& value) { return Json(value); }, attribute);
}

Json describe(const cache::EntryInfo& info) {
  Json parameters = Json::object();
  for (const auto& [name, value] : info.key.parameters()) parameters[name] = value;
  Json attributes = Json::object();
  for (const auto& [name, value] : info.attributes) attributes[name] = describe(value);
  Json arrays = Json::array();
  for (const auto& array : info.arrays) {
    arrays.push_back({{"name", array.name}, {"type", cache::to_string(array.type)}, {"shape", array.shape}, {"bytes", array.bytes}});
  }
  Json dependencies = Json::array();
  for (const cache::Id& id : info.facts.dependencies) dependencies.push_back(id.hex());
  return {{"key", info.key.text()},
          {"id", info.key.id().hex()},
          {"kind", info.key.kind()},
          {"version", info.key.version()},
          {"parameters", parameters},
          {"path", info.path},
          {"bytes", info.stored_bytes},
          {"arrays", arrays},
          {"attributes", attributes},
          {"cost", seconds(info.facts.cost)},
          {"producer", {{"version", info.facts.producer.version}, {"instruction_set", info.facts.producer.instruction_set}}},
          {"host", info.facts.host_binding},
          {"created", utc(info.facts.created)},
          {"last_used", utc(info.last_used)},
          {"expires", info.facts.expires ? Json(utc(*info.facts.expires)) : Json()},
          {"dependencies", dependencies}};
}

Json describe(const Provenance& provenance) {
  return {{"source", provenance.source},
          {"key", provenance.key},
          {"id", provenance.id},
          {"nanoseconds", provenance.elapsed.count()},
          {"cost", seconds(provenance.cost)},
          {"producer", provenance.producer}};
}

}  // namespace almanac::cli
