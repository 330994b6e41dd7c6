#pragma once

#include <almanac/cache/artifact.hpp>
#include <almanac/cache/cache.hpp>
#include <almanac/parameter.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// How one kind of artifact is made. One file a recipe in engine/src/recipes/, one line in the registry.
/// Threads: immutable.
class Recipe {
 public:
  virtual ~Recipe() = default;

  virtual std::string_view kind() const noexcept = 0;
  virtual int version() const noexcept = 0;
  virtual std::string_view summary() const noexcept = 0;   ///< one sentence
  virtual std::string_view accuracy() const noexcept = 0;  ///< what is promised of the numbers
  virtual bool portable() const noexcept = 0;              ///< false: bound to the host it was made on
  virtual std::span<const Parameter> parameters() const noexcept = 0;

  /// What is needed for these values: key, coverage, estimate and the function that makes it.
  /// Errors: InputError, compute::ArgumentError ← a value out of its range, named.
  virtual cache::Request request(const ParameterValues& values) const = 0;

  /// The artifact as it was asked for: the stored one, or a view of it (a prefix, a scale), without a copy.
  virtual cache::Artifact present(const cache::Artifact& stored, const ParameterValues& values) const;

  /// The parameters of a stored artifact as they would be written to ask for all of it: what its key says of this
  /// recipe's own. On the host it belongs to, parse() and request() lead from here back to the same key.
  virtual ParameterTexts texts_of(const cache::Key& key, const cache::Attributes& attributes) const;

  /// How a stored artifact differs from what computing it anew gives; nullopt: it does not. `same_maker`: it was made by
  /// this producer on this instruction set, so that reproducible recipes compare bits; otherwise the stated accuracy decides.
  /// By default, the bits of what request(values).make gives.
  virtual std::optional<std::string> difference(const cache::Artifact& stored, const ParameterValues& values,
                                                bool same_maker) const;

  /// Why request() gives no such key, though kind and version are right: it is another host's, or another program's.
  virtual std::string why_not_made(const cache::Key& key) const;

  /// What is wrong with a stored artifact under a key that request() does not give, as far as it can be told without
  /// making it; nullopt: nothing. By default nothing can be told.
  virtual std::optional<std::string> refusal(const cache::Artifact& stored, const cache::Key& key) const;

  /// Reads what was written. Errors: InputError ← as parse_parameters.
  ParameterValues parse(const ParameterTexts& texts) const;
};

/// All recipes this build knows, by kind.
class RecipeRegistry {
 public:
  static const RecipeRegistry& builtin();

  std::span<const std::unique_ptr<Recipe>> recipes() const noexcept { return recipes_; }
  const Recipe* find(std::string_view kind) const noexcept;
  /// Errors: InputError ← unknown kind; lists the known ones.
  const Recipe& at(std::string_view kind) const;

 private:
  RecipeRegistry();
  std::vector<std::unique_ptr<Recipe>> recipes_;
};

}  // namespace almanac
