#include <almanac/recipe.hpp>

#include "artifact_difference.hpp"

#include <algorithm>

namespace almanac {
cache::Artifact Recipe::present(const cache::Artifact& stored, const ParameterValues&) const { return stored; }

// The canonical texts of keys are texts that parse() reads: 64x64, 0.1,0.2, a,b, true.
ParameterTexts Recipe::texts_of(const cache::Key& key, const cache::Attributes&) const {
  ParameterTexts texts = key.parameters();
  std::erase_if(texts, [&](const auto& text) {
    return std::ranges::find(parameters(), text.first, &Parameter::name) == parameters().end();
  });
  return texts;
}

std::optional<std::string> Recipe::difference(const cache::Artifact& stored, const ParameterValues& values, bool) const {
  return first_difference(stored, request(values).make(nullptr));
}

std::string Recipe::why_not_made(const cache::Key&) const {
  return portable() ? "its key is not one this recipe gives" : "it belongs to another processor or another build of its library";
}

std::optional<std::string> Recipe::refusal(const cache::Artifact&, const cache::Key&) const { return std::nullopt; }

ParameterValues Recipe::parse(const ParameterTexts& texts) const { return parse_parameters(kind(), parameters(), texts); }

}  // namespace almanac
