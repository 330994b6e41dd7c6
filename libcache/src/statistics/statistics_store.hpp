#pragma once

#include <almanac/cache/statistics.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace almanac::cache {

/// The folder `statistics` in the root of a cache:
///     0f3a….journal    what one process counted in a while; complete, and never written to, once it has this name
///     total            what the journals that are not there any more have said, and the names of those it includes
///     learned          what a new process is told: small
///     merge.lock       whose holder puts journals into the total; never waited for
/// A journal gets its name when it is complete. The total is replaced in one step by one that names the journals it includes, and
/// only then these are removed: one that is named there and still lies about was counted, whoever was killed where. Its name is
/// left out of a later total only when it was gone before that was begun. A total is used whole or not at all. So nothing is counted
/// twice; what cannot be read, or is written over by somebody who cannot be locked out, is not counted.
/// Threads: thread-safe, and so are processes. Every failure is silent.
class StatisticsStore {
 public:
  static constexpr std::string_view kFolder = "statistics";
  static constexpr std::string_view kTotal = "total";
  static constexpr std::string_view kLearned = "learned";
  static constexpr std::string_view kLock = "merge.lock";
  static constexpr std::string_view kEnding = ".journal";
  static constexpr std::size_t kManyJournals = 32;     ///< then who writes one more puts them together
  static constexpr std::size_t kMostJournals = 256;    ///< where nobody can, the oldest go

  /// Touches nothing.
  explicit StatisticsStore(const std::filesystem::path& root);

  /// Writes a journal; puts journals together where there are many. False ← nothing was written.
  bool add(const Statistics& journal) const noexcept;

  /// Everything together, put into one where that can be.
  Statistics read() const;

  Learned learned() const;
  /// Adds to what is told to new processes, until journals are put together.
  void teach(const Learned& more) const noexcept;

  bool forget() const;

 private:
  struct Collected;

  Collected collect() const;
  Statistics merge() const;
  void write_total(Collected& collected) const;
  void try_to_merge() const noexcept;
  void drop_oldest() const;
  bool write_file(const std::string& name, const std::string& text) const;

  std::filesystem::path root_, folder_;
};

}  // namespace almanac::cache
