#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace almanac::cache {

// Sizes, in doubles, of an entry that comes with the first read, of one that is read after it, and of one that is mapped.
inline constexpr std::int64_t kSmall = 4, kRead = 1900, kMapped = 4096;
inline constexpr std::uint64_t kMapThreshold = 16384;

/// An artifact that is told from all others by its value.
struct Made {
  double value;
  std::int64_t size = kSmall, coverage = 0;
  Artifact artifact() const;
};
bool is_one_of(const EntryPtr& entry, const std::vector<Made>& allowed);

Key key_of(int number);
EntryPtr entry_of(int number, const Made& made);
std::string bytes_of(const std::filesystem::path& file);

/// A cache in a folder of its own, for one operation under one fault; gone with it.
class World {
 public:
  explicit World(const std::filesystem::path& folder);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path root() const { return folder_ / "cache"; }
  std::filesystem::path leases() const { return root() / "leases"; }

  /// Opens the cache with memory, disk and leases, or the disk tier alone.
  void open();
  void open_disk();
  void close();

  /// Stores it beforehand, last used an hour ago; it must stay.
  void hold(int number, const Made& made);
  static std::filesystem::path store(const std::filesystem::path& in, int number, const Made& made);
  /// Damages what is stored under a key.
  void damage(int number) const;

  /// What may be there afterwards, and whether it must.
  struct Expected {
    std::vector<Made> may_be;
    bool must_be;
  };
  void expect(int number, std::vector<Made> may_be, bool must_be) { expected_[number] = {std::move(may_be), must_be}; }
  const std::map<int, Expected>& expected() const { return expected_; }

  Request request(int number, const Made& made) const;
  /// Asks the cache; whatever happens, it comes, and bit for bit.
  void ask(int number, const Made& made, bool recompute = false) const;
  static void expect_answer(const Answer& answer, const std::vector<Made>& allowed);

  bool durable = false;
  DiskBudget budget{};
  std::unique_ptr<Cache> cache;
  std::unique_ptr<DiskTier> disk;
  std::vector<std::string> told;                ///< lines of warning
  std::vector<std::filesystem::path> unwanted;  ///< what must not be there afterwards

 private:
  DiskOptions disk_options();

  const std::filesystem::path folder_;
  std::map<int, Expected> expected_;
};

/// Something that is done to a cache.
struct Operation {
  std::string name;
  std::function<void(World&)> prepare;
  std::function<void(World&, int turn)> run;  ///< turn 0, and under faults that stay 1 as well: the same about another key
  bool heals = false;                         ///< begins with something in the place of an entry that is none
  bool stores = false;                        ///< where key 0 is not there afterwards, that must have been told
};
inline void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

/// Everything that is done to a cache.
const std::vector<Operation>& operations();

}  // namespace almanac::cache
