// Keys: what parses is canonical, and what is made parses.

#include "targets.hpp"

#include <almanac/cache/key.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac::fuzz {
namespace {

using cache::Id;
using cache::Key;

void check(const Key& key) {
  promised(key.id() == Id::of(key.text()), "the id is not that of the text");
  promised(cache::is_name(key.kind()), "the kind is no name");
  promised(key.version() >= 1, "the version is below 1");
  const std::string head = std::string(key.kind()) + "@" + std::to_string(key.version()) + "{";
  promised(key.text().starts_with(head) && key.text().ends_with("}"), "the text does not begin and end as a key");
  const auto id = Id::parse(key.id().hex());
  promised(id.ok() && *id == key.id(), "the id does not read back");

  std::vector<Key::Parameter> parameters;
  std::string_view previous;
  const auto read = key.parameters();
  for (const auto& [name, value] : read) {
    promised(cache::is_name(name), "a parameter has no name");
    promised(previous < name, "the parameters are out of order");
    previous = name;
    parameters.emplace_back(name, value);
  }
  // A comma is escaped in a list of texts alone, and what was a list cannot be told from the text of a value.
  if (key.text().find("%2C") != std::string::npos) return;
  promised(Key(key.kind(), key.version(), std::move(parameters)) == key, "the same parameters make another key");
}

void parse(std::string_view text) {
  const auto key = Key::parse(text);
  if (!key) {
    promised(!key.error().message.empty(), "a refusal without a reason");
    return;
  }
  promised(key->text() == text, "a key is read that is written otherwise");
  check(*key);
}

/// The pieces between newlines as kind, names and values.
void make(std::string_view pieces) {
  const auto next = [&pieces] {
    const auto end = std::min(pieces.find('\n'), pieces.size());
    const std::string_view piece = pieces.substr(0, end);
    pieces.remove_prefix(std::min(end + 1, pieces.size()));
    return std::string(piece);
  };
  const std::string kind = next();
  std::vector<Key::Parameter> parameters;
  while (!pieces.empty()) {
    std::string name = next();
    const std::string value = next();
    // Every second value as a list of texts.
    if (parameters.size() % 2 == 0) {
      parameters.emplace_back(std::move(name), value);
    } else {
      parameters.emplace_back(std::move(name), std::vector<std::string>{value, value});
    }
  }
  try {
    const Key key(kind, 1 + static_cast<int>(kind.size() % 40), std::move(parameters));
    const auto back = Key::parse(key.text());
    promised(back.ok() && *back == key, "a key that was made does not parse");
    check(key);
  } catch (const std::invalid_argument&) {
    // not a kind, not a name, or twice
  }
}

}  // namespace

void key(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  parse(text);
  make(text);
}

}  // namespace almanac::fuzz
