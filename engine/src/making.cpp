#include "making.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace almanac {

Making making_of(const cache::Key& key, const cache::Attributes& attributes) {
  Making making{.recipe = RecipeRegistry::builtin().find(key.kind())};
  if (making.recipe == nullptr) {
    making.why_not = fmt::format("only the program that made it knows how to make {}", key.kind());
    return making;
  }
  if (making.recipe->version() != key.version()) {
    making.why_not = fmt::format("it is of version {} of its recipe, this build makes version {}", key.version(), making.recipe->version());
    return making;
  }
  try {
    making.values = making.recipe->parse(making.recipe->texts_of(key, attributes));
    cache::Request request = making.recipe->request(making.values);
    if (request.key == key) {
      making.request = std::move(request);
    } else {
      making.why_not = making.recipe->why_not_made(key);
    }
  } catch (const std::invalid_argument& problem) {  // out of range, here and now: more than this machine's memory
    making.why_not = problem.what();
  }
  return making;
}

}  // namespace almanac
