#pragma once

#include <almanac/cache/cache.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace almanac::cache {

/// A tier that does as it is told, and keeps its entries where a test, and another cache, can see them.
struct Shelf {
  std::mutex mutex;
  std::map<std::string, EntryPtr> entries;
  TierStats stats;
  bool fails = false;            ///< every call gives an error
  bool throws = false;           ///< every call throws
  std::function<void()> on_get;     ///< called at the start of every get()
  std::function<void()> after_get;  ///< called, once, when a get() has looked
  std::function<void()> on_replace; ///< called at the start of every replace()
  EntryPtr gives_instead;           ///< what replace() keeps and gives, whatever it is given
};

class ShelfTier : public Tier {
 public:
  ShelfTier(std::string name, std::shared_ptr<Shelf> shelf) : name_(std::move(name)), shelf_(std::move(shelf)) {}

  std::string_view name() const noexcept override { return name_; }

  Result<EntryPtr> get(const Key& key) override {
    if (shelf_->on_get) shelf_->on_get();
    if (const auto error = trouble()) return *error;
    const EntryPtr held = look(key);
    if (const auto after = std::exchange(shelf_->after_get, nullptr)) after();
    return held;
  }

  EntryPtr look(const Key& key) {
    const std::lock_guard lock(shelf_->mutex);
    const auto found = shelf_->entries.find(key.text());
    ++(found == shelf_->entries.end() ? shelf_->stats.misses : shelf_->stats.hits);
    return found == shelf_->entries.end() ? nullptr : found->second;
  }

  Result<std::optional<EntryInfo>> peek(const Key& key) override {
    if (const auto error = trouble()) return *error;
    const std::lock_guard lock(shelf_->mutex);
    const auto found = shelf_->entries.find(key.text());
    if (found == shelf_->entries.end()) return std::optional<EntryInfo>();
    const Entry& entry = *found->second;
    return std::optional(EntryInfo{entry.key, entry.facts, entry.artifact.attributes(), {}, 0, name_, {}});
  }

  Result<EntryPtr> put(const EntryPtr& entry) override {
    if (const auto error = trouble()) return *error;
    const std::lock_guard lock(shelf_->mutex);
    EntryPtr& held = shelf_->entries[entry->key.text()];
    const auto reach = [](const EntryPtr& one) { return coverage_of(one->artifact.attributes()); };
    if (!held || reach(entry) > reach(held)) held = entry;
    return held;
  }

  Result<EntryPtr> replace(const EntryPtr& entry) override {
    if (const auto error = trouble()) return *error;
    if (shelf_->on_replace) shelf_->on_replace();
    const std::lock_guard lock(shelf_->mutex);
    return shelf_->entries[entry->key.text()] = shelf_->gives_instead ? shelf_->gives_instead : entry;
  }

  Result<bool> erase(const Key& key) override {
    if (const auto error = trouble()) return *error;
    const std::lock_guard lock(shelf_->mutex);
    return shelf_->entries.erase(key.text()) > 0;
  }

  TierStats stats() const override { return shelf_->stats; }

 private:
  std::optional<Error> trouble() const {
    if (shelf_->throws) throw std::runtime_error("the roof came down");
    if (shelf_->fails) return Error{ErrorCode::io, "the door is stuck"};
    return std::nullopt;
  }

  std::string name_;
  std::shared_ptr<Shelf> shelf_;
};

/// A path in the temporary folder that no other test or process has.
inline std::filesystem::path own_path(std::string_view name) {
  return std::filesystem::path(::testing::TempDir()) / ("almanac-" + std::string(name) + "-" + std::to_string(::getpid()));
}

inline Request request(const Key& key, std::function<Artifact(const Artifact*)> make) {
  return {.key = key, .make = std::move(make), .estimate = std::chrono::microseconds(1)};
}

inline Request constant(const Key& key, double value) {
  return request(key, [value](const Artifact*) { return sample_artifact(value); });
}

inline double value_of(const Answer& answer) { return value_of(answer.entry->artifact); }

}  // namespace almanac::cache
